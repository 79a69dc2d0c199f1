import type { Spread } from "../compare/statistics.ts";
import { plural, range, times } from "./format.ts";
import type { ProfileGroup, RunSet, SweepPoint } from "./group.ts";
import { type RatioMetric, ratioToReference } from "./ratio.ts";
import { geometricMean } from "./spread.ts";

/** One target against the reference over every sweep point that both were measured at. */
export interface Comparison {
  readonly target: string;
  /** Target divided by reference: geometric mean of the points, or the one point's median. */
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
  readonly points: number;
  /** Of the only point; over several the spread is that of the points. */
  readonly repetitions: number;
  /** min and max are a 95 % interval of the only point's median, not the extremes. */
  readonly interval: boolean;
  readonly unequal: boolean;
}

export function comparisons(groups: readonly ProfileGroup[], metric: RatioMetric): readonly Comparison[] {
  const pairs = groups.flatMap(({ points }) =>
    points.flatMap((point) => point.sets.map((set) => ({ point, set }))),
  );
  const byTarget = Map.groupBy(pairs, ({ set }) => set.target);
  return [...byTarget].flatMap(([target, ofTarget]) => comparison(target, ofTarget, metric) ?? []);
}

function comparison(
  target: string,
  pairs: readonly { point: SweepPoint; set: RunSet }[],
  metric: RatioMetric,
): Comparison | null {
  const ratios = pairs.flatMap(({ point, set }) => ratioToReference(point, set, metric) ?? []);
  const medians = ratios.map(({ spread }) => spread.median);
  const ratio = geometricMean(medians);
  if (ratio === null) return null;
  const only: Spread | null = ratios.length === 1 ? ratios[0]!.spread : null;
  return {
    target,
    ratio,
    min: only?.interval?.low ?? only?.min ?? Math.min(...medians),
    max: only?.interval?.high ?? only?.max ?? Math.max(...medians),
    interval: only?.interval !== undefined && only.interval !== null,
    points: ratios.length,
    repetitions: only?.count ?? 0,
    unequal: ratios.some(({ unequal }) => unequal !== null),
  };
}

const REFERENCE = "the reference broker";

/** Said of whichever side has the greater figure, so that the ratio is at least 1. */
export function comparisonText(
  { target, ratio, min, max, points, repetitions, interval, unequal }: Comparison,
  say: { readonly verb: string; readonly what: string },
): string {
  const ahead = ratio > 1;
  const [factor, low, high] = ahead ? [ratio, min, max] : [1 / ratio, 1 / max, 1 / min];
  const [subject, object] = ahead ? [target, REFERENCE] : [REFERENCE, target];
  const spread = range(times(low), times(high));
  const basis =
    points > 1
      ? `geometric mean of ${plural(points, "sweep point")}, ${spread}`
      : repetitions > 1
        ? `${interval ? "95 % interval " : ""}${spread} over ${plural(repetitions, "repetition")}`
        : "one repetition, spread unknown";
  const terms = unequal ? "; durability classes differ" : "";
  return `${subject} ${say.verb} ${times(factor)} ${say.what} of ${object} (${basis}${terms})`;
}
