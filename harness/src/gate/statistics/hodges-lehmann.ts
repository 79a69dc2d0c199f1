import { median } from "./moments.ts";
import { signedRankTail } from "./signed-rank.ts";

/** Centre of symmetric noise: the median of the means of all pairs, each value with itself among them. At least one value. */
export function hodgesLehmann(values: readonly number[]): number {
  return median(walshAverages(values));
}

/**
 * Interval for that centre, exact by the signed-rank distribution: where a shift is not rejected from either side. Its
 * coverage is at least `confidence`; null where so few values allow none (under six for 95 %). Hollander and Wolfe,
 * Nonparametric Statistical Methods, section 3.3.
 */
export function hodgesLehmannInterval(
  values: readonly number[],
  confidence: number,
): readonly [low: number, high: number] | null {
  const averages = Float64Array.from(walshAverages(values)).sort();
  const tail = signedRankTail(values.length);
  const allowed = (1 - confidence) / 2;
  let outside = 0;
  // By symmetry P(W <= w) = P(W >= most - w).
  while (outside < averages.length / 2 && tail[tail.length - 1 - outside]! <= allowed) outside++;
  if (outside === 0) return null;
  return [averages[outside - 1]!, averages[averages.length - outside]!];
}

function walshAverages(values: readonly number[]): number[] {
  const averages: number[] = [];
  for (let first = 0; first < values.length; first++)
    for (let second = first; second < values.length; second++)
      averages.push((values[first]! + values[second]!) / 2);
  return averages;
}
