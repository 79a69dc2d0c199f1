/**
 * Which source may import which (DESIGN: one direction of data and imports). Folders between themselves, and inside the
 * broker and the harness by rank: a file imports its own folder or one of lower rank. Tests may import what they test.
 */
export interface SourceImport {
  /** Repository path of the importing file, with `/`. */
  readonly from: string;
  /** Repository path of the imported file. */
  readonly to: string;
}

/** Project folder -> project folders it may import. Processes are spawned, not imported. */
const FOLDER_EDGES: Readonly<Record<string, readonly string[]>> = {
  ci: [],
  harness: ["reports"],
  reports: [],
  "reference-broker": [],
};

/** Highest first. Names in one row are siblings that may not import each other. */
const RANKS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "reference-broker": [
    ["main"],
    ["run-broker"],
    ["broker"],
    ["broker-http"],
    ["broker-amqp"],
    ["server", "config"],
    ["protocols/kafka", "protocols/amqp", "protocols/http"],
    ["engines/log", "engines/queues", "engines/identity"],
    ["mechanisms"],
    ["base", "errors", "version"],
  ],
  harness: [
    ["commands"],
    ["gate/trend"],
    ["gate/outputs"],
    ["terminal", "report"],
    ["gate"],
    ["run", "conform"],
    ["compare", "targets", "load-processes"],
    ["drivers"],
    ["integrity"],
    ["load"],
    ["measure"],
    ["cli"],
    ["result"],
    ["scenario"],
    ["errors", "nearest"],
    ["exit-codes"],
  ],
};

/** What is wrong with the import in one sentence, or null. */
export function judgeImport({ from, to }: SourceImport): string | null {
  const [fromFolder, fromKind] = from.split("/") as [string, string];
  const [toFolder] = to.split("/") as [string];
  if (fromFolder !== toFolder) {
    const allowed = FOLDER_EDGES[fromFolder]?.includes(toFolder) ?? false;
    return allowed ? null : `${from} imports ${to}: ${fromFolder} may not import ${toFolder}`;
  }
  if (fromKind !== "src" || !to.startsWith(`${fromFolder}/src/`)) return null;
  return judgeRank(fromFolder, from, to);
}

function judgeRank(folder: string, from: string, to: string): string | null {
  const ranks = RANKS[folder];
  if (ranks === undefined) return null;
  const source = locate(ranks, from, folder);
  const target = locate(ranks, to, folder);
  if (source === null) return `${from} stands in no rank: add its folder to the import rules`;
  if (target === null) return `${to} stands in no rank: add its folder to the import rules`;
  if (source.unit === target.unit || source.rank < target.rank) return null;
  return `${from} imports ${to}: ${source.unit} may not import ${target.unit}`;
}

function locate(
  ranks: readonly (readonly string[])[],
  path: string,
  folder: string,
): { rank: number; unit: string } | null {
  const inside = path.slice(`${folder}/src/`.length);
  for (const [rank, units] of ranks.entries()) {
    const unit = units.find((name) => inside.startsWith(`${name}/`) || inside === `${name}.ts`);
    if (unit !== undefined) return { rank, unit };
  }
  return null;
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.[^"']+)["']/g;

/** Relative imports in a source text. Computed paths are not seen. */
export function findRelativeImports(source: string): string[] {
  return [...source.matchAll(IMPORT)].map((match) => match[1]!);
}
