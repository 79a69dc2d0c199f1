/** A scenario's smoke profile through the command line, and what is asked of every one of its runs. */
import assert from "node:assert/strict";
import { EXIT } from "../../src/exit-codes.ts";
import { type RunSummary, runDocument } from "../../src/result/schema.ts";
import { Workplace } from "./cli.ts";

export const NO_ANOMALY = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };

/** Half of what the smoke profiles of steady loads ask: it is enough to see that everything works. */
export const BRIEF = "measure.durationMs=500ms";

/** Enough for a load that ends when all is sent: the smoke profile's limit is for machines that do nothing else. */
export const PATIENT = "measure.durationMs=30s";

export interface Smoke {
  /** Default `reference`. */
  readonly target?: string;
  /** As `--set` takes them. */
  readonly set?: readonly string[];
}

/** Runs them in one session, which may leave nothing behind but result files. */
export async function smokeIn(
  place: Workplace,
  scenarios: readonly string[],
  { target = "reference", set = [] }: Smoke = {},
): Promise<readonly RunSummary[]> {
  const asked = ["--profile", "smoke", "--target", target, "--json", "--out", place.results];
  const settings = set.flatMap((setting) => ["--set", setting]);
  const { exitCode, stdout, stderr } = await place.start("run", ...scenarios, ...asked, ...settings).end();
  // 3: on a shared machine every run may be contaminated; what is counted does not depend on that.
  assert.ok(exitCode === EXIT.done || exitCode === EXIT.inconclusive, `exit code ${exitCode}\n${stderr}`);
  assert.deepEqual(await place.leftovers(), []);
  return runDocument.parse(JSON.parse(stdout)).runs;
}

/** For tests that need no result file. */
export async function smoke(scenario: string, ...set: string[]): Promise<readonly RunSummary[]> {
  await using place = await Workplace.make();
  return await smokeIn(place, [scenario], { set });
}

export function anomalies({ integrity: { lost, duplicated, reordered, corrupted } }: RunSummary) {
  return { lost, duplicated, reordered, corrupted };
}

export function stages({ phases }: RunSummary): string[] {
  return phases.map(({ name }) => name);
}

export function figure({ figures }: RunSummary, name: string): number | null {
  return figures[name]!.value;
}
