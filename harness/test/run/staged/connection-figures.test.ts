import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LatencyHistogram } from "../../../src/measure/histogram.ts";
import type { PlanOf } from "../../../src/scenario/plan.ts";
import {
  connectionFigures,
  type ConnectionReadings,
  shortcomingsOf,
} from "../../../src/run/staged/connection-figures.ts";
import { memoryPerConnection } from "../../../src/run/staged/idle-cost.ts";

const MIB = 1024 ** 2;
const reading = (rssBytes: number) => ({ rssBytes, kernel: null });

const readings: ConnectionReadings = {
  plan: {
    parameters: { connections: 1_000, openPerSecond: 5_000, ratePerSecond: 100 },
  } as PlanOf<"connections">,
  opened: { connections: 900, seconds: 0.5, latencies: new LatencyHistogram(), busiestShare: 0.2 },
  released: { lost: 0, reason: null, tookMs: 450 },
  perConnection: { rssBytes: 9_000, socketBufferBytes: 0, objectBytes: null },
  bare: 3_700,
  idleCpuBefore: 0,
  idleCpu: 0.001,
  rss: { before: reading(100 * MIB), held: reading(110 * MIB), closed: reading(105 * MIB) },
  histograms: { response: null, service: null, publish: null, scheduleLag: null },
};

const valuesOf = (seen: ConnectionReadings) =>
  Object.fromEntries(Object.entries(connectionFigures(seen)).map(([name, { value }]) => [name, value]));

describe("figures of held connections", () => {
  test("are rates over what it took, and shares of what was taken", () => {
    const values = valuesOf(readings);
    assert.equal(values.acceptRate, 1_800);
    assert.equal(values.closeRate, 2_000);
    assert.equal(values.memoryGivenBack, 0.5);
    assert.equal(values.held, 1_000);
    assert.deepEqual([values.kernelObjectsPerConnection, values.activeP99], [null, null]);
  });

  test("say what kept the accept rate from being the broker's own", () => {
    const { opened } = readings;
    const note = (change: Partial<typeof opened>) =>
      connectionFigures({ ...readings, opened: { ...opened, ...change } }).acceptRate.note;
    assert.equal(note({}), null);
    assert.match(note({ seconds: 0.18 })!, /as fast as the plan/);
    assert.match(note({ busiestShare: 0.95 })!, /was busy/);
  });

  test("of memory that did not grow tell no share given back", () => {
    const { value, note } = connectionFigures({
      ...readings,
      rss: { ...readings.rss, held: reading(101 * MIB) },
    }).memoryGivenBack;
    assert.equal(value, null);
    assert.match(note!, /too little/);
  });

  test("of a target that is no process of ours have null and the reason", () => {
    const rss = { before: null, held: null, closed: null };
    const figures = connectionFigures({ ...readings, perConnection: null, idleCpu: null, rss });
    for (const name of ["rssPerConnection", "idleCpu", "rssHeld"] as const) {
      assert.equal(figures[name].value, null);
      assert.match(figures[name].note!, /no process of ours/);
    }
  });
});

describe("a run with held connections falls short", () => {
  test("when the target has ended some, or does not keep the rate of the active", () => {
    assert.deepEqual(shortcomingsOf(readings, 100), []);
    const lost = { ...readings, released: { lost: 3, reason: "read ECONNRESET", tookMs: 1 } };
    assert.match(shortcomingsOf(lost, 100)[0]!, /ended 3 of 1000 idle connections: read ECONNRESET/);
    assert.match(shortcomingsOf(readings, 90)[0]!, /90 of 100 messages a second/);
  });
});

test("memory of a connection is the growth over them all, and noise below nothing is none", () => {
  const kernel = (objectBytes: number) => ({ socketBufferBytes: 0, objectBytes });
  const before = { rssBytes: 1_000, kernel: kernel(5_000) };
  assert.deepEqual(memoryPerConnection(before, { rssBytes: 21_000, kernel: kernel(4_000) }, 10), {
    rssBytes: 2_000,
    socketBufferBytes: 0,
    objectBytes: 0,
  });
  assert.equal(memoryPerConnection(before, { rssBytes: 2_000, kernel: null }, 10)!.objectBytes, null);
  assert.equal(memoryPerConnection(null, before, 10), null);
});
