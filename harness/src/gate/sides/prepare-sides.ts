/** From how the sides are written to what can be started, again and again, in the same way on both. */
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HarnessError } from "../../errors.ts";
import { TARGETS } from "../../targets/catalog.ts";
import { noAddressGiven } from "../../targets/external.ts";
import { installKafka } from "../../targets/kafka/install.ts";
import { kafkaOfVersion } from "../../targets/kafka/kafka.ts";
import { findKafkaLibraries } from "../../targets/kafka/libraries.ts";
import { listeningProtocol } from "../../targets/listening-protocol.ts";
import { referenceFrom } from "../../targets/reference.ts";
import type { Protocol, RunningTarget, StartOptions, Target } from "../../targets/target.ts";
import type { TargetSpec } from "../../targets/target-spec.ts";
import { commandTarget } from "./command-target.ts";
import { commitTree, type TreeOptions } from "./commit-tree.ts";
import { contentHash } from "./content-hash.ts";
import { type Commit, resolveCommit } from "./revision.ts";
import type { SideSpec } from "./side-spec.ts";

/** A side that can be started. */
export interface Side {
  /** As given, with `git:` before a bare revision. */
  readonly spec: string;
  /** `reference`, `kafka`, `rabbitmq`, `command`, `external`, … */
  readonly kind: string;
  readonly commit: string | null;
  readonly contentHash: string | null;
  readonly protocols: readonly Protocol[];
  readonly warmup: RunningTarget["warmup"];
  /** False: somebody else runs it, so no round has it fresh and its cost is not seen. */
  readonly ours: boolean;
  start(options: Omit<StartOptions, "options">): Promise<RunningTarget>;
}

export interface PrepareOptions extends TreeOptions {
  /** Where revisions are looked up and commands run. */
  readonly directory: string;
}

/**
 * How a reference broker is started: from its sources, from what tsc made of each of them (injectors and mutants need
 * that where there are no sources), or from one bundle. Both sides are started in the same way.
 */
const ENTRIES = {
  sources: { main: "reference-broker/src/main.ts", hashed: ["reference-broker/src", "package-lock.json"] },
  modules: {
    main: "dist/reference-broker/src/main.js",
    hashed: ["dist/reference-broker/src", "package-lock.json"],
  },
  bundle: { main: "dist/broker/main.js", hashed: ["dist/broker", "package-lock.json"] },
} as const;

type EntryKind = keyof typeof ENTRIES;

/** Throws USAGE, TARGET_NOT_INSTALLED, INSTALL_FAILED, TARGET_START_FAILED (a commit that cannot be laid out or built). */
export async function prepareSides(specs: readonly SideSpec[], options: PrepareOptions): Promise<Side[]> {
  const commits = new Map<string, Commit>();
  for (const spec of specs) {
    if (spec.kind === "git")
      commits.set(spec.revision, await resolveCommit(options.directory, spec.revision));
    if (spec.kind === "target") checkVersion(spec);
  }
  const wanted = entryKind(specs, extname(import.meta.url) === ".ts");
  const { entry, roots } = await layOutCommits([...commits.values()], wanted, specs, options);
  const sides: Side[] = [];
  for (const spec of specs) {
    if (spec.kind === "git") {
      const { id } = commits.get(spec.revision)!;
      sides.push(await referenceSide(spec.text, id, roots.get(id)!, entry, {}));
    } else sides.push(await otherSide(spec, entry, options));
  }
  return sides;
}

/** Pure. `fromSources`: this harness runs from its sources, and with it the broker that it brings. */
export function entryKind(specs: readonly SideSpec[], fromSources: boolean): EntryKind {
  const own = specs.filter(isOwnReference);
  if (own.length === 0) return "bundle";
  if (fromSources) return "sources";
  const altered = own.some(({ target: { options } }) => "inject" in options || "mutant" in options);
  return altered ? "modules" : "bundle";
}

type TargetSide = Extract<SideSpec, { kind: "target" }>;

function isOwnReference(spec: SideSpec): spec is TargetSide {
  return spec.kind === "target" && spec.target.name === "reference";
}

/** Where one of the commits has no build that makes a bundle, all are started from their sources. */
async function layOutCommits(
  commits: readonly Commit[],
  wanted: EntryKind,
  specs: readonly SideSpec[],
  options: PrepareOptions,
): Promise<{ entry: EntryKind; roots: Map<string, string> }> {
  const layOut = async (entry: EntryKind) => {
    const roots = new Map<string, string>();
    for (const commit of commits) {
      if (!roots.has(commit.id)) roots.set(commit.id, await commitTree(commit, entry !== "sources", options));
    }
    return { entry, roots };
  };
  try {
    return await layOut(wanted);
  } catch (error) {
    const unlike = wanted === "sources" || specs.some(isOwnReference);
    if (options.signal.aborted || unlike || !(error instanceof HarnessError)) throw error;
    options.onProgress(`${error.message}\nboth sides are started from their sources instead`);
    return await layOut("sources");
  }
}

