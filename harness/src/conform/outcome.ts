import type { Accepted, ConformanceCase } from "./case.ts";
import { ConformanceFailure, Inconclusive, Unsupported } from "./failure.ts";

export type Status = "pass" | "non-strict" | "fail" | "unsupported" | "inconclusive" | "error";

export interface Outcome {
  readonly id: string;
  readonly level: "must" | "should";
  readonly requirement: string;
  readonly source: string;
  readonly calibrated: string;
  readonly status: Status;
  /** What failed, what is missing, or which lenient outcome was seen; null for a pass. */
  readonly expected: string | null;
  readonly actual: string | null;
  readonly transcript: readonly string[];
  readonly seed: number;
  readonly durationMs: number;
  /** Beside others first, then alone: the second run is the one told. */
  readonly ranAgain: boolean;
}

export type Verdict = Pick<Outcome, "status" | "expected" | "actual">;

export const PASS: Verdict = { status: "pass", expected: null, actual: null };

/** What an error thrown by a case means. Anything that no case throws on purpose is a fault of ours. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof ConformanceFailure) {
    return { status: "fail", expected: error.expected, actual: error.actual };
  }
  if (error instanceof Inconclusive) return { status: "inconclusive", expected: null, actual: error.message };
  if (error instanceof Unsupported) return { status: "unsupported", expected: null, actual: error.message };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { status: "error", expected: null, actual: text };
}

/** Judges what was seen at a step: null when strictly accepted, the lenience in words, or a failure thrown. */
export function judgeStep(
  outcomes: Readonly<Record<string, Accepted>> | undefined,
  step: string,
  actual: string,
): string | null {
  const accepted = outcomes?.[step];
  if (accepted === undefined) throw new Error(`the case names no accepted outcome for "${step}"`);
  if (accepted.ok.includes(actual)) return null;
  if (accepted.nonStrict.includes(actual)) return `${step}: ${actual}`;
  throw new ConformanceFailure(`${step}: ${acceptedInWords(accepted)}`, actual);
}

function acceptedInWords({ ok, nonStrict }: Accepted): string {
  const lenient = nonStrict.length === 0 ? "" : ` (tolerated: ${nonStrict.join(", ")})`;
  return `${ok.join(" or ")}${lenient}`;
}

/** The accepted outcomes of a whole case, for the report. */
export function outcomesInWords(test: Pick<ConformanceCase<never>, "outcomes">): string {
  const steps = Object.entries(test.outcomes ?? {});
  if (steps.length === 0) return "every assertion holds";
  return steps.map(([step, accepted]) => `${step}: ${acceptedInWords(accepted)}`).join("; ");
}
