import assert from "node:assert/strict";
import { test } from "node:test";
import type { LoadWindow } from "../../../src/load/protocol.ts";
import { LatencyHistogram } from "../../../src/measure/histogram.ts";
import { phaseDetail, phaseSummary } from "../../../src/result/schema.ts";
import { stageOf } from "../../../src/run/staged/stage.ts";

function window(atUs: number, messages: number, latencyUs: number): LoadWindow {
  const histogram = new LatencyHistogram();
  histogram.record(latencyUs, messages);
  return { atUs, durationUs: 1e6, messages, histogram: histogram.encode() };
}

const seen = {
  windows: {
    publish: [window(0, 100, 50)],
    consume: [window(1e6, 100, 500), window(2e6, 100, 700), window(3e6, 100, 9)],
  },
  rss: [
    { atUs: 0.5e6, bytes: 10 },
    { atUs: 1.5e6, bytes: 30 },
    { atUs: 2.5e6, bytes: 20 },
    { atUs: 3.5e6, bytes: 5 },
  ],
};

test("a stage has what lies in it: its windows, their latencies, the memory", () => {
  const { summary, detail } = stageOf({ name: "drain", fromUs: 1e6, toUs: 3e6, messages: 200 }, seen);
  assert.deepEqual(phaseSummary.parse(summary), summary);
  assert.deepEqual(phaseDetail.parse(detail), detail);
  assert.deepEqual([summary.durationMs, summary.messagesPerSecond], [2_000, 100]);
  assert.equal(summary.latencyUs.response?.count, 200);
  assert.ok(summary.latencyUs.response!.min! >= 500);
  assert.equal(summary.latencyUs.publish, null);
  assert.deepEqual(summary.rss, { beginBytes: 30, peakBytes: 30, endBytes: 20 });
  assert.deepEqual(detail.rss, [
    [1.5e6, 30],
    [2.5e6, 20],
  ]);
  assert.deepEqual(
    detail.windows.consume.map((each) => (each as LoadWindow).atUs),
    [1e6, 2e6],
  );
});

test("a stage in which nothing was seen has no figures rather than 0", () => {
  const { summary } = stageOf({ name: "stop", fromUs: 9e6, toUs: 9e6, messages: null }, seen);
  assert.deepEqual(summary.latencyUs, { response: null, publish: null });
  assert.deepEqual(summary.rss, { beginBytes: null, peakBytes: null, endBytes: null });
  assert.deepEqual([summary.messages, summary.messagesPerSecond], [null, null]);
});
