import assert from "node:assert/strict";
import { test } from "node:test";
import { HarnessError } from "../../src/errors.ts";
import { LatencyHistogram } from "../../src/measure/histogram.ts";
import { latencyOfRepetitions, latencySpectrum } from "../../src/report/latency.ts";
import { sampleResult } from "./sample-results.ts";

function resultWith(values: readonly number[]) {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  const result = sampleResult();
  return {
    ...result,
    histograms: { ...result.histograms, publish: histogram.encode() },
    summary: { ...result.summary, latencyUs: { ...result.summary.latencyUs, publish: histogram.summary() } },
  };
}

const upTo = (count: number, step: number) => Array.from({ length: count }, (_, index) => (index + 1) * step);

test("the spectrum pools the repetitions and gives the percentiles of all samples", () => {
  const spectrum = new Map(
    latencySpectrum([resultWith(upTo(1000, 1)), resultWith(upTo(1000, 1001))], "publish"),
  );
  assert.equal(spectrum.get(25), 0.5);
  assert.ok(spectrum.get(90)! > 700);
});

test("the spectrum ends where fewer than ten samples lie above", () => {
  const last = (samples: number) => latencySpectrum([resultWith(upTo(samples, 1))], "publish").at(-1)?.[0];
  assert.equal(last(1000), 99);
  assert.equal(last(20), 50);
  assert.equal(last(9), undefined);
});

test("no histogram gives no spectrum, a broken one is an error with a code", () => {
  const result = sampleResult({ medianUs: null });
  assert.deepEqual(latencySpectrum([result], "publish"), []);
  const broken = { ...result, histograms: { ...result.histograms, publish: "AAAA" } };
  assert.throws(
    () => latencySpectrum([broken], "publish"),
    (error) => error instanceof HarnessError && error.code === "RESULT_INVALID",
  );
});

test("repetitions: median of each percentile, extremes of the extremes, all samples", () => {
  const runs = [resultWith(upTo(1000, 1)), resultWith(upTo(1000, 2)), resultWith(upTo(1000, 3))];
  const summary = latencyOfRepetitions(runs, "publish")!;
  assert.deepEqual(
    [summary.count, summary.min, summary.p50, summary.max],
    [3000, 1, 1000, runs[2]!.summary.latencyUs.publish!.max],
  );
  assert.equal(summary.p99_9, null);
  assert.equal(latencyOfRepetitions(runs, "response"), null);
});

test("a percentile that one repetition was too short for is not told", () => {
  const summary = latencyOfRepetitions([resultWith(upTo(1000, 1)), resultWith(upTo(50, 1))], "publish")!;
  assert.equal(summary.p99, null);
  assert.notEqual(summary.p75, null);
});
