import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RateWindows, warmupBounds } from "../../src/run/warmup-bounds.ts";

const phases = { minMs: 1_000, maxMs: 20_000, windowMs: 1_000 };

describe("how long a target is warmed", () => {
  test("a JVM at least 30 s, also where the plan would end sooner", () => {
    assert.deepEqual(warmupBounds(phases, "jvm", false), {
      leastMs: 30_000,
      mostMs: 30_000,
      windowMs: 1_000,
    });
    const longer = { ...phases, minMs: 45_000, maxMs: 90_000 };
    assert.deepEqual(warmupBounds(longer, "jvm", false), {
      leastMs: 45_000,
      mostMs: 90_000,
      windowMs: 1_000,
    });
  });

  test("the BEAM at least 10 s, also where the plan would end sooner", () => {
    assert.equal(warmupBounds(phases, "beam", false)?.leastMs, 10_000);
    assert.equal(warmupBounds({ ...phases, maxMs: 5_000 }, "beam", false)?.mostMs, 10_000);
  });

  test("Node at least 3 s, but within the plan's maximum", () => {
    assert.equal(warmupBounds(phases, "node", false)?.leastMs, 3_000);
    assert.deepEqual(warmupBounds({ ...phases, maxMs: 1_500 }, "node", false), {
      leastMs: 1_500,
      mostMs: 1_500,
      windowMs: 1_000,
    });
  });

  test("what does not compile, as the plan says", () => {
    assert.equal(warmupBounds(phases, "none", false)?.leastMs, 1_000);
  });

  test("briefly when it is warm, a JVM too", () => {
    assert.deepEqual(warmupBounds(phases, "jvm", true), { leastMs: 2_000, mostMs: 15_000, windowMs: 1_000 });
  });

  test("not at all when the plan says so", () => {
    assert.equal(warmupBounds({ ...phases, maxMs: 0 }, "jvm", false), null);
  });
});

describe("rate windows", () => {
  const feed = (windows: RateWindows, fromMs: number, toMs: number, perSecond: number) => {
    for (let atMs = fromMs; atMs <= toMs; atMs += 250) {
      windows.add({ atUs: atMs * 1000, messages: ((atMs - fromMs) / 1000) * perSecond });
    }
  };

  test("settle on the third of three that agree", () => {
    const windows = new RateWindows(1_000);
    feed(windows, 0, 2_750, 400);
    assert.equal(windows.settled(1), false);
    windows.add({ atUs: 3_000_000, messages: 1_200 });
    assert.deepEqual(windows.rates, [400, 400, 400]);
    assert.equal(windows.settled(1), true);
  });

  test("are over the time they really took", () => {
    const windows = new RateWindows(1_000);
    windows.add({ atUs: 0, messages: 0 });
    windows.add({ atUs: 900_000, messages: 90 });
    windows.add({ atUs: 1_200_000, messages: 120 });
    assert.deepEqual(windows.rates, [100]);
  });

  test("leave out the gap between two topics", () => {
    const windows = new RateWindows(1_000);
    feed(windows, 0, 1_500, 100);
    windows.interrupt();
    feed(windows, 9_000, 10_000, 100);
    assert.deepEqual(windows.rates, [100, 100]);
  });
});
