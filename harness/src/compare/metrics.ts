import type { RunSummary } from "../result/schema.ts";

export interface Metric {
  readonly unit: "messages/s" | "bytes/s" | "us" | "s" | "bytes" | "1";
  readonly better: "higher" | "lower";
  readonly of: (run: RunSummary) => number | null;
}

/** What `compare` sets side by side, in this order. */
export const METRICS = {
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

export type MetricName = keyof typeof METRICS;
export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];
