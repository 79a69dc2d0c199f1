/** Judges again what was measured before: the same evidence gives the same verdict, to the last bit. */
import { isDeepStrictEqual } from "node:util";
import { HarnessError } from "../../errors.ts";
import type { GateEvidence } from "../evidence.ts";
import {
  checkVersion,
  firstMistake,
  parseEvidence,
  type ReadEvidence,
  readEvidenceText,
} from "../evidence-file.ts";
import { judge } from "../judge/judge.ts";
import { poolAttempts } from "../judge/pool.ts";
import type { Judgement } from "../judgement.ts";
import { type GateReport, gateReport } from "./report.ts";

export interface Replay {
  /** As given; several are attempts at one job. */
  readonly sources: readonly string[];
  readonly evidence: GateEvidence;
  readonly judgement: Judgement;
  /** Of a report: where its judgement and this one part, as paths; none: they are equal. null for bare evidence. */
  readonly differences: readonly string[] | null;
  /** What was amiss in the files and could be mended. */
  readonly notes: readonly string[];
}

/**
 * Judges evidence files and JSON reports. Evidence of several attempts at one job is judged together, as the job did.
 * Throws RESULT_INVALID naming the file and the first mistake.
 */
export async function replay(files: readonly string[]): Promise<readonly Replay[]> {
  const inputs: ReplayInput[] = [];
  for (const source of files) inputs.push({ source, text: await readEvidenceText(source) });
  return replayTexts(inputs);
}

export interface ReplayInput {
  /** The file's name, for messages. */
  readonly source: string;
  readonly text: string;
}

/** Reports first, in the order given, then jobs. */
export function replayTexts(inputs: readonly ReplayInput[]): readonly Replay[] {
  const reports: Replay[] = [];
  const attempts: (ReadEvidence & { source: string })[] = [];
  for (const { text, source } of inputs) {
    const report = parseReport(text, source);
    if (report === null) attempts.push({ ...parseEvidence(text, source), source });
    else reports.push(replayReport(report, source));
  }
  const jobs = Map.groupBy(attempts, ({ evidence }) => evidence.job.rerunKey);
  return [...reports, ...[...jobs.values()].map(replayAttempts)];
}

function replayReport({ evidence, stored }: StoredReport, source: string): Replay {
  const judgement = judge(evidence);
  const differences = differingPaths(stored, asJson(judgement));
  return { sources: [source], evidence, judgement, differences, notes: [] };
}

function replayAttempts(given: readonly (ReadEvidence & { source: string })[]): Replay {
  const attempts = given.toSorted((a, b) => a.evidence.job.attempt - b.evidence.job.attempt);
  const seeds = attempts.map(({ evidence }) => evidence.job.seed);
  const twice = attempts.find((_, index) => seeds.indexOf(seeds[index]!) < index);
  if (twice !== undefined) {
    throw new HarnessError("RESULT_INVALID", `${twice.source} is the same attempt as another of the files`);
  }
  const evidence = poolAttempts(attempts.map((attempt) => attempt.evidence));
  return {
    sources: attempts.map(({ source }) => source),
    evidence,
    judgement: judge(evidence),
    differences: null,
    notes: attempts.flatMap(({ notes }) => notes),
  };
}

interface StoredReport {
  readonly evidence: GateEvidence;
  /** The judgement as it stands in the file. */
  readonly stored: unknown;
}

/** null: the text is no report; then it may be evidence. */
function parseReport(text: string, source: string): StoredReport | null {
  const value = parseWhole(text);
  if (typeof value !== "object" || value === null || !("judgement" in value)) return null;
  checkVersion(value, source);
  const parsed = gateReport.safeParse(value);
  if (!parsed.success) {
    throw new HarnessError("RESULT_INVALID", `${source} is no gate report: ${firstMistake(parsed.error)}`);
  }
  return { evidence: (value as unknown as GateReport).evidence, stored: value.judgement };
}

function parseWhole(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As it comes back from a file; numbers keep every bit. */
const asJson = (judgement: Judgement): unknown => JSON.parse(JSON.stringify(judgement));

/** `metrics.0.pWorse` for all that is not the same. */
function differingPaths(one: unknown, other: unknown, path = ""): string[] {
  if (isDeepStrictEqual(one, other)) return [];
  if (!isObject(one) || !isObject(other)) return [path];
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return names.flatMap((name) =>
    differingPaths(one[name], other[name], path === "" ? name : `${path}.${name}`),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
