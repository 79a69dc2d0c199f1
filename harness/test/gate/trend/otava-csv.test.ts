import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { otavaFiles } from "../../../src/gate/trend/otava-csv.ts";
import { findTrend } from "../../../src/gate/trend/trend.ts";
import { commit, point, pointsOf } from "./points.ts";

test("a row for each job, a column for each metric, in percent of the anchor in the metric's own direction", () => {
  const worse = Math.log(1.25);
  const files = otavaFiles(
    findTrend([
      ...pointsOf([0, worse]),
      ...pointsOf([0, worse], { metric: "throughput" }),
      // Of a job that measured nothing else.
      point({ job: "alone", measuredAt: "2025-01-01T00:00:00.000Z", metric: "throughput" }),
    ]),
  );
  assert.deepEqual(
    files.map(({ name }) => name),
    ["megabatch.linux-x64-2.csv", "otava.yaml"],
  );
  const [csv, yaml] = files.map(({ text }) => text) as [string, string];
  assert.deepEqual(csv.split("\n"), [
    "time,commit,cpuPerMessage,throughput",
    `2026-01-01T00:00:00.000Z,${commit(1)},100.000,100.000`,
    `2026-01-02T00:00:00.000Z,${commit(2)},125.000,80.000`,
    "",
  ]);
  assert.deepEqual(parse(yaml).tests["megabatch.linux-x64-2"], {
    ...{ type: "csv", file: "megabatch.linux-x64-2.csv", time_column: "time", attributes: ["commit"] },
    metrics: {
      cpuPerMessage: { column: "cpuPerMessage", direction: -1, scale: 1 },
      throughput: { column: "throughput", direction: 1, scale: 1 },
    },
  });
});
