import { midranks } from "./midranks.ts";

/**
 * Two-sided p-value of Mann and Whitney's test, exact given the ties: over all ways to pick the first sample's places among
 * the joint ranks. For the comparison with gates that use it; samples of up to some dozens.
 */
export function mannWhitneyP(first: readonly number[], second: readonly number[]): number {
  const doubled = midranks([...first, ...second]).ranks.map((rank) => 2 * rank);
  const observed = doubled.slice(0, first.length).reduce((sum, rank) => sum + rank, 0);
  const ways = waysBySum(doubled, first.length);
  let [atMost, atLeast, all] = [0, 0, 0];
  for (const [sum, count] of ways.entries()) {
    all += count;
    if (sum <= observed) atMost += count;
    if (sum >= observed) atLeast += count;
  }
  return Math.min(1, (2 * Math.min(atMost, atLeast)) / all);
}

/** Number of ways to pick `size` of the weights, by their sum. */
function waysBySum(weights: readonly number[], size: number): Float64Array {
  const most = weights.reduce((sum, weight) => sum + weight, 0);
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(most + 1));
  ways[0]![0] = 1;
  for (const weight of weights)
    for (let picked = size; picked > 0; picked--)
      for (let sum = most; sum >= weight; sum--) ways[picked]![sum]! += ways[picked - 1]![sum - weight]!;
  return ways[size]!;
}
