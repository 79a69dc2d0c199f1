import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { medianInterval, spreadOf } from "../../src/compare/statistics.ts";

const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

test("no 95 % interval exists below six values, and from six on it is the extremes, as the sign test says", () => {
  for (const n of [1, 2, 3, 4, 5]) assert.equal(medianInterval(upTo(n), 0.95), null);
  assert.deepEqual(medianInterval(upTo(6), 0.95), { low: 1, high: 6, confidence: 1 - 2 / 64 });
});

test("intervals are those of published tables of order statistics for the median", () => {
  // n, lower and upper rank at 95 %: Conover, Practical Nonparametric Statistics, table A3 with p = 1/2.
  for (const [n, low, high] of [
    [8, 1, 8],
    [9, 2, 8],
    [10, 2, 9],
    [15, 4, 12],
    [20, 6, 15],
    [25, 8, 18],
  ] as const) {
    const interval = medianInterval(upTo(n), 0.95);
    assert.deepEqual([interval?.low, interval?.high], [low, high], `n = ${n}`);
  }
});

test("the median lies between the ends of every interval, and these between the extremes", () => {
  const seed = Date.now() >>> 0;
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 60 }),
      (values) => {
        const spread = spreadOf(values)!;
        const { low, high } = spread.interval ?? { low: spread.min, high: spread.max };
        assert.ok(spread.min <= low && low <= spread.median && spread.median <= high && high <= spread.max);
        assert.equal(spread.count, values.length);
      },
    ),
    { seed },
  );
});

test("the interval covers the true median as often as it claims", () => {
  // All 2^10 ways in which ten values can fall on either side of the true median are equally likely.
  const { confidence } = medianInterval(upTo(10), 0.95)!;
  let covered = 0;
  for (let sides = 0; sides < 1024; sides++) {
    const values = Array.from({ length: 10 }, (_, bit) => ((sides >> bit) & 1 ? 1 : -1) * (bit + 1));
    const { low, high } = medianInterval(
      values.sort((a, b) => a - b),
      0.95,
    )!;
    if (low < 0 && high > 0) covered += 1;
  }
  assert.equal(covered / 1024, confidence);
});

test("no values have no spread, an even number has the mean of the middle two", () => {
  assert.equal(spreadOf([]), null);
  assert.equal(spreadOf([4, 1, 3, 2])!.median, 2.5);
  assert.equal(spreadOf([3, 1, 2])!.median, 2);
});
