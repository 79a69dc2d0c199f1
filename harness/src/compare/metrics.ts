import { ALL_FIGURES, type AnyFigureName, type FigureSpec } from "../result/figures/index.ts";
import type { RunSummary } from "../result/schema.ts";

export interface Metric {
  readonly unit: FigureSpec["unit"];
  readonly better: "higher" | "lower";
  readonly of: (run: RunSummary) => number | null;
}

/** What every run has. */
const COMMON_METRICS = {
  throughput: { unit: "messages/s", better: "higher", of: (run) => run.throughput.messagesPerSecond },
  payloadRate: { unit: "bytes/s", better: "higher", of: (run) => run.throughput.payloadBytesPerSecond },
  responseP50: { unit: "us", better: "lower", of: (run) => run.latencyUs.response?.p50 ?? null },
  responseP99: { unit: "us", better: "lower", of: (run) => run.latencyUs.response?.p99 ?? null },
  publishP50: { unit: "us", better: "lower", of: (run) => run.latencyUs.publish?.p50 ?? null },
  publishP99: { unit: "us", better: "lower", of: (run) => run.latencyUs.publish?.p99 ?? null },
  cpu: { unit: "s", better: "lower", of: (run) => run.cost.cpuSecondsPerMillionMessages },
  peakRss: { unit: "bytes", better: "lower", of: (run) => run.cost.peakRssBytes },
  subscriberRss: { unit: "bytes", better: "lower", of: (run) => run.cost.rssBytesPerSubscriber },
  bytesWritten: { unit: "1", better: "lower", of: (run) => run.cost.bytesWrittenPerPayloadByte },
} as const satisfies Record<string, Metric>;

/** Figures of staged workloads; a run of another workload has none of them. */
const FIGURE_METRICS = Object.fromEntries(
  Object.entries(ALL_FIGURES).map(([name, { unit, better }]) => [
    name,
    { unit, better, of: (run: RunSummary) => run.figures[name]?.value ?? null } satisfies Metric,
  ]),
) as Readonly<Record<AnyFigureName, Metric>>;

/** What `compare` sets side by side, in this order. */
export const METRICS: Readonly<Record<MetricName, Metric>> = { ...COMMON_METRICS, ...FIGURE_METRICS };

export type CommonMetricName = keyof typeof COMMON_METRICS;
export type MetricName = CommonMetricName | AnyFigureName;

/** Those that every run has, and of the others what these runs have. */
export function metricNames(runs: readonly RunSummary[]): MetricName[] {
  const present = new Set(runs.flatMap(({ figures }) => Object.keys(figures)));
  return [
    ...(Object.keys(COMMON_METRICS) as CommonMetricName[]),
    ...(Object.keys(ALL_FIGURES) as AnyFigureName[]).filter((name) => present.has(name)),
  ];
}
