import assert from "node:assert/strict";
import { test } from "node:test";
import { chartConfig, percentilePosition } from "../src/charts.ts";
import { SMALL_MODEL } from "./small-model.ts";

test("every further nine of a percentile is one unit further", () => {
  for (const [percentile, position] of [
    [0, 0],
    [90, 1],
    [99, 2],
    [99.9, 3],
    [99.99, 4],
  ] as const) {
    assert.ok(Math.abs(percentilePosition(percentile) - position) < 1e-9);
  }
});

test("the percentile axis has its five ticks and ends at the last point, though not before 99", () => {
  const [, percentile] = SMALL_MODEL.sections[0]!.charts;
  const { x, y } = chartConfig(percentile!, new Map());
  assert.deepEqual(
    x.ticks!.map(({ label }) => label),
    ["50", "90", "99", "99.9", "99.99"],
  );
  assert.equal(x.max, percentilePosition(99.9));
  assert.equal(y.scale, "logarithmic");
  const short = { ...percentile!, series: [{ name: "s", colourKey: "s", points: [[50, 1] as const] }] };
  assert.equal(chartConfig(short, new Map()).x.max, percentilePosition(99));
});
