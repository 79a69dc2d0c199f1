/**
 * Is a broker after hours what it was? Memory and the event loop's delay must not rise over the second half of the time,
 * beyond a tolerance that is stated; descriptors must be as many, when all clients have left, as before they came; and no
 * message may be lost or spoilt. Pure.
 */
import { medianOf, theilSen } from "../../measure/trend.ts";
import type { IntegrityCounts } from "../integrity-verdict.ts";

/** One look at the broker. */
export interface SoakSample {
  /** Milliseconds from the start of the load. */
  readonly atMs: number;
  readonly rssBytes: number | null;
  readonly heapUsedBytes: number | null;
  readonly descriptors: number | null;
  /** p99 since the sample before, as the broker tells it, microseconds. */
  readonly loopDelayP99Us: number | null;
  /** p90 of how long requests for its health took since then, seen from outside, microseconds. */
  readonly probeP90Us: number | null;
}

export interface Tolerance {
  /** Rise over the second half as a share of its median. */
  readonly share: number;
  /** And at least this much, in the unit of the value. */
  readonly floor: number;
}

/** Allocators and the collector move memory in steps of megabytes; delays hold the collections, and whoever else uses the cores. */
export const TOLERANCES = {
  rssBytes: { share: 0.1, floor: 16 * 1024 ** 2 },
  loopDelayP99Us: { share: 0.5, floor: 10_000 },
  probeP90Us: { share: 0.5, floor: 10_000 },
} as const satisfies Partial<Record<keyof SoakSample, Tolerance>>;

export type Trended = keyof typeof TOLERANCES;

export type Steadiness = "steady" | "rising" | "undecided";

export interface TrendVerdict {
  readonly of: Trended;
  readonly verdict: Steadiness;
  readonly median: number;
  /** Rise over the second half, in the unit of the value: likeliest, and the ends of its 95 % interval. */
  readonly rise: number;
  readonly low: number;
  readonly high: number;
  readonly tolerance: number;
}

/** Rising: all of the interval lies above the tolerance. Steady: none of it does. null: too few samples to tell. */
export function judgeTrend(of: Trended, samples: readonly SoakSample[]): TrendVerdict | null {
  const lastMs = samples.at(-1)?.atMs ?? 0;
  const half = samples.filter(({ atMs }) => atMs >= lastMs / 2);
  const points = half.flatMap((sample) => {
    const value = sample[of];
    return value === null ? [] : [{ at: sample.atMs, value }];
  });
  const trend = theilSen(points);
  if (trend === null) return null;
  const spanMs = points.at(-1)!.at - points[0]!.at;
  const median = medianOf(points.map(({ value }) => value));
  const { share, floor } = TOLERANCES[of];
  const tolerance = Math.max(share * median, floor);
  const [low, high] = [trend.low * spanMs, trend.high * spanMs];
  const verdict = low > tolerance ? "rising" : high <= tolerance ? "steady" : "undecided";
  return { of, verdict, median, rise: trend.slope * spanMs, low, high, tolerance };
}

export interface SoakFindings {
  readonly samples: readonly SoakSample[];
  readonly counts: IntegrityCounts;
  /** Errors that publishers were answered, with how often. */
  readonly errors: Readonly<Record<string, number>>;
  /** When all clients had left: before the load and after it. */
  readonly descriptors: { readonly before: number | null; readonly after: number | null };
}

export type SoakOutcome = "passed" | "failed" | "inconclusive" | "integrity";

export interface SoakVerdict {
  readonly outcome: SoakOutcome;
  readonly trends: readonly TrendVerdict[];
  /** One sentence with its figures for each thing that is wrong or could not be told. */
  readonly reasons: readonly string[];
}

export function judgeSoak(findings: SoakFindings): SoakVerdict {
  const { samples, counts, descriptors } = findings;
  const names = Object.keys(TOLERANCES) as Trended[];
  const judged = names.map((name) => judgeTrend(name, samples));
  const trends = judged.filter((trend) => trend !== null);
  const spoilt = (["lost", "duplicated", "reordered", "corrupted", "foreign"] as const).filter(
    (kind) => counts[kind] > 0,
  );
  const lost = spoilt.map((kind) => `${counts[kind]} messages ${kind}`);
  const rising = trends.filter(({ verdict }) => verdict === "rising").map((trend) => riseText(trend, "rose"));
  const failed = [...rising, ...leakedDescriptors(descriptors), ...refusals(findings)];
  const open = trends.filter(({ verdict }) => verdict === "undecided").map(undecidedText);
  if (!trends.some(({ of }) => of === "rssBytes")) open.push("too few samples of memory to tell a trend");
  if (counts.delivered === 0) open.push("nothing was delivered");
  const outcome =
    lost.length > 0
      ? "integrity"
      : failed.length > 0
        ? "failed"
        : open.length > 0
          ? "inconclusive"
          : "passed";
  return { outcome, trends, reasons: [...lost, ...failed, ...open] };
}

function leakedDescriptors({ before, after }: SoakFindings["descriptors"]): string[] {
  if (before === null || after === null || after <= before) return [];
  return [`${after - before} descriptors more than before the load, when all clients had left: ${after}`];
}

function refusals({ errors }: SoakFindings): string[] {
  return Object.entries(errors).map(([error, count]) => `publishers were answered ${count} x ${error}`);
}

const NAMES: Readonly<Record<Trended, string>> = {
  rssBytes: "resident memory",
  loopDelayP99Us: "event-loop delay p99",
  probeP90Us: "answer to health requests p90",
};

function riseText({ of, rise, low, high, tolerance }: TrendVerdict, verb: string): string {
  const text = (value: number) => amount(of, value);
  return `${NAMES[of]} ${verb} by ${text(rise)} over the second half (95 %: ${text(low)} to ${text(high)}; tolerated ${text(tolerance)})`;
}

function undecidedText(trend: TrendVerdict): string {
  return `${riseText(trend, "may have risen")}: run longer`;
}

export function amount(of: Trended, value: number): string {
  return of === "rssBytes" ? `${(value / 1024 ** 2).toFixed(1)} MiB` : `${(value / 1e3).toFixed(1)} ms`;
}
