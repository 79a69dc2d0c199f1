/** Bencher Metric Format: scenarios are benchmarks, metrics are measures by their slugs. */
import type { Judgement } from "../judgement.ts";
import { percentOfBaseline } from "./ratio.ts";

interface BencherMetric {
  readonly value: number;
  readonly lower_value?: number;
  readonly upper_value?: number;
}

/** Bencher takes names of benchmarks up to this length. */
const NAME_LIMIT = 1024;

export function renderBencher({ metrics }: Judgement): string {
  const benchmarks: Record<string, Record<string, BencherMetric>> = {};
  for (const metric of metrics) {
    const percent = percentOfBaseline(metric);
    if (percent === null) continue;
    const { value, low, high } = percent;
    const bounds = low === null || high === null ? {} : { lower_value: low, upper_value: high };
    const measures = (benchmarks[metric.scenario.slice(0, NAME_LIMIT)] ??= {});
    measures[slug(metric.metric)] = { value, ...bounds };
  }
  return `${JSON.stringify(benchmarks, null, 2)}\n`;
}

/** `cpuPerMessage` is `cpu-per-message-percent-of-baseline`; Bencher takes 64 characters. */
function slug(metric: string): string {
  const words = metric.replaceAll("_", "-").replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `${words}-percent-of-baseline`;
}
