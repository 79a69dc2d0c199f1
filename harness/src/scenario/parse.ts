import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, type Pair, parseDocument } from "yaml";
import type { z } from "zod";
import { nearest } from "./nearest.ts";
import { ScenarioError, type ScenarioProblem } from "./problems.ts";
import { resolvePoints } from "./resolve.ts";
import { type Scenario, schemaOfWorkload } from "./schema.ts";
import { issueMessage, issueSuggestion, knownKeys } from "./wording.ts";

type Path = readonly (string | number)[];

/**
 * Text of a scenario file -> scenario. Pure.
 * @throws ScenarioError with every mistake found, each with line, column and what was probably meant.
 */
export function parseScenario(text: string, file: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const place = (offset: number, length: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, length };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, pos }) => ({
      path: [],
      message: `not YAML: ${message}`,
      suggestion: null,
      ...place(pos[0], pos[1] - pos[0]),
    }));
    throw new ScenarioError(file, text, problems);
  }
  const locate = (path: Path, onKey: boolean) => {
    const [start, end] = rangeOf(document, path, onKey);
    return place(start, end - start);
  };
  const value = plainValue(document, file, text);
  const workload = (value as { workload?: unknown } | null)?.workload;
  // Which of the schemas is known beforehand, so that a wrong workload does not hide what else is wrong.
  const parsed = schemaOfWorkload(workload).safeParse(value) as z.ZodSafeParseResult<Scenario>;
  const problems = parsed.success
    ? impossibleProfiles(parsed.data, document, locate)
    : parsed.error.issues.flatMap((issue) => problemsOf(issue, document, workload, locate));
  if (problems.length > 0) throw new ScenarioError(file, text, problems);
  return parsed.data!;
}

/** Aliases that multiply without end are refused by the YAML library when it builds the value, not before. */
function plainValue(document: Document, file: string, text: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const message = `not YAML: ${(error as Error).message}`;
    throw new ScenarioError(file, text, [
      { path: [], message, suggestion: null, line: 1, column: 1, length: 1 },
    ]);
  }
}

type Locate = (path: Path, onKey: boolean) => { line: number; column: number; length: number };

function problemsOf(
  issue: z.core.$ZodIssue,
  document: Document,
  workload: unknown,
  locate: Locate,
): ScenarioProblem[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const inside = path.length === 0 ? "" : ` in ${path.join(".")}`;
      return {
        path: [...path, key],
        message: `unknown key "${key}"${inside}`,
        suggestion: nearest(key, knownKeys(path, workload)),
        ...locate([...path, key], true),
      };
    });
  }
  const value = document.getIn(path);
  const missing = value === undefined && path.length > 0;
  return [
    {
      path,
      message: issueMessage(issue, path, missing, isNode(value) ? undefined : value),
      suggestion: missing ? null : issueSuggestion(issue, value),
      ...(missing ? locate(path.slice(0, -1), true) : locate(path, false)),
    },
  ];
}

/** Where the path is in the text; the nearest parent where it is not there. */
function rangeOf(document: Document, path: Path, onKey: boolean): readonly [number, number] {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const name = path[depth - 1];
    if (isMap(parent)) {
      const pair = (parent.items as Pair[]).find(
        ({ key }) => String(isScalar(key) ? key.value : key) === String(name),
      );
      if (pair !== undefined) {
        const exact = depth === path.length && !onKey;
        const node = exact && isScalar(pair.value) ? pair.value : pair.key;
        if (isNode(node) && node.range) return [node.range[0], node.range[1]];
      }
    } else {
      const node = document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range)
        return [node.range[0], isScalar(node) ? node.range[1] : node.range[0] + 1];
    }
  }
  return [0, 1];
}

/** A combination that cannot run is refused here, at the field that comes closest to having caused it. */
function impossibleProfiles(scenario: Scenario, document: Document, locate: Locate): ScenarioProblem[] {
  const problems = new Map<string, ScenarioProblem>();
  const add = (path: Path, onKey: boolean, message: string) => {
    const problem = { path, message, suggestion: null, ...locate(path, onKey) };
    problems.set(`${problem.line}:${problem.column}:${message}`, problem);
  };
  if (scenario.profiles.smoke === undefined) {
    add(["profiles"], true, "a profile smoke, which takes seconds, is missing");
  }
  const variants = Object.keys(scenario.profiles).flatMap((profile) => [
    { profile, quick: false },
    ...(scenario.quick ? [{ profile, quick: true }] : []),
  ]);
  for (const { profile, quick } of variants) {
    for (const { impossible } of resolvePoints(scenario, profile, { quick })) {
      for (const { fields, reason } of impossible) {
        const overlays: Path[] = [...(quick ? [["quick"]] : []), ["profiles", profile], []];
        const found = causeOf(document, overlays, fields) ?? ["profiles", profile];
        add(found, false, `profile ${profile}${quick ? " with quick" : ""} is impossible: ${reason}`);
      }
    }
  }
  return [...problems.values()];
}

/** The first of the fields that the topmost overlay sets, in its sweep or itself. */
function causeOf(document: Document, overlays: readonly Path[], fields: readonly Path[]): Path | undefined {
  const swept = overlays.find((overlay) => document.hasIn([...overlay, "sweep"]));
  for (const overlay of overlays) {
    const sweep = overlay === swept ? document.getIn([...overlay, "sweep"]) : null;
    const entries = isSeq(sweep) ? sweep.items.map((_, entry) => [...overlay, "sweep", entry]) : [];
    const candidates = fields.flatMap((field) => [
      ...entries.map((entry) => [...entry, field.at(-1)!]),
      [...overlay, ...field],
    ]);
    const found = candidates.find((candidate) => document.hasIn(candidate));
    if (found !== undefined) return found;
  }
  return undefined;
}
