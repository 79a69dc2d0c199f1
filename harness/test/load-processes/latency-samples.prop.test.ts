import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LatencySamples } from "../../src/load-processes/latency-samples.ts";
import { LatencyHistogram } from "../../src/measure/histogram.ts";

const FEW = { p50: 1, p90: 1, p99: 1, p99_9: 1 };

test("percentiles of any stretch are those of its sorted samples, by nearest rank", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 2000 }),
      fc.nat(),
      (latencies, seed) => {
        const first = seed % latencies.length;
        const samples = new LatencySamples();
        for (const latency of latencies) samples.record(latency);
        const sorted = latencies.slice(first).sort((a, b) => a - b);
        const rank = (share: number) => sorted[Math.ceil(Math.round(share * 1e4 * sorted.length) / 1e4) - 1]!;
        const found = samples.percentiles(first, FEW);
        assert.equal(found.p50, Math.round(rank(0.5) * 10) / 10);
        assert.equal(found.p90, Math.round(rank(0.9) * 10) / 10);
        assert.equal(found.p99_9, Math.round(rank(0.999) * 10) / 10);
      },
    ),
    { verbose: 1 },
  );
});

test("too few samples give none, and samples that are cleared are gone", () => {
  const samples = new LatencySamples();
  assert.equal(samples.histogram(), null);
  assert.deepEqual(samples.percentiles(0, FEW), { p50: null, p90: null, p99: null, p99_9: null });
  for (let index = 0; index < 200_000; index++) samples.record(index);
  assert.deepEqual(samples.percentiles(100_000, { p50: 100_000, p90: 100_001, p99: 1, p99_9: 1 }), {
    p50: 149_999,
    p90: null,
    p99: 198_999,
    p99_9: 199_899,
  });
  assert.equal(LatencyHistogram.decode(samples.histogram() ?? "").count, 200_000);
  samples.clear();
  samples.reserve(1_000_000);
  assert.equal(samples.count, 0);
});
