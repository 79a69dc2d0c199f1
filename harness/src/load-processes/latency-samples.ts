import type { PercentileName, Percentiles } from "../load/slices.ts";
import { LatencyHistogram } from "../measure/histogram.ts";

const PER_TENTHOUSAND: Readonly<Record<PercentileName, number>> = {
  p50: 5000,
  p90: 9000,
  p99: 9900,
  p99_9: 9990,
};

/**
 * Latencies of a round as they came, microseconds. Kept one by one, since a histogram of whole microseconds would round a p50 of
 * 20 us to 5 %.
 */
export class LatencySamples {
  #values = new Float64Array(1 << 16);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  record(latencyUs: number): void {
    if (this.#count === this.#values.length) this.#grow();
    this.#values[this.#count++] = latencyUs;
  }

  /** So that no memory is taken while so many more come. */
  reserve(more: number): void {
    while (this.#count + more > this.#values.length) this.#grow();
  }

  clear(): void {
    this.#count = 0;
  }

  /** Of those from number `first` on. Exact, nearest rank. */
  percentiles(first: number, minSamples: Readonly<Record<PercentileName, number>>): Percentiles {
    const sorted = this.#values.slice(first, this.#count).sort();
    const at = (name: PercentileName): number | null => {
      if (sorted.length === 0 || sorted.length < minSamples[name]) return null;
      const rank = Math.ceil((sorted.length * PER_TENTHOUSAND[name]) / 10_000);
      return Math.round(Math.max(0, sorted[rank - 1]!) * 10) / 10;
    };
    return { p50: at("p50"), p90: at("p90"), p99: at("p99"), p99_9: at("p99_9") };
  }

  /** Whole microseconds; null without samples. */
  histogram(): string | null {
    if (this.#count === 0) return null;
    const histogram = new LatencyHistogram();
    for (let index = 0; index < this.#count; index++) histogram.record(this.#values[index]!);
    return histogram.encode();
  }

  #grow(): void {
    const larger = new Float64Array(this.#values.length * 2);
    larger.set(this.#values);
    this.#values = larger;
  }
}
