import { incompleteBeta } from "./incomplete-beta.ts";

/** Counts by value, values rising: a histogram's buckets by their middles. */
export interface Bucket {
  readonly value: number;
  readonly count: number;
}

/** Further than so many standard deviations from the quantile a sample's weight is below a double's precision. */
const REACH = 9;

/**
 * Quantile `q` (0 < q < 1) of a histogram as a weighted mean of all samples around it (Harrell and Davis, Biometrika 1982):
 * smoother than the one bucket that holds it. null for no samples.
 */
export function harrellDavis(buckets: readonly Bucket[], q: number): number | null {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const [a, b] = [(total + 1) * q, (total + 1) * (1 - q)];
  const reach = REACH * Math.sqrt((q * (1 - q)) / (total + 2));
  const share = (below: number) => {
    const at = below / total;
    if (at < q - reach) return 0;
    return at > q + reach ? 1 : incompleteBeta(at, a, b);
  };
  let [seen, before, value] = [0, 0, 0];
  for (const bucket of buckets) {
    if (bucket.count === 0) continue;
    seen += bucket.count;
    const upTo = share(seen);
    value += (upTo - before) * bucket.value;
    before = upTo;
  }
  return value;
}
