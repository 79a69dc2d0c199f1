/**
 * One benchmark in a process of its own: what V8 has learned from others neither helps nor hinders it. Arguments: suite,
 * benchmark, sampling as JSON. Prints one line of JSON.
 */
import { performance } from "node:perf_hooks";
import { calibrate } from "./calibration.ts";
import { type Measurement, measure, type Sampling } from "./measure.ts";
import { loadSuite, type SuiteName } from "./suites.ts";

export interface ProcessResult {
  readonly measurement: Measurement;
  /** Nanoseconds per step of the calibration loop, before and after. */
  readonly calibrationNs: readonly [before: number, after: number];
}

const nowMs = () => performance.now();
const [suiteName, name, sampling] = process.argv.slice(2) as [SuiteName, string, string];
const suite = await loadSuite(suiteName);
const benchmark = suite.benchmarks.find((candidate) => candidate.name === name)!;
const before = calibrate(nowMs).nsPerStep;
const measurement = await measure(benchmark, JSON.parse(sampling) as Sampling, nowMs);
const result: ProcessResult = { measurement, calibrationNs: [before, calibrate(nowMs).nsPerStep] };
process.stdout.write(`${JSON.stringify(result)}\n`);
