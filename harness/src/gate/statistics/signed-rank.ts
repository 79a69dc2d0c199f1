import { midranks } from "./midranks.ts";

/**
 * Wilcoxon's signed-rank test under coin-flipped signs: exact whatever the noise, ties included (the distribution is that of
 * the midranks at hand). One-sided p-value against a centre above `shift`; values equal to it say nothing and are left out.
 */
export function signedRankP(values: readonly number[], shift = 0): number {
  const moved = values.map((value) => value - shift).filter((value) => value !== 0);
  const { ranks, tied } = midranks(moved.map(Math.abs));
  let sum = 0;
  for (let index = 0; index < moved.length; index++) if (moved[index]! > 0) sum += ranks[index]!;
  if (!tied) return signedRankTail(moved.length)[sum]!;
  // Midranks are halves: doubled they are whole.
  return upperTail(ranks.map((rank) => 2 * rank))[2 * sum]!;
}

const tables = new Map<number, Float64Array>();

/** P(W >= w) for w from 0 to n (n + 1) / 2, of the sum W of the ranks 1..n that a fair coin picks. */
export function signedRankTail(n: number): Float64Array {
  let table = tables.get(n);
  if (table === undefined) {
    table = upperTail(Array.from({ length: n }, (_, index) => index + 1));
    tables.set(n, table);
  }
  return table;
}

/** P(sum >= s) of whole weights, each of which counts with probability 1/2. */
function upperTail(weights: readonly number[]): Float64Array {
  const most = weights.reduce((sum, weight) => sum + weight, 0);
  const chance = new Float64Array(most + 1);
  chance[0] = 1;
  let reached = 0;
  for (const weight of weights) {
    reached += weight;
    for (let sum = reached; sum >= 0; sum--)
      chance[sum] = (chance[sum]! + (sum >= weight ? chance[sum - weight]! : 0)) / 2;
  }
  for (let sum = most - 1; sum >= 0; sum--) chance[sum]! += chance[sum + 1]!;
  return chance;
}
