import { HarnessError } from "../errors.ts";
import { LatencyHistogram } from "../measure/histogram.ts";
import type { LatencySummary, ResultFile } from "../result/schema.ts";
import { PERCENTILES } from "../result/schema.ts";
import { spreadOfMeasured } from "./spread.ts";

export type LatencyKind = keyof ResultFile["histograms"];

/** A percentile with fewer samples above it says more about chance than about the broker. */
const MIN_SAMPLES_ABOVE = 10;

/** 0, 5 … 90, 90.5 … 99, 99.05 …: 18 round percentiles for every further nine. */
const SPECTRUM: readonly number[] = Array.from({ length: 7 * 18 }, (_, step) => {
  const nines = Math.floor(step / 18);
  return Number((100 - (10 - (step % 18) * 0.5) * 10 ** (1 - nines)).toFixed(nines + 2));
});

/**
 * Percentiles of all samples of some runs together, in milliseconds: [percentile, latency].
 * Ends where fewer than ten samples lie above. Throws HarnessError RESULT_INVALID for a histogram that does not decode.
 */
export function latencySpectrum(
  runs: readonly ResultFile[],
  kind: LatencyKind,
): readonly (readonly [number, number])[] {
  const pooled = new LatencyHistogram();
  for (const run of runs) {
    const encoded = run.histograms[kind];
    if (encoded !== null) pooled.add(decode(encoded, kind));
  }
  const samples = pooled.count;
  return SPECTRUM.filter((percentile) => samples * (1 - percentile / 100) >= MIN_SAMPLES_ABOVE).map(
    (percentile) => [percentile, pooled.percentile(percentile) / 1000],
  );
}

function decode(encoded: string, kind: LatencyKind): LatencyHistogram {
  try {
    return LatencyHistogram.decode(encoded);
  } catch (cause) {
    throw new HarnessError("RESULT_INVALID", `the ${kind} histogram of a result does not decode`, { cause });
  }
}

/**
 * Percentiles of some repetitions in one row: the median repetition of each percentile, the least minimum, the
 * greatest maximum, all samples. A percentile that any repetition was too short for is null.
 */
export function latencyOfRepetitions(runs: readonly ResultFile[], kind: LatencyKind): LatencySummary | null {
  const summaries = runs.map(({ summary }) => summary.latencyUs[kind]).filter((summary) => summary !== null);
  if (summaries.length === 0) return null;
  const middle = (name: (typeof PERCENTILES)[number]): number | null => {
    const values = summaries.map((summary) => summary[name]);
    return values.includes(null) ? null : (spreadOfMeasured(values)?.median ?? null);
  };
  const percentiles = Object.fromEntries(PERCENTILES.map((name) => [name, middle(name)]));
  return {
    count: summaries.reduce((sum, { count }) => sum + count, 0),
    min: spreadOfMeasured(summaries.map(({ min }) => min))?.min ?? null,
    max: spreadOfMeasured(summaries.map(({ max }) => max))?.max ?? null,
    ...(percentiles as Pick<LatencySummary, (typeof PERCENTILES)[number]>),
  };
}
