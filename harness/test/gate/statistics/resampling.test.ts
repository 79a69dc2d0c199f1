import assert from "node:assert/strict";
import { test } from "node:test";
import { twoModes } from "../../../src/gate/statistics/bimodality.ts";
import { EnergySplit, changePoints } from "../../../src/gate/statistics/change-points.ts";
import { seededUniform, shuffle } from "../../../src/gate/statistics/seeded-generator.ts";
import { normalFrom } from "../../../src/gate/proof/noise.ts";

const OPTIONS = { minSegment: 5, permutations: 199, maxP: 0.01, minStep: 0, seed: "test" };

function series(seed: string, length: number, level: (index: number) => number): number[] {
  const normal = normalFrom(seededUniform(seed));
  return Array.from({ length }, (_, index) => level(index) + normal());
}

test("equal seeds give equal numbers, neighbouring seeds others, all evenly spread", () => {
  const draw = (seed: string) => {
    const uniform = seededUniform(seed);
    return Array.from({ length: 4000 }, () => uniform());
  };
  assert.deepEqual(draw("a"), draw("a"));
  assert.notDeepEqual(draw("a").slice(0, 3), draw("b").slice(0, 3));
  const counts = new Array<number>(10).fill(0);
  for (const value of draw("spread")) counts[Math.floor(value * 10)]! += 1;
  // Chi-square with 9 degrees of freedom; the seed is fixed, 27.9 is the 0.1 % point.
  const chi = counts.reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0);
  assert.ok(chi < 27.9, `${counts}`);
  assert.deepEqual(shuffle([1, 2, 3, 4, 5], seededUniform("s")).toSorted(), [1, 2, 3, 4, 5]);
});

test("a step is found where it is, two steps too, and none in noise or drift", () => {
  const [step, ...others] = changePoints(
    series("step", 40, (index) => (index < 25 ? 0 : 4)),
    OPTIONS,
  );
  assert.deepEqual([step?.at, others.length], [25, 0]);
  assert.ok(step!.after - step!.before > 3);
  const two = changePoints(
    series("two", 60, (index) => (index < 20 ? 0 : index < 40 ? 5 : -1)),
    OPTIONS,
  );
  assert.deepEqual(
    two.map(({ at }) => at),
    [20, 40],
  );
  assert.deepEqual(
    changePoints(
      series("none", 60, () => 0),
      OPTIONS,
    ),
    [],
  );
  assert.deepEqual(changePoints([1, 2, 3], OPTIONS), []);
  assert.deepEqual(changePoints(new Array<number>(30).fill(7), OPTIONS), []);
});

test("of series without a change, few have one found, also where neighbours resemble each other", () => {
  let [plain, drifting] = [0, 0];
  for (let run = 0; run < 60; run++) {
    const noise = series(`null ${run}`, 40, () => 0);
    if (changePoints(noise, { ...OPTIONS, permutations: 99 }).length > 0) plain += 1;
    let level = 0;
    const correlated = noise.map((value) => (level = 0.5 * level + value));
    if (changePoints(correlated, { ...OPTIONS, permutations: 99 }).length > 0) drifting += 1;
  }
  // Seeds are fixed. At p <= 0.01 one of sixty is expected, and with correlated noise some more.
  assert.ok(plain <= 3, `${plain} of 60`);
  assert.ok(drifting <= 8, `${drifting} of 60 with correlated noise`);
});

test("the energy statistic is that of its definition", () => {
  const values = [1, 3, 2, 9, 8, 11, 10];
  const average = (pairs: number[]) => pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
  const [left, right] = [values.slice(0, 3), values.slice(3)];
  const between = average(left.flatMap((x) => right.map((y) => Math.abs(x - y))));
  const within = (part: number[]) =>
    average(part.flatMap((x, i) => part.filter((_, j) => j !== i).map((y) => Math.abs(x - y))));
  const expected = ((3 * 4) / 7) * (2 * between - within(left) - within(right));
  const { at, q } = new EnergySplit(values, 2).best();
  assert.equal(at, 3);
  assert.ok(Math.abs(q - expected) < 1e-12);
});

test("two modes lie far apart, one does not", () => {
  const one = series("one mode", 20, () => 0);
  const two = series("two modes", 20, (index) => (index % 2) * 12);
  assert.ok(twoModes(one, 3)!.separation < 5);
  assert.ok(twoModes(two, 3)!.separation > 8);
  assert.equal(twoModes([1, 2, 3], 3), null);
  assert.equal(twoModes(new Array<number>(10).fill(1), 3)!.separation, 0);
});
