import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LogEndTracker } from "../../src/run/log-end.ts";

const ends = (...offsets: number[]) => new Map(offsets.map((offset, partition) => [partition, offset]));

describe("the log end", () => {
  test("covers the load when every partition does, at the time of that answer", () => {
    const tracker = new LogEndTracker({ 0: 100, 1: 50 }, 0);
    assert.equal(tracker.observe(ends(100, 20), 1_000), null);
    assert.deepEqual(tracker.observe(ends(100, 50), 2_000), {
      coveredUs: 2_000,
      lastAdvanceUs: 2_000,
      messages: 150,
    });
  });

  test("of one partition ahead does not make up for another behind", () => {
    const tracker = new LogEndTracker({ 0: 100, 1: 50 }, 0);
    assert.equal(tracker.observe(ends(200, 49), 1_000), null);
  });

  test("is waited for as long as publishers may still confirm", () => {
    const tracker = new LogEndTracker({ 0: 10 }, 0);
    assert.equal(tracker.observe(ends(9), 1_000), null);
    assert.equal(tracker.observe(ends(9), 600e6), null);
  });

  test("is given up five seconds after it last moved, and says when that was", () => {
    const tracker = new LogEndTracker({ 0: 10 }, 0);
    tracker.publishersDone(500);
    assert.equal(tracker.observe(ends(9), 1_000_000), null);
    assert.equal(tracker.observe(ends(9), 6_000_000), null);
    assert.deepEqual(tracker.observe(ends(9), 6_000_001), {
      coveredUs: null,
      lastAdvanceUs: 1_000_000,
      messages: 9,
    });
  });
});
