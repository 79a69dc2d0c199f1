import assert from "node:assert/strict";
import { test } from "node:test";
import { buildReportModel } from "../../src/report/build.ts";
import type { ResultFile } from "../../src/result/schema.ts";
import { sampleResult } from "./sample-results.ts";

function captions(result: ResultFile): string[] {
  const { sections } = buildReportModel([result], "brokermark report");
  return sections.flatMap(({ charts }) => charts.map(({ caption }) => caption));
}

const overTime = /over time/;

test("a run in stages shows what was published and what was delivered, a steady one in closed loop the first", () => {
  const steady = sampleResult({ target: "reference" });
  const both = { publish: steady.windows.publish, consume: steady.windows.publish };
  assert.deepEqual(
    captions({ ...steady, windows: both }).filter((caption) => overTime.test(caption)),
    ["Published over time"],
  );
  const stage = {
    name: "drain",
    durationMs: 1_000,
    messages: null,
    messagesPerSecond: null,
    latencyUs: { response: null, publish: null },
    rss: { beginBytes: null, peakBytes: null, endBytes: null },
  };
  const staged = { ...steady, windows: both, summary: { ...steady.summary, phases: [stage] } };
  assert.deepEqual(
    captions(staged).filter((caption) => overTime.test(caption)),
    ["Published over time", "Delivered over time"],
  );
});