async function referenceSide(
  spec: string,
  commit: string | null,
  root: string,
  entry: EntryKind,
  settings: TargetSpec["options"],
): Promise<Side> {
  const { main, hashed } = ENTRIES[entry];
  return {
    ...sideOf(spec, "reference", referenceFrom(join(root, main)), settings),
    commit,
    contentHash: await contentHash(root, hashed),
    warmup: "node",
  };
}

async function otherSide(
  spec: Exclude<SideSpec, { kind: "git" }>,
  entry: EntryKind,
  options: PrepareOptions,
): Promise<Side> {
  const { text } = spec;
  if (spec.kind === "cmd") return sideOf(text, "command", commandTarget(spec.command, options.directory), {});
  if (spec.kind === "url") return await externalSide(text, { url: spec.url }, options.signal);
  const { name, options: settings } = spec.target;
  if (name === "reference") return await referenceSide(text, null, packageRoot(), entry, settings);
  if (name === "kafka") {
    const target = kafkaOfVersion(spec.version);
    await haveKafka(spec.version, options);
    return sideOf(text, name, target, settings);
  }
  if (name === "rabbitmq") {
    await haveRabbitmq(spec);
    return { ...sideOf(text, name, TARGETS.rabbitmq, settings), warmup: "beam" };
  }
  if (name === "external") return await externalSide(text, settings, options.signal);
  return { ...sideOf(text, name, TARGETS[name], settings), warmup: "node" };
}

/** Its address is that of one listener, and so of one protocol. */
async function externalSide(
  text: string,
  settings: TargetSpec["options"],
  signal: AbortSignal,
): Promise<Side> {
  if (settings.url === undefined) throw noAddressGiven();
  const protocol = await listeningProtocol(settings.url, signal);
  return { ...sideOf(text, "external", TARGETS.external, settings), protocols: [protocol], ours: false };
}

function sideOf(spec: string, kind: string, target: Target, settings: TargetSpec["options"]): Side {
  return {
    spec,
    kind,
    commit: null,
    contentHash: null,
    protocols: target.protocols,
    // Also where it is not known what runs: that is given the longest.
    warmup: "jvm",
    ours: true,
    start: (options) => target.start({ ...options, options: settings }),
  };
}

/** Of this harness: what holds `harness/` in a checkout, and `dist/` in the package. */
function packageRoot(): string {
  const up = extname(import.meta.url) === ".ts" ? "../../../../" : "../../../../../";
  return fileURLToPath(new URL(up, import.meta.url));
}

/** The first versions that this harness's way of starting them fits. */
const VERSIONED: Readonly<Record<string, RegExp>> = {
  kafka: /^([4-9]|\d\d)\.\d+\.\d+$/,
  rabbitmq: /^([4-9]|\d\d)\.\d+\.\d+/,
};

function checkVersion({ text, target: { name }, version }: TargetSide): void {
  if (version === null) return;
  const pattern = VERSIONED[name];
  if (pattern === undefined) {
    const hint =
      name === "reference"
        ? "versions of the reference broker are commits: git:REV"
        : "only kafka and rabbitmq have versions";
    throw new HarnessError("USAGE", `${text}: target ${name} has no versions`, { hint });
  }
  if (pattern.test(version)) return;
  throw new HarnessError("USAGE", `${text}: "${version}" is no version of ${name} that can be started`, {
    hint: `write all three numbers, 4.0.0 or later, e.g. target:${name}@4.1.0; an older one is started with cmd:'…'`,
  });
}

/** A version that was asked for is installed when it is not there: into the cache, as `targets install kafka` does. */
async function haveKafka(version: string | null, { env, signal, onProgress }: PrepareOptions): Promise<void> {
  try {
    await findKafkaLibraries(env, version);
  } catch (error) {
    if (version === null || !(error instanceof HarnessError)) throw error;
    await installKafka({ env, signal, force: false, onProgress }, version);
  }
}

/** There is one way to install RabbitMQ here, and its version is Debian's. */
async function haveRabbitmq({ text, version }: TargetSide): Promise<void> {
  const found = await TARGETS.rabbitmq.describe();
  if (!found.installed) {
    throw new HarnessError("TARGET_NOT_INSTALLED", `${text}: RabbitMQ is not installed`, {
      hint: found.howToInstall ?? "see brokermark targets",
    });
  }
  if (version === null || version === found.version) return;
  throw new HarnessError(
    "TARGET_NOT_INSTALLED",
    `${text}: the RabbitMQ that is installed here is ${found.version}`,
    {
      hint: "start other versions with cmd:'…', e.g. of an unpacked distribution, or a container, that serves on {port}",
    },
  );
}
