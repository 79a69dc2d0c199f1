/** Order statistics only: nothing is assumed about how repetitions are distributed. */

/** Repeated values of one metric. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** null where no interval of this confidence exists: fewer than 6 values for 95 %. */
  readonly interval: MedianInterval | null;
}

/** Between two of the values themselves; `confidence` is the exact coverage, at least what was asked. */
export interface MedianInterval {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

export const CONFIDENCE = 0.95;

/** null for no values. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return {
    count: sorted.length,
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    min: sorted[0]!,
    max: sorted.at(-1)!,
    interval: medianInterval(sorted, CONFIDENCE),
  };
}

/**
 * The narrowest symmetric pair of order statistics that covers the median with at least this confidence, by the
 * sign test (binomial with p = 1/2). Exact for every continuous distribution; see Conover, Practical Nonparametric
 * Statistics, section 3.2.
 */
export function medianInterval(sorted: readonly number[], confidence: number): MedianInterval | null {
  const n = sorted.length;
  let term = 0.5 ** n;
  let tail = 0;
  let best: MedianInterval | null = null;
  for (let below = 0; below < Math.floor(n / 2); below++) {
    tail += term;
    const coverage = 1 - 2 * tail;
    if (coverage < confidence) break;
    best = { low: sorted[below]!, high: sorted[n - 1 - below]!, confidence: coverage };
    term = (term * (n - below)) / (below + 1);
  }
  return best;
}
