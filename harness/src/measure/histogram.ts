import * as hdr from "hdr-histogram-js";
import type { LatencySummary } from "../result/schema.ts";

const PERCENT = { p50: 50, p75: 75, p90: 90, p95: 95, p99: 99, p99_9: 99.9, p99_99: 99.99 } as const;

/** A percentile is told only when at least this many samples lie above it. */
const MIN_SAMPLES_ABOVE = 10;

/** 64-bit counts: one batch adds thousands of messages at once. */
const BIT_BUCKET_SIZE = 64;

/**
 * HdrHistogram of whole microseconds with three significant digits. Nothing is dropped or clamped at the top (the
 * range grows); a negative value, possible only by rounding between two clock reads, counts as 0.
 */
export class LatencyHistogram {
  #hdr: hdr.Histogram = hdr.build({ bitBucketSize: BIT_BUCKET_SIZE, numberOfSignificantValueDigits: 3 });

  /** HdrHistogram V2, compressed, base64. Throws on anything else. */
  static decode(base64: string): LatencyHistogram {
    const histogram = new LatencyHistogram();
    histogram.#hdr = hdr.decodeFromCompressedBase64(base64, BIT_BUCKET_SIZE);
    histogram.#hdr.autoResize = true;
    return histogram;
  }

  get count(): number {
    return this.#hdr.totalCount;
  }

  record(latencyUs: number, count = 1): void {
    this.#hdr.recordValueWithCount(latencyUs > 0 ? Math.round(latencyUs) : 0, count);
  }

  add(other: LatencyHistogram): void {
    this.#hdr.add(other.#hdr);
  }

  reset(): void {
    this.#hdr.reset();
  }

  encode(): string {
    return hdr.encodeIntoCompressedBase64(this.#hdr);
  }

  /** Microseconds at a percentile, with no regard to how many samples lie above. */
  percentile(percent: number): number {
    return this.#hdr.getValueAtPercentile(percent);
  }

  summary(): LatencySummary {
    const count = this.count;
    const at = (percent: number) =>
      hasSamplesAbove(count, percent) ? this.#hdr.getValueAtPercentile(percent) : null;
    return {
      count,
      min: count > 0 ? this.#hdr.getValueAtPercentile(0) : null,
      p50: at(PERCENT.p50),
      p75: at(PERCENT.p75),
      p90: at(PERCENT.p90),
      p95: at(PERCENT.p95),
      p99: at(PERCENT.p99),
      p99_9: at(PERCENT.p99_9),
      p99_99: at(PERCENT.p99_99),
      max: count > 0 ? this.#hdr.maxValue : null,
    };
  }
}

/** All samples of several histograms, as `encode` writes them; null where there is none. */
export function mergeEncoded(encoded: readonly (string | null)[]): LatencyHistogram | null {
  const parts = encoded.filter((text) => text !== null).map((text) => LatencyHistogram.decode(text));
  const [first, ...others] = parts;
  for (const other of others) first?.add(other);
  return first ?? null;
}

/** In hundredths of a percent, so that 99.99 is exact. */
function hasSamplesAbove(count: number, percent: number): boolean {
  return count * (10_000 - Math.round(percent * 100)) >= MIN_SAMPLES_ABOVE * 10_000;
}
