/** From points to series, and where they change. Advisory: a change here fails nothing, it tells where to look. */
import type { GateMetricName } from "../metrics.ts";
import { type ChangePoint, changePoints } from "../statistics/change-points.ts";
import { holm } from "../statistics/holm.ts";
import { type ChainedPoint, chainAnchors } from "./chain-anchors.ts";
import type { TrendPoint } from "./point.ts";

export interface TrendChange {
  /** Index into `points` of the first that is other than those before. */
  readonly at: number;
  /** The change came after `good` and with `bad` at the latest. */
  readonly good: string;
  readonly bad: string;
  readonly p: number;
  /** Share by which it became worse (negative: better), of the medians before and after. */
  readonly step: number;
}

export interface TrendSeries {
  readonly scenario: string;
  readonly metric: GateMetricName;
  readonly machineClass: string;
  readonly anchor: string;
  /** Oldest first. */
  readonly points: readonly ChainedPoint[];
  readonly unlinkedAnchors: readonly string[];
  /** null: too few points to look for any. */
  readonly changes: readonly TrendChange[] | null;
}

/** Older points are drawn and not judged: what changed long ago has been dealt with. */
export const WINDOW = 60;
const MIN_SEGMENT = 5;
/** A change needs this p, and a step of this size: smaller ones nobody looks for. */
const MAX_P = 0.005;
const MIN_STEP = 0.015;
/** Chance that any of all series shows a change where there is none. */
const FAMILY_ALPHA = 0.05;
const MIN_PERMUTATIONS = 999;

/** `points` as they were appended. */
export function findTrend(points: readonly TrendPoint[]): readonly TrendSeries[] {
  const groups = [...Map.groupBy(points, seriesKey)].sort(([a], [b]) => (a < b ? -1 : 1));
  // So that the smallest p there is can survive the correction.
  const permutations = Math.max(MIN_PERMUTATIONS, Math.ceil(groups.length / FAMILY_ALPHA));
  const searched = groups.map(([key, group]) => {
    const chained = chainAnchors(group);
    const values = chained.points.slice(-WINDOW).map(({ value }) => value);
    const isLong = values.length >= 2 * MIN_SEGMENT;
    const found = isLong ? changePoints(values, optionsFor(key, permutations)) : [];
    return { ...chained, first: chained.points.length - values.length, isLong, found };
  });
  const rejected = holm(
    searched.map(({ found }) => Math.min(1, ...found.map(({ p }) => p))),
    FAMILY_ALPHA,
  );
  return searched.map(({ anchor, points: chained, unlinked, first, isLong, found }, index) => {
    const { scenario, metric, machineClass } = chained.at(-1)!.point;
    const kept = rejected[index] ? found : [];
    const changes = isLong ? kept.map((change) => describe(change, first, chained)) : null;
    return { scenario, metric, machineClass, anchor, points: chained, unlinkedAnchors: unlinked, changes };
  });
}

export function seriesKey({ scenario, metric, machineClass }: TrendPoint): string {
  return [scenario, metric, machineClass].join("\n");
}

function optionsFor(key: string, permutations: number) {
  return {
    ...{ minSegment: MIN_SEGMENT, permutations, maxP: MAX_P, seed: key },
    minStep: Math.log1p(MIN_STEP),
  };
}

function describe(
  { at, p, before, after }: ChangePoint,
  first: number,
  points: readonly ChainedPoint[],
): TrendChange {
  const index = first + at;
  return {
    ...{ at: index, p, step: Math.expm1(after - before) },
    good: points[index - 1]!.point.commit,
    bad: points[index]!.point.commit,
  };
}
