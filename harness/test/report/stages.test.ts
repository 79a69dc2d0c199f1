import assert from "node:assert/strict";
import { test } from "node:test";
import { buildReportModel } from "../../src/report/build.ts";
import { type ResultFile, resultFile } from "../../src/result/schema.ts";
import { sampleResult } from "./sample-results.ts";

function stagedResult(target: "reference" | "kafka", rssBytes: number): ResultFile {
  const result = sampleResult({ target });
  const name = "grow";
  return {
    ...result,
    summary: {
      ...result.summary,
      phases: [
        {
          name,
          durationMs: 2_000,
          messages: 10_000,
          messagesPerSecond: 5_000,
          latencyUs: { response: null, publish: null },
          rss: { beginBytes: 2 ** 20, peakBytes: rssBytes, endBytes: rssBytes },
        },
      ],
      figures: {
        rssPeak: { value: rssBytes, note: null },
        cacheHitRate: { value: null, note: "told by no target" },
      },
    },
    phases: [
      {
        name,
        beganUs: 5e6,
        windows: { publish: [], consume: [] },
        histograms: { response: null, publish: null },
        rss: [
          [5e6, 2 ** 20],
          [6e6, rssBytes],
        ],
      },
    ],
  };
}

test("figures stand target beside target with their notes, stages beneath one another, memory as a line", () => {
  const results = [stagedResult("reference", 64 * 2 ** 20), stagedResult("kafka", 256 * 2 ** 20)];
  for (const result of results) assert.deepEqual(resultFile.parse(result), result);
  const { sections } = buildReportModel(results, "brokermark report");
  const section = sections.find(({ tables }) => tables.some(({ caption }) => caption === "Stage by stage"))!;
  const figures = section.tables.find(({ caption }) => caption === "Figures of this scenario")!;
  const [peak, hits] = figures.groups[0]!.rows;
  assert.deepEqual(
    peak!.map(({ text }) => text),
    ["RSS peak, bytes", "64.0 Mi", "256 Mi"],
  );
  assert.match(hits![1]!.title!, /told by no target/);
  const stages = section.tables.find(({ caption }) => caption === "Stage by stage")!;
  assert.deepEqual(
    stages.groups[0]!.rows.map((row) => row.map(({ text }) => text)),
    [
      ["reference", "grow (1)", "2.00", "10,000", "5,000", "–", "–", "–", "–", "1.00", "64.0", "64.0"],
      ["kafka", "grow (1)", "2.00", "10,000", "5,000", "–", "–", "–", "–", "1.00", "256", "256"],
    ],
  );
  const memory = section.charts.find(({ caption }) => caption === "Memory over time")!;
  assert.deepEqual(
    memory.series.map(({ name, points }) => [name, points]),
    [
      [
        "reference",
        [
          [0, 1],
          [1, 64],
        ],
      ],
      [
        "kafka",
        [
          [0, 1],
          [1, 256],
        ],
      ],
    ],
  );
});

test("a report of steady loads has none of that", () => {
  const { sections } = buildReportModel([sampleResult()], "brokermark report");
  const captions = sections
    .flatMap(({ tables, charts }) => [...tables, ...charts])
    .map(({ caption }) => caption);
  for (const caption of ["Stage by stage", "Figures of this scenario", "Memory over time"])
    assert.ok(!captions.includes(caption), caption);
});
