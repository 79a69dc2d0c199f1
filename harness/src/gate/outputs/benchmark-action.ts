/** Input of github-action-benchmark, one file for each of its tools `customSmallerIsBetter` and `customBiggerIsBetter`. */
import type { Judgement, MetricJudgement } from "../judgement.ts";
import { GATE_METRICS } from "../metrics.ts";
import { metricTitle, verdictLine } from "../words/metric.ts";
import type { OutputPart } from "./index.ts";
import { percentOfBaseline } from "./ratio.ts";

interface Entry {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Drawn if it is `± ` and a number with a point. */
  readonly range?: string;
  readonly extra: string;
}

export function renderBenchmarkAction({ metrics }: Judgement): readonly OutputPart[] {
  const of = (direction: 1 | -1) =>
    metrics.filter(({ metric }) => GATE_METRICS[metric].direction === direction).flatMap(entryOf);
  return [
    { infix: "smaller", text: `${JSON.stringify(of(1), null, 2)}\n` },
    { infix: "bigger", text: `${JSON.stringify(of(-1), null, 2)}\n` },
  ];
}

function entryOf(metric: MetricJudgement): readonly Entry[] {
  const percent = percentOfBaseline(metric);
  if (percent === null) return [];
  const { value, low, high } = percent;
  const range = low === null || high === null ? {} : { range: `± ${((high - low) / 2).toFixed(4)}` };
  return [{ name: metricTitle(metric), unit: "% of baseline", value, ...range, extra: verdictLine(metric) }];
}
