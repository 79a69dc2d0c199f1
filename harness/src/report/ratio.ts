import type { ResultFile } from "../result/schema.ts";
import type { RunSet, SweepPoint } from "./group.ts";
import { type Spread, spreadOf } from "./spread.ts";

export type RatioMetric = "throughput" | "responseP99" | "cpu";

export interface RatioToReference {
  /** Target divided by reference. */
  readonly spread: Spread;
  /** Set where the two did not promise the same: both classes, target first. */
  readonly unequal: readonly [string, string] | null;
}

const METRICS: Readonly<Record<RatioMetric, (result: ResultFile) => number | null>> = {
  throughput: ({ summary }) => summary.throughput.messagesPerSecond,
  responseP99: ({ summary }) => summary.latencyUs.response?.p99 ?? null,
  cpu: ({ summary }) => summary.cost.cpuSecondsPerMillionMessages,
};

export function isReference(set: RunSet): boolean {
  return set.runs[0]!.summary.target.name === "reference";
}

/**
 * A target against the reference at the same sweep point: one ratio per repetition, since the runs of one repetition
 * were neighbours in time. Null for the reference itself, without it, or without figures. Where the results hold no
 * reference run, the ratio that each run carries is taken.
 */
export function ratioToReference(
  point: SweepPoint,
  set: RunSet,
  metric: RatioMetric,
): RatioToReference | null {
  if (isReference(set)) return null;
  const reference = referenceFor(point, set);
  if (!reference) {
    const carried = spreadOf(set.used.map(({ summary }) => summary.ratioToReference?.[metric] ?? null));
    return carried && { spread: carried, unequal: null };
  }
  const spread = spreadOf(pairedRatios(set.used, reference.used, METRICS[metric]));
  if (!spread) return null;
  const classes = [durabilityOf(set), durabilityOf(reference)] as const;
  return { spread, unequal: classes[0] === classes[1] ? null : classes };
}

/** The reference of the same durability class if there is one, else any. */
function referenceFor(point: SweepPoint, set: RunSet): RunSet | null {
  const references = point.sets.filter((other) => isReference(other) && other.used.length > 0);
  return references.find((other) => durabilityOf(other) === durabilityOf(set)) ?? references[0] ?? null;
}

export function durabilityOf(set: RunSet): string {
  return set.runs[0]!.summary.target.durability ?? "unknown";
}

/** By repetition; repetitions that only one side has are left out, unless no repetition is on both sides. */
function pairedRatios(
  targets: readonly ResultFile[],
  references: readonly ResultFile[],
  metric: (result: ResultFile) => number | null,
): readonly (number | null)[] {
  const byRepetition = new Map(references.map((result) => [result.summary.repetition, metric(result)]));
  const pairs = targets.flatMap((result) => {
    const value = metric(result);
    const base = byRepetition.get(result.summary.repetition) ?? null;
    return value === null || base === null || base === 0 ? [] : [value / base];
  });
  if (pairs.length > 0) return pairs;
  const value = spreadOf(targets.map(metric));
  const base = spreadOf(references.map(metric));
  return value && base && base.median > 0 ? [value.median / base.median] : [];
}
