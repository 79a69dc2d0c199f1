import assert from "node:assert/strict";
import { test } from "node:test";
import { LatencyHistogram } from "../../src/measure/histogram.ts";

test("nothing recorded: every figure is null", () => {
  assert.deepEqual(new LatencyHistogram().summary(), {
    count: 0,
    min: null,
    p50: null,
    p75: null,
    p90: null,
    p95: null,
    p99: null,
    p99_9: null,
    p99_99: null,
    max: null,
  });
});

const FIRST_COUNTS = [
  ["p50", 20],
  ["p75", 40],
  ["p90", 100],
  ["p95", 200],
  ["p99", 1000],
  ["p99_9", 10_000],
  ["p99_99", 100_000],
] as const;

for (const [percentile, count] of FIRST_COUNTS) {
  test(`${percentile} is told from ${count} samples on, when ten lie above it`, () => {
    const histogram = new LatencyHistogram();
    histogram.record(250, count - 1);
    assert.equal(histogram.summary()[percentile], null);
    assert.equal(histogram.summary().min, 250);
    assert.equal(histogram.summary().max, 250);
    histogram.record(250);
    assert.equal(histogram.summary()[percentile], 250);
  });
}

test("percentiles of 1 to 1000 µs are exact within three digits", () => {
  const histogram = new LatencyHistogram();
  for (let us = 1; us <= 1000; us++) histogram.record(us);
  const { min, p50, p75, p90, p95, p99, p99_9, max } = histogram.summary();
  assert.deepEqual(
    { min, p50, p75, p90, p95, p99, p99_9, max },
    { min: 1, p50: 500, p75: 750, p90: 900, p95: 950, p99: 990, p99_9: null, max: 1000 },
  );
});

test("an hour is neither clamped nor dropped; less than nothing counts as 0", () => {
  const histogram = new LatencyHistogram();
  histogram.record(3_600_000_000);
  histogram.record(-0.4);
  const { count, min, max } = histogram.summary();
  assert.equal(count, 2);
  assert.equal(min, 0);
  assert.ok(max !== null && Math.abs(max / 3_600_000_000 - 1) < 0.001, `${max}`);
});

test("survives encoding, and adds up", () => {
  const first = new LatencyHistogram();
  first.record(100, 5_000_000_000);
  const second = new LatencyHistogram();
  second.record(70_000, 20);
  const merged = LatencyHistogram.decode(first.encode());
  merged.add(LatencyHistogram.decode(second.encode()));
  const { count, min, max } = merged.summary();
  assert.equal(count, 5_000_000_020);
  assert.equal(min, 100);
  assert.ok(max !== null && Math.abs(max / 70_000 - 1) < 0.001, `${max}`);
});

test("what is no histogram is refused", () => {
  assert.throws(() => LatencyHistogram.decode("bm90IGEgaGlzdG9ncmFt"));
});
