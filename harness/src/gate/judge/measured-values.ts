import type { RoundSide, Slice } from "../evidence.ts";
import { GATE_METRICS, type GateMetricName } from "../metrics.ts";

/** A slice's figure in the metric's unit; null where it was not measured or has too few samples. */
export function sliceValue(slice: Slice, metric: GateMetricName): number | null {
  switch (metric) {
    case "throughput":
      // A side that confirmed nothing in its slice is as slow as half a message makes it: left out, it would hide.
      return slice.wallNs === 0 ? null : (Math.max(slice.messages, 0.5) / slice.wallNs) * 1e9;
    case "cpuPerMessage":
      return slice.cpuNs === null || slice.messages === 0 ? null : slice.cpuNs / slice.messages;
    case "p50":
    case "p90":
    case "p99":
      return slice.samples < GATE_METRICS[metric].minSamples ? null : slice[metric];
    case "p99_9":
    case "idleCpu":
    case "memory":
      return null;
  }
}

/** A whole round's figure of one side; null where it was not measured, or is made of slices alone. */
export function roundValue(side: RoundSide, metric: GateMetricName): number | null {
  switch (metric) {
    case "p50":
    case "p90":
    case "p99":
    case "p99_9":
      return side.samples < GATE_METRICS[metric].minSamples ? null : side[metric];
    case "idleCpu":
      return side.idleCpuCores;
    case "memory":
      return side.peakRssBytes;
    case "throughput":
    case "cpuPerMessage":
      return null;
  }
}
