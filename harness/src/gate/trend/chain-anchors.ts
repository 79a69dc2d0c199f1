/**
 * Ratios to unlike anchors made comparable. A job whose candidate is the one anchor and whose baseline is the other links the
 * two; over such links every ratio becomes one to the newest anchor.
 */
import type { TrendPoint } from "./point.ts";

export interface ChainedPoint {
  readonly point: TrendPoint;
  /** Logarithm of the ratio to the newest anchor; above 0: worse. */
  readonly value: number;
  /** With that of the links. */
  readonly standardError: number | null;
}

export interface Chained {
  /** Of the last point. */
  readonly anchor: string;
  readonly points: readonly ChainedPoint[];
  /** Anchors that nothing links to the newest one; their points are left out. */
  readonly unlinked: readonly string[];
}

/** What is to be added to a ratio to `from`. */
interface Offset {
  readonly value: number;
  readonly variance: number;
}

/** `points` of one scenario, metric and machine class, oldest first; at least one. */
export function chainAnchors(points: readonly TrendPoint[]): Chained {
  const { anchor } = points.at(-1)!;
  const offsets = offsetsTo(anchor, points);
  const chained = points.flatMap((point): ChainedPoint[] => {
    const offset = offsets.get(point.anchor);
    if (offset === undefined) return [];
    const { logRatio, standardError: own } = point;
    const standardError = own === null ? null : Math.sqrt(own ** 2 + offset.variance);
    return [{ point, value: logRatio + offset.value, standardError }];
  });
  const anchors = [...new Set(points.map((point) => point.anchor))];
  return { anchor, points: chained, unlinked: anchors.filter((name) => !offsets.has(name)) };
}

/** For each anchor that is linked, over the fewest links: the logarithm of its ratio to `newest`. */
function offsetsTo(newest: string, points: readonly TrendPoint[]): ReadonlyMap<string, Offset> {
  const anchors = new Set(points.map(({ anchor }) => anchor));
  const links = points.filter(({ commit, anchor }) => anchors.has(commit) && commit !== anchor);
  const offsets = new Map<string, Offset>([[newest, { value: 0, variance: 0 }]]);
  for (const [reached, { value, variance }] of offsets) {
    // The surest link of two anchors is the first to reach.
    for (const { commit, anchor, logRatio, standardError } of links.toSorted(bySureness)) {
      const added = variance + (standardError ?? 0) ** 2;
      if (commit === reached && !offsets.has(anchor)) {
        offsets.set(anchor, { value: value - logRatio, variance: added });
      } else if (anchor === reached && !offsets.has(commit)) {
        offsets.set(commit, { value: value + logRatio, variance: added });
      }
    }
  }
  return offsets;
}

function bySureness(one: TrendPoint, other: TrendPoint): number {
  return (one.standardError ?? Infinity) - (other.standardError ?? Infinity);
}
