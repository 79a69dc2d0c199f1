import type { JudgingRules } from "../evidence.ts";
import { planLooks } from "../judge/look-plan.ts";
import { type Hypothesis, lookAt, type SequentialResult } from "../judge/sequential-test.ts";
import { holm } from "../statistics/holm.ts";

export interface EffectSeries {
  /** A log-ratio for each round that could be played. */
  readonly effects: readonly number[];
  /** As a share. */
  readonly limit: number;
}

export interface EffectsDecision {
  readonly verdict: "regress" | "improved" | "pass" | "inconclusive";
  /** Played when it was decided. */
  readonly rounds: number;
  /** For each series, whether it was called a regression. */
  readonly worse: readonly boolean[];
}

/**
 * Plays effects as a job would: look by look through the tests of the real gate, ended at a proven regression or when all pass, Holm at the
 * end. What needs more than effects (fitness, floors, giving up) is left out.
 */
export function decideEffects(series: readonly EffectSeries[], rules: JudgingRules): EffectsDecision {
  const plan = planLooks(rules, series.length);
  const hypotheses = series.map(
    ({ limit }): Hypothesis => ({
      limit: Math.log1p(limit),
      indifference: Math.log1p(rules.indifference),
    }),
  );
  let results: SequentialResult[] = [];
  let rounds = 0;
  for (const look of plan.looks) {
    if (series.some(({ effects }) => effects.length < look.rounds)) break;
    results = series.map(({ effects }, index) => lookAt(effects, hypotheses[index]!, look, results[index]));
    rounds = look.rounds;
    if (results.every(({ passed }) => passed)) break;
    if (
      results.some((result, index) => result.pWorse <= plan.alpha && !isExcluded(result, hypotheses[index]!))
    )
      break;
  }
  const rejectedWorse = holm(
    results.map(({ pWorse }) => pWorse),
    rules.alphaJob,
  );
  const rejectedBetter = holm(
    results.map(({ pBetter }) => pBetter),
    rules.alphaJob,
  );
  const worse = results.map(
    (result, index) => rejectedWorse[index]! && !isExcluded(result, hypotheses[index]!),
  );
  const better = results.map(
    ({ lowerBound }, index) => rejectedBetter[index]! && lowerBound <= -hypotheses[index]!.limit!,
  );
  return { verdict: verdictOf(results, worse, better), rounds, worse };
}

function isExcluded({ upperBound }: SequentialResult, { limit }: Hypothesis): boolean {
  return upperBound < limit!;
}

function verdictOf(
  results: readonly SequentialResult[],
  worse: readonly boolean[],
  better: readonly boolean[],
): EffectsDecision["verdict"] {
  if (worse.includes(true)) return "regress";
  if (results.length === 0 || !results.every(({ passed }, index) => passed || better[index]))
    return "inconclusive";
  return better.includes(true) ? "improved" : "pass";
}
