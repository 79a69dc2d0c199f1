import assert from "node:assert/strict";
import { test } from "node:test";
import { findTrend, WINDOW } from "../../../src/gate/trend/trend.ts";
import { ANCHOR, commit, noise, pointsOf } from "./points.ts";

test("a step is found where it came, with its size and the commits on both sides", () => {
  const values = noise(40, 0.01, "step").map((value, index) => value + (index < 25 ? 0 : 0.05));
  const [series, ...others] = findTrend(pointsOf(values));
  assert.equal(others.length, 0);
  const [change, ...more] = series!.changes!;
  assert.equal(more.length, 0);
  assert.equal(change!.at, 25);
  assert.equal(change!.good, commit(25));
  assert.equal(change!.bad, commit(26));
  assert.ok(Math.abs(change!.step - 0.05) < 0.015, `step ${change!.step}`);
  assert.ok(change!.p <= 0.005);
});

test("a plain step is found in a short series, whichever the noise", () => {
  for (let seed = 0; seed < 20; seed++) {
    const values = noise(30, 0.005, `plain ${seed}`).map((value, index) => value + (index < 18 ? 0 : 0.06));
    const { changes } = findTrend(pointsOf(values))[0]!;
    assert.deepEqual(
      changes!.map(({ bad }) => bad),
      [commit(19)],
      `seed ${seed}`,
    );
  }
});

test("noise is no change, and neither is a step that nobody looks for", () => {
  for (let seed = 0; seed < 10; seed++) {
    const quiet = findTrend(pointsOf(noise(60, 0.02, `quiet ${seed}`)))[0]!;
    assert.deepEqual(quiet.changes, [], `seed ${seed}`);
  }
  const small = noise(60, 0.001, "small").map((value, index) => value + (index < 30 ? 0 : 0.01));
  assert.deepEqual(findTrend(pointsOf(small))[0]!.changes, []);
});

test("too few points are said to be too few", () => {
  assert.equal(findTrend(pointsOf(noise(9, 0.01, "short")))[0]!.changes, null);
  assert.deepEqual(findTrend(pointsOf(noise(10, 0.01, "long enough")))[0]!.changes, []);
});

test("only the latest points are judged; where they stand is told from the start", () => {
  const old = noise(80, 0.005, "old").map((value, index) => value + (index < 10 ? 0.2 : 0));
  assert.deepEqual(findTrend(pointsOf(old))[0]!.changes, []);
  const late = noise(WINDOW + 20, 0.005, "late").map((value, index) => value + (index < 60 ? 0 : 0.1));
  assert.deepEqual(
    findTrend(pointsOf(late))[0]!.changes!.map(({ at }) => at),
    [60],
  );
});

test("scenarios, metrics and machine classes are series of their own", () => {
  const values = noise(12, 0.01, "groups");
  const series = findTrend([
    ...pointsOf(values),
    ...pointsOf(values, { metric: "throughput" }),
    ...pointsOf(values, { machineClass: "linux-arm64-4" }),
    ...pointsOf(values, { scenario: "publish-confirm" }),
  ]);
  assert.equal(series.length, 4);
  for (const { points, anchor } of series) {
    assert.equal(points.length, 12);
    assert.equal(anchor, ANCHOR);
  }
});

test("the same points give the same changes", () => {
  const points = pointsOf(noise(50, 0.01, "same").map((value, index) => value + (index < 20 ? 0 : 0.04)));
  assert.deepEqual(findTrend(points), findTrend(points));
});
