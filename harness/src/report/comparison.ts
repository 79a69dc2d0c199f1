import { plural, times } from "./format.ts";
import type { ProfileGroup, RunSet, SweepPoint } from "./group.ts";
import { isReference, type RatioMetric, ratioToReference } from "./ratio.ts";
import { geometricMean, type Spread } from "./spread.ts";

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
    min: only?.min ?? Math.min(...medians),
    max: only?.max ?? Math.max(...medians),
    points: ratios.length,
    repetitions: only?.count ?? 0,
    unequal: ratios.some(({ unequal }) => unequal !== null),
  };
}

/** Said of whichever side has the greater figure, so that the ratio is at least 1. */
export function comparisonText(
  { target, ratio, min, max, points, repetitions, unequal }: Comparison,
  say: { readonly reference: string; readonly verb: string; readonly what: string },
): string {
  const ahead = ratio > 1;
  const [factor, low, high] = ahead ? [ratio, min, max] : [1 / ratio, 1 / max, 1 / min];
  const [subject, object] = ahead ? [target, say.reference] : [say.reference, target];
  const range = `${times(low)} to ${times(high)}`;
  const spread =
    points > 1
      ? `geometric mean of ${plural(points, "sweep point")}, ${range}`
      : repetitions > 1
        ? `${range} over ${plural(repetitions, "repetition")}`
        : "one repetition, spread unknown";
  const terms = unequal ? "; durability classes differ" : "";
  return `${subject} ${say.verb} ${times(factor)} ${say.what} of ${object} (${spread}${terms})`;
}

/** What the reference is called in these results. */
export function referenceName(groups: readonly ProfileGroup[]): string {
  const sets = groups.flatMap(({ points }) => points.flatMap((point) => point.sets));
  const names = new Set(sets.filter(isReference).map(({ target }) => target));
  return names.size === 1 ? [...names][0]! : "reference";
}
