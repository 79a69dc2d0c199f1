import type { JudgingRules } from "../evidence.ts";
import { studentUpper } from "../statistics/student-t.ts";

export interface Look {
  /** Effects that it takes into account: the first so many. */
  readonly rounds: number;
  /** Share of a metric's alpha that may be spent at it; 0: no regression can be called here. */
  readonly share: number;
  /** Student quantile by which the upper bound of `pass` is drawn here. */
  readonly t: number;
}

export interface LookPlan {
  /** False-alarm rate of one metric over all looks. */
  readonly alpha: number;
  /** Rounds before which nothing is called a regression; Infinity where these looks never allow it. */
  readonly first: number;
  readonly looks: readonly Look[];
}

/** However small its p-value, a regression is not called on fewer rounds. */
const LEAST_ROUNDS = 10;

/**
 * Alpha of the job is split evenly over the hypotheses (Holm adds at the end), a hypothesis's over the looks: by
 * Bonferroni, which holds however the looks depend on one another. Looks at which even a unanimous sign-flip test could not reject
 * get none of it.
 */
export function planLooks({ alphaJob, alphaPass, looks }: JudgingRules, hypotheses: number): LookPlan {
  const alpha = alphaJob / Math.max(1, hypotheses);
  const unspent = (from: number) => looks.filter((rounds) => rounds >= from).length;
  const first =
    looks.find((rounds) => rounds >= LEAST_ROUNDS && 2 ** -rounds * unspent(rounds) <= alpha) ?? Infinity;
  return {
    alpha,
    first,
    looks: looks.map((rounds) => ({
      rounds,
      share: rounds < first ? 0 : 1 / unspent(first),
      t: rounds < 2 ? Infinity : studentUpper(alphaPass / looks.length, rounds - 1),
    })),
  };
}
