import { deviation, mean } from "../statistics/moments.ts";
import { signedRankP } from "../statistics/signed-rank.ts";
import type { LookPlan } from "./look-plan.ts";
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

/**
 * Exact signed-rank tests against the dear error (a false alarm) and Student bounds against the cheap one (a false pass), at the
 * planned numbers of rounds only. More rounds never raise a p-value or an upper bound.
 */
export function testSequentially(
  effects: readonly number[],
  { limit, indifference }: Hypothesis,
  plan: LookPlan,
): SequentialResult {
  const result = {
    pWorse: 1,
    pBetter: 1,
    upperBound: Infinity,
    lowerBound: -Infinity,
    passed: false,
    unstable: false,
  };
  for (const { rounds, share, t } of plan.looks) {
    if (rounds > effects.length) break;
    const seen = effects.slice(0, rounds);
    const margin = (t * (deviation(seen) ?? Infinity)) / Math.sqrt(rounds);
    const centre = mean(seen);
    result.upperBound = Math.min(result.upperBound, centre + margin);
    result.lowerBound = Math.max(result.lowerBound, centre - margin);
    result.unstable = limit !== null && isUnstable(seen, limit);
    result.passed ||= limit !== null && centre + margin < limit && !result.unstable;
    if (share === 0) continue;
    result.pWorse = Math.min(result.pWorse, signedRankP(seen, indifference) / share);
    result.pBetter = Math.min(result.pBetter, signedRankP(seen.map(negated), indifference) / share);
  }
  return result;
}

function negated(value: number): number {
  return -value;
}
