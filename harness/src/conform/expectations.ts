/** Known deviations of a product: which cases are expected not to pass, and why. */
import type { Outcome, Status } from "./outcome.ts";

export interface Deviation {
  readonly status: Exclude<Status, "pass">;
  readonly reason: string;
  /** Where it can be looked up, or how it was observed. */
  readonly source: string;
}

/** One file per product and version range; the first that fits is taken. */
export interface Expectations {
  readonly product: RegExp;
  readonly version: RegExp;
  readonly name: string;
  /** By case id. */
  readonly deviations: Readonly<Record<string, Deviation>>;
}

/** How an outcome stands against what was expected of it. */
export type Standing = "as-expected" | "unexpected-failure" | "unexpected-pass" | "undecided";

export interface JudgedOutcome extends Outcome {
  readonly standing: Standing;
  /** Why the deviation is known, null where none is. */
  readonly reason: string | null;
}

export function findExpectations(
  files: readonly Expectations[],
  product: string,
  version: string,
): Expectations | null {
  return files.find((file) => file.product.test(product) && file.version.test(version)) ?? null;
}

/** A missing capability is never a failure and never a pass: it is counted by itself. */
export function judge(outcome: Outcome, expectations: Expectations | null): JudgedOutcome {
  const deviation = expectations?.deviations[outcome.id];
  return { ...outcome, standing: standingOf(outcome.status, deviation), reason: deviation?.reason ?? null };
}

function standingOf(status: Status, deviation: Deviation | undefined): Standing {
  if (deviation !== undefined && deviation.status === status) return "as-expected";
  switch (status) {
    case "pass":
      return deviation === undefined || deviation.status === "unsupported"
        ? "as-expected"
        : "unexpected-pass";
    case "non-strict":
    case "unsupported":
      return "as-expected";
    case "inconclusive":
      return "undecided";
    default:
      return "unexpected-failure";
  }
}
