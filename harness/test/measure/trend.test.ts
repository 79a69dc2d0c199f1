import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../../src/load/random.ts";
import { LEAST_POINTS, medianOf, theilSen } from "../../src/measure/trend.ts";

const line = (count: number, slope: number, noise: (index: number) => number = () => 0) =>
  Array.from({ length: count }, (_, at) => ({ at, value: 100 + slope * at + noise(at) }));

describe("the slope of a series", () => {
  test("of points on a line is the line's, with no doubt", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: LEAST_POINTS, max: 60 }),
        fc.integer({ min: -50, max: 50 }),
        (count, slope) => {
          assert.deepEqual(theilSen(line(count, slope)), { slope, low: slope, high: slope });
        },
      ),
    );
  });

  test("is not moved by a few outliers", () => {
    const points = line(40, 2).map((point) => (point.at % 10 === 3 ? { ...point, value: 1e6 } : point));
    const trend = theilSen(points)!;
    assert.ok(Math.abs(trend.slope - 2) < 0.01, `${trend.slope}`);
  });

  test("lies in its interval for nineteen of twenty series of noise, and the interval is in order", () => {
    const rounds = 400;
    let covered = 0;
    const random = seededRandom(7);
    // The sum of four is near enough to a bell.
    const noise = () => [0, 0, 0, 0].reduce((sum) => sum + random() / 2 ** 32 - 0.5, 0);
    for (let round = 0; round < rounds; round++) {
      const { slope, low, high } = theilSen(line(24, 0.1, noise))!;
      assert.ok(low <= slope && slope <= high);
      if (low <= 0.1 && 0.1 <= high) covered++;
    }
    assert.ok(covered / rounds > 0.91 && covered / rounds < 0.99, `${covered} of ${rounds}`);
  });

  test("of too few points, or of points at one place, is unknown", () => {
    assert.equal(theilSen(line(LEAST_POINTS - 1, 1)), null);
    assert.equal(theilSen(line(20, 1).map(({ value }) => ({ at: 0, value }))), null);
  });
});

test("a median is the middle, or half way between the two in the middle", () => {
  assert.equal(medianOf([3, 1, 2]), 2);
  assert.equal(medianOf([4, 1, 2, 3]), 2.5);
});
