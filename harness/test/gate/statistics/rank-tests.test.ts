import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hodgesLehmann, hodgesLehmannInterval } from "../../../src/gate/statistics/hodges-lehmann.ts";
import { mannWhitneyP } from "../../../src/gate/statistics/mann-whitney.ts";
import { midranks } from "../../../src/gate/statistics/midranks.ts";
import { signedRankP, signedRankTail } from "../../../src/gate/statistics/signed-rank.ts";
import { spearman } from "../../../src/gate/statistics/spearman.ts";

const seed = Date.now() >>> 0;
const values = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 9 });

/** By trying every combination of signs. */
function signedRankByHand(effects: readonly number[]): number {
  const moved = effects.filter((value) => value !== 0);
  const { ranks } = midranks(moved.map(Math.abs));
  const sumOf = (isPositive: (index: number) => boolean) =>
    ranks.reduce((sum, rank, index) => sum + (isPositive(index) ? rank : 0), 0);
  const observed = sumOf((index) => moved[index]! > 0);
  let asLarge = 0;
  for (let signs = 0; signs < 2 ** moved.length; signs++)
    if (sumOf((index) => ((signs >> index) & 1) === 1) >= observed) asLarge += 1;
  return asLarge / 2 ** moved.length;
}

test("the signed-rank p-value is the share of all coin flips that give as large a sum, ties and zeros included", () => {
  fc.assert(
    fc.property(values, (effects) => {
      assert.ok(Math.abs(signedRankP(effects) - signedRankByHand(effects)) < 1e-12);
    }),
    { seed },
  );
});

test("the signed-rank table is the printed one", () => {
  // Hollander and Wolfe, table A.4: upper tails.
  for (const [n, w, p] of [
    [5, 15, 0.031],
    [8, 31, 0.039],
    [10, 45, 0.042],
    [10, 50, 0.01],
    [15, 90, 0.047],
  ] as const)
    assert.equal(signedRankTail(n)[w]!.toFixed(3), p.toFixed(3), `n = ${n}, w = ${w}`);
});

test("a shift moves the centre that is tested", () => {
  const effects = [0.03, 0.04, 0.05, 0.06, 0.07, 0.08];
  assert.equal(signedRankP(effects), 1 / 64);
  assert.equal(signedRankP(effects, 0.1), 1);
});

test("the interval is where a shift is not rejected from either side, and holds the estimate", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 6, maxLength: 14 }),
      (effects) => {
        const [low, high] = hodgesLehmannInterval(effects, 0.95)!;
        const centre = hodgesLehmann(effects);
        assert.ok(low <= centre && centre <= high);
        const width = Math.max(1e-9, high - low);
        assert.ok(signedRankP(effects, low - width * 1e-6) <= 0.025 + 1e-12);
        assert.ok(
          signedRankP(
            effects.map((value) => -value),
            -high - width * 1e-6,
          ) <=
            0.025 + 1e-12,
        );
      },
    ),
    { seed },
  );
});

test("Hodges and Lehmann's estimate of six values, by hand; below six values no 95 % interval exists", () => {
  assert.equal(hodgesLehmann([1, 2, 4]), 2.25);
  assert.equal(hodgesLehmannInterval([1, 2, 3, 4, 5], 0.95), null);
  assert.deepEqual(hodgesLehmannInterval([1, 2, 3, 4, 5, 9], 0.95), [1, 9]);
});

test("Mann and Whitney's p-value is the share of all partitions, as tables have it", () => {
  // Complete separation: 2 / C(8, 4); R's wilcox.test agrees.
  assert.ok(Math.abs(mannWhitneyP([1, 2, 3, 4], [5, 6, 7, 8]) - 2 / 70) < 1e-12);
  assert.equal(mannWhitneyP([1, 2], [1, 2]), 1);
  assert.ok(Math.abs(mannWhitneyP([1, 3, 5, 7, 9], [2, 4, 6, 8, 10]) - 0.6904761904761905) < 1e-9);
});

test("Spearman's correlation knows order, its reverse and none", () => {
  const order = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  assert.equal(spearman(order, order)!.rho, 1);
  assert.equal(spearman(order, order.toReversed())!.rho, -1);
  assert.ok(spearman(order, order)!.p < 1e-9);
  assert.equal(spearman(order, order.fill(3)), null);
  // 1 - 6 * (sum of squared differences of ranks) / (n^3 - n), of two adjacent swaps.
  const { rho, p } = spearman([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 1, 3, 4, 5, 6, 7, 8, 10, 9])!;
  assert.ok(Math.abs(rho - (1 - (6 * 4) / 990)) < 1e-12);
  assert.ok(p < 0.001);
});
