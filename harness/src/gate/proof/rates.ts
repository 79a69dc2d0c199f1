import { oneSidedBounds } from "../statistics/clopper-pearson.ts";

/** How often something was seen, with Clopper and Pearson's bounds, each of which holds at 95 %. */
export interface Rate {
  readonly hits: number;
  readonly trials: number;
  readonly low: number;
  readonly high: number;
}

export function rateOf(hits: number, trials: number): Rate {
  return { hits, trials, ...oneSidedBounds(hits, trials, 0.95) };
}

export interface VerdictCounts {
  readonly jobs: number;
  readonly regress: Rate;
  readonly improved: Rate;
  readonly pass: Rate;
  readonly inconclusive: Rate;
}

export function countVerdicts(verdicts: readonly string[]): VerdictCounts {
  const rate = (verdict: string) =>
    rateOf(verdicts.filter((each) => each === verdict).length, verdicts.length);
  return {
    jobs: verdicts.length,
    ...{ regress: rate("regress"), improved: rate("improved") },
    ...{ pass: rate("pass"), inconclusive: rate("inconclusive") },
  };
}
