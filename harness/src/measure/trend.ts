/** Does a series rise? Slopes that a few outliers do not move (Theil 1950, Sen 1968). Pure. */

export interface TrendPoint {
  readonly at: number;
  readonly value: number;
}

export interface Trend {
  /** Median of the slopes between any two points, values for each unit of `at`. */
  readonly slope: number;
  /** Between these it lies with 95 % confidence (Kendall's S of independent points, normal approximation). */
  readonly low: number;
  readonly high: number;
}

/** The least for which the normal approximation is used. */
export const LEAST_POINTS = 10;
const Z_95 = 1.959964;

/** null for fewer than ten points, or where all are at the same place. */
export function theilSen(points: readonly TrendPoint[]): Trend | null {
  if (points.length < LEAST_POINTS) return null;
  const slopes: number[] = [];
  for (const [index, { at, value }] of points.entries()) {
    for (const later of points.slice(index + 1)) {
      if (later.at !== at) slopes.push((later.value - value) / (later.at - at));
    }
  }
  if (slopes.length === 0) return null;
  slopes.sort((a, b) => a - b);
  const n = points.length;
  const deviation = Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const rank = Math.round((slopes.length - Z_95 * deviation) / 2);
  const at = (place: number) => slopes[Math.min(slopes.length - 1, Math.max(0, place))]!;
  return { slope: median(slopes), low: at(rank - 1), high: at(slopes.length - rank) };
}

/** Of values in order. */
function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function medianOf(values: readonly number[]): number {
  return median(values.toSorted((a, b) => a - b));
}
