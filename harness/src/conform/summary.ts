import { EXIT } from "../exit-codes.ts";
import type { JudgedOutcome, Standing } from "./expectations.ts";
import type { Status } from "./outcome.ts";

/** The document of `brokermark conform --json`. */
export interface ConformanceReport {
  readonly schemaVersion: 1;
  readonly suite: string;
  readonly target: string;
  readonly product: string;
  readonly version: string;
  readonly mutant: string | null;
  readonly seed: number;
  /** Name of the expectation file, null when none fits product and version. */
  readonly expectations: string | null;
  readonly capabilities: Readonly<Record<string, { present: boolean; evidence: string }>>;
  readonly outcomes: readonly JudgedOutcome[];
  readonly summary: Summary;
  readonly durationMs: number;
}

export interface Summary {
  readonly byStatus: Readonly<Record<Status, number>>;
  readonly byStanding: Readonly<Record<Standing, number>>;
  /** Without unsupported. */
  readonly executed: number;
}

export function summarize(outcomes: readonly JudgedOutcome[]): Summary {
  const byStatus = { pass: 0, "non-strict": 0, fail: 0, unsupported: 0, inconclusive: 0, error: 0 };
  const byStanding = { "as-expected": 0, "unexpected-failure": 0, "unexpected-pass": 0, undecided: 0 };
  for (const { status, standing } of outcomes) {
    byStatus[status]++;
    byStanding[standing]++;
  }
  return { byStatus, byStanding, executed: outcomes.length - byStatus.unsupported };
}

/** 0 all as expected, 1 an unexpected failure, 3 nothing executed or something undecided; 70 a fault of our own. */
export function exitCodeOfConformance({ byStatus, byStanding, executed }: Summary): number {
  if (byStatus.error > 0) return EXIT.internal;
  if (byStanding["unexpected-failure"] > 0) return EXIT.failed;
  if (executed === 0 || byStanding.undecided > 0) return EXIT.inconclusive;
  return EXIT.done;
}
