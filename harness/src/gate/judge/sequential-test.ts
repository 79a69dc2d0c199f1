import { deviation, mean } from "../statistics/moments.ts";
import { signedRankP } from "../statistics/signed-rank.ts";
import type { Look, LookPlan } from "./look-plan.ts";
import { isUnstable } from "./stability.ts";

/** What all looks up to now say of one metric's effects. Log units. */
export interface SequentialResult {
  /** p-values valid at every look, spent alpha counted in: that the candidate is no worse, that it is no better. At most 1. */
  readonly pWorse: number;
  readonly pBetter: number;
  /** The lowest upper and the highest lower bound of all looks, which hold together; infinite before the first. */
  readonly upperBound: number;
  readonly lowerBound: number;
  /** A look excluded an effect as large as the limit, and the effects were stable at it. */
  readonly passed: boolean;
  /** At the last look. */
  readonly unstable: boolean;
}

export interface Hypothesis {
  /** ln(1 + limit); null: nothing passes by it. */
  readonly limit: number | null;
  /** ln(1 + indifference). */
  readonly indifference: number;
}

const NOTHING_SEEN: SequentialResult = {
  ...{ pWorse: 1, pBetter: 1, upperBound: Infinity, lowerBound: -Infinity },
  ...{ passed: false, unstable: false },
};

/**
 * Exact signed-rank tests against the dear error (a false alarm) and Student bounds against the cheap one (a false pass), at the
 * planned numbers of rounds only. More rounds never raise a p-value or an upper bound.
 */
export function testSequentially(
  effects: readonly number[],
  hypothesis: Hypothesis,
  plan: LookPlan,
): SequentialResult {
  let result = NOTHING_SEEN;
  for (const look of plan.looks) {
    if (look.rounds > effects.length) break;
    result = lookAt(effects, hypothesis, look, result);
  }
  return result;
}

/** What is known after one more look, given what the looks before it said. */
export function lookAt(
  effects: readonly number[],
  { limit, indifference }: Hypothesis,
  { rounds, share, t }: Look,
  before: SequentialResult = NOTHING_SEEN,
): SequentialResult {
  const seen = effects.slice(0, rounds);
  const margin = (t * (deviation(seen) ?? Infinity)) / Math.sqrt(rounds);
  const centre = mean(seen);
  const unstable = limit !== null && isUnstable(seen, limit);
  const p = (values: readonly number[]) => (share === 0 ? 1 : signedRankP(values, indifference) / share);
  return {
    pWorse: Math.min(before.pWorse, p(seen)),
    pBetter: Math.min(before.pBetter, p(seen.map(negated))),
    upperBound: Math.min(before.upperBound, centre + margin),
    lowerBound: Math.max(before.lowerBound, centre - margin),
    passed: before.passed || (limit !== null && centre + margin < limit && !unstable),
    unstable,
  };
}

function negated(value: number): number {
  return -value;
}
