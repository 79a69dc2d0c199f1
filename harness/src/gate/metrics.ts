/** What the gate compares. One table; schema, verdicts, tables and exports derive from it. */

/** In words of the exports. */
export type GateUnit = "messages/s" | "us" | "ns/message" | "bytes" | "cores";

export interface GateMetric {
  readonly title: string;
  readonly unit: GateUnit;
  /** +1: smaller is better; -1: larger is. */
  readonly direction: 1 | -1;
  /** Where a round's figure comes from: its slices, paired in blocks, or one figure of each side for the whole round. */
  readonly from: "slices" | "round";
  /** Gating metrics decide; advisory ones are shown. */
  readonly role: "gating" | "advisory";
  /** A change by this share is a regression; null: none is named. */
  readonly limit: number | null;
  /** Differences below this are none, in the metric's unit: 5 us more on a p50 of 20 us is not what anyone gates for. */
  readonly floor: number;
  /** Confirmations that a slice must hold for it; with fewer the metric is not measured. */
  readonly minSamples: number;
}

/**
 * In closed loop throughput and p50 say the same thing (research: Little's law), so one of them gates. Limits are those at which the
 * noise of short paired slices still tells 5 % (20 % at p99) apart from nothing in a dozen rounds.
 */
export const GATE_METRICS = {
  throughput: {
    ...{ title: "throughput", unit: "messages/s", direction: -1, from: "slices" },
    ...{ role: "gating", limit: 0.05, floor: 0, minSamples: 1 },
  },
  p50: {
    ...{ title: "publish p50", unit: "us", direction: 1, from: "slices" },
    ...{ role: "advisory", limit: 0.05, floor: 5, minSamples: 20 },
  },
  p90: {
    ...{ title: "publish p90", unit: "us", direction: 1, from: "slices" },
    ...{ role: "gating", limit: 0.05, floor: 5, minSamples: 100 },
  },
  p99: {
    ...{ title: "publish p99", unit: "us", direction: 1, from: "slices" },
    ...{ role: "gating", limit: 0.2, floor: 20, minSamples: 1000 },
  },
  p99_9: {
    ...{ title: "publish p99.9", unit: "us", direction: 1, from: "round" },
    ...{ role: "advisory", limit: null, floor: 50, minSamples: 10_000 },
  },
  cpuPerMessage: {
    ...{ title: "broker CPU per message", unit: "ns/message", direction: 1, from: "slices" },
    ...{ role: "gating", limit: 0.05, floor: 0, minSamples: 1 },
  },
  idleCpu: {
    ...{ title: "broker CPU while the other works", unit: "cores", direction: 1, from: "round" },
    ...{ role: "advisory", limit: null, floor: 0.01, minSamples: 1 },
  },
  memory: {
    ...{ title: "peak RSS", unit: "bytes", direction: 1, from: "round" },
    ...{ role: "gating", limit: 0.05, floor: 1024 * 1024, minSamples: 1 },
  },
} as const satisfies Record<string, GateMetric>;

export type GateMetricName = keyof typeof GATE_METRICS;

export const GATE_METRIC_NAMES = Object.keys(GATE_METRICS) as GateMetricName[];
