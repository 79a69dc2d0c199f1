import assert from "node:assert/strict";
import { test } from "node:test";
import { chartDataTable } from "../src/chart-data.ts";
import { chartConfig } from "../src/charts.ts";
import type { ReportChart } from "../src/model.ts";

const DOTS: ReportChart = {
  caption: "Every round",
  kind: "dots",
  xLabel: "metric",
  yLabel: "worse by, %",
  yScale: "linear",
  categories: ["throughput", "CPU"],
  series: [
    {
      name: "round",
      colourKey: "round",
      points: [
        [0, 1],
        [1, -2],
        [0, 3],
        [0, 2],
      ],
    },
    { name: "effect", colourKey: "effect", points: [[0, 2]], ranges: [[0, 1.5, 2.5]] },
  ],
  mark: { y: 0, label: "no difference" },
  limits: [{ category: 1, y: 5, label: "limit 5 %" }],
};

test("dots of a category run from left to right in their order, their summary stands at their right", () => {
  const { type, data, x, limits } = chartConfig(DOTS, new Map());
  assert.equal(type, "scatter");
  assert.deepEqual([x.min, x.max, x.ticks!.map(({ label }) => label)], [-0.5, 1.5, ["throughput", "CPU"]]);
  const [rounds, effect] = data.datasets.map((one) => one.data as readonly { x: number; y: number }[]);
  const first = rounds!.filter((point) => Math.round(point.x) === 0);
  assert.deepEqual(
    first.map(({ y }) => y),
    [1, 3, 2],
  );
  assert.ok(first[0]!.x < first[1]!.x && first[1]!.x < first[2]!.x);
  assert.ok(effect![0]!.x > first[2]!.x && effect![0]!.x < 0.5);
  assert.deepEqual(data.datasets[1]!.ranges, [[effect![0]!.x, 1.5, 2.5]]);
  assert.deepEqual(limits, DOTS.limits);
});

test("their table has a column for each category, all points, ranges and limits", () => {
  const { columns, groups } = chartDataTable(DOTS);
  assert.deepEqual(
    columns.map(({ heading }) => heading),
    ["metric", "throughput", "CPU"],
  );
  assert.deepEqual(
    groups[0]!.rows.map((row) =>
      row.map(({ text, detail }) => (detail === undefined ? text : `${text} (${detail})`)),
    ),
    [
      ["round 1", "1", "-2"],
      ["round 2", "3", "–"],
      ["round 3", "2", "–"],
      ["effect", "2 (1.5 to 2.5)", "–"],
      ["limit", "–", "5"],
    ],
  );
});
