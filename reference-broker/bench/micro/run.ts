/** Runs benchmarks one after the other, each in its own process. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Benchmark } from "./benchmark.ts";
import type { ProcessResult } from "./benchmark-process.ts";
import type { Claim } from "./claims.ts";
import type { Measurement, Sampling } from "./measure.ts";
import { loadSuite, type SuiteName, SUITES } from "./suites.ts";

export interface MicroOptions {
  readonly sampling: Sampling;
  /** Only benchmarks whose name contains this; "": all. */
  readonly only: string;
  readonly say: (text: string) => void;
}

export interface Measured extends Measurement {
  readonly claim: Claim | null;
  /** Of the calibration loop: the machine was as fast after as before, or was not. */
  readonly calibrationNs: readonly [before: number, after: number];
}

export interface SuiteResult {
  readonly suite: SuiteName;
  readonly measurements: readonly Measured[];
}

const FULL: Sampling = { samples: 9, sampleMs: 100, warmupMs: 800 };
const QUICK: Sampling = { samples: 9, sampleMs: 15, warmupMs: 100 };

export function samplingFor(isQuick: boolean): Sampling {
  return isQuick ? QUICK : FULL;
}

export async function runSuites({ sampling, only, say }: MicroOptions): Promise<SuiteResult[]> {
  const wanted: { readonly suite: SuiteName; readonly benchmarks: readonly Benchmark[] }[] = [];
  for (const suite of Object.keys(SUITES) as SuiteName[]) {
    const benchmarks = (await loadSuite(suite)).benchmarks.filter(({ name }) => name.includes(only));
    if (benchmarks.length > 0) wanted.push({ suite, benchmarks });
  }
  const total = wanted.reduce((sum, { benchmarks }) => sum + benchmarks.length, 0);
  const results: SuiteResult[] = [];
  let done = 0;
  for (const { suite, benchmarks } of wanted) {
    const measurements: Measured[] = [];
    for (const benchmark of benchmarks) {
      say(`${++done}/${total} ${benchmark.name}`);
      measurements.push(await runAlone(suite, benchmark, sampling));
    }
    results.push({ suite, measurements });
  }
  return results;
}

async function runAlone(suite: SuiteName, { name, claim }: Benchmark, sampling: Sampling): Promise<Measured> {
  const script = fileURLToPath(new URL("benchmark-process.ts", import.meta.url));
  // Maglev draws a benchmark's loop into the function around it, where it is never compiled further: a call for each insert.
  const args = ["--no-maglev", script, suite, name, JSON.stringify(sampling)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { measurement, calibrationNs } = JSON.parse(stdout) as ProcessResult;
  return { ...measurement, calibrationNs, claim: claim ?? null };
}
