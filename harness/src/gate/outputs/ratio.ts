/** What charts over time are given: the candidate in percent of the baseline, since absolute figures differ from runner to runner. */
import type { MetricJudgement } from "../judgement.ts";
import { GATE_METRICS } from "../metrics.ts";

export interface PercentOfBaseline {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Rounded to a ten thousandth of a percent. null where nothing was measured. */
export function percentOfBaseline({ metric, effect, interval }: MetricJudgement): PercentOfBaseline | null {
  if (effect === null) return null;
  const { direction } = GATE_METRICS[metric];
  const of = (worseBy: number) => rounded(100 * (1 + worseBy) ** direction);
  if (interval === null) return { value: of(effect), low: null, high: null };
  const [low, high] = interval.map(of).sort((a, b) => a - b) as [number, number];
  return { value: of(effect), low, high };
}

const rounded = (value: number) => Number(value.toFixed(4));
