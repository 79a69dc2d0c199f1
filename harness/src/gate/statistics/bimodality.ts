export interface Modes {
  readonly low: number;
  readonly high: number;
  /** Distance of the two means in units of the spread around them (Ashman, Bird and Zepf 1994, eq. 1). */
  readonly separation: number;
}

/**
 * The split of sorted values into two groups of at least `smallest` that leaves least variance within them (what 2-means
 * would find, exactly, as one dimension allows), and how far apart they lie. null for too few values.
 *
 * Preferred to the dip test, which has no power at the 10 to 30 values of a job. One normal mode splits into halves
 * 2.65 spreads apart, a uniform one into 3.5; the tests hold the rates at which samples of one mode pass a threshold.
 */
export function twoModes(values: readonly number[], smallest: number): Modes | null {
  const sorted = Float64Array.from(values).sort();
  const whole = sumsOf(sorted, 0, sorted.length);
  let below = sumsOf(sorted, 0, smallest);
  let best: { below: Sums; within: number } | null = null;
  for (let at = smallest; at <= sorted.length - smallest; at++) {
    if (at > smallest) below = add(below, sumsOf(sorted, at - 1, at));
    const within = scatter(below) + scatter(subtract(whole, below));
    if (best === null || within < best.within) best = { below, within };
  }
  if (best === null) return null;
  const [left, right] = [best.below, subtract(whole, best.below)];
  const [low, high] = [left.sum / left.count, right.sum / right.count];
  const spread = Math.sqrt((scatter(left) / (left.count - 1) + scatter(right) / (right.count - 1)) / 2);
  return { low, high, separation: high === low ? 0 : (high - low) / spread };
}

interface Sums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

function sumsOf(values: Float64Array, from: number, to: number): Sums {
  let [sum, squares] = [0, 0];
  for (let index = from; index < to; index++) {
    sum += values[index]!;
    squares += values[index]! ** 2;
  }
  return { count: to - from, sum, squares };
}

function add(a: Sums, b: Sums): Sums {
  return { count: a.count + b.count, sum: a.sum + b.sum, squares: a.squares + b.squares };
}

function subtract(a: Sums, b: Sums): Sums {
  return { count: a.count - b.count, sum: a.sum - b.sum, squares: a.squares - b.squares };
}

/** Sum of squared distances from the mean; log-ratios lie near 0, so little is lost by cancellation. */
function scatter({ count, sum, squares }: Sums): number {
  return Math.max(0, squares - sum ** 2 / count);
}
