import { median } from "./moments.ts";
import { type Uniform, seededUniform, shuffle } from "./seeded-generator.ts";
import { spearman } from "./spearman.ts";

export interface ChangePointOptions {
  /** Fewest values on either side of a change. */
  readonly minSegment: number;
  readonly permutations: number;
  /** A change needs a permutation p-value of at most this. */
  readonly maxP: number;
  /** Steps between medians smaller than this, in the values' unit, are no changes. */
  readonly minStep: number;
  readonly seed: string;
}

export interface ChangePoint {
  /** Index of the first value after the change. */
  readonly at: number;
  readonly p: number;
  /** Medians of the segments that it parts. */
  readonly before: number;
  readonly after: number;
}

/** Values of a series that follow one another more alike than this are permuted in blocks. */
const CORRELATED = 0.2;
const LONGEST_BLOCK = 5;
/** Fewer blocks have too few orders: even a step of many deviations would not be rare among them. */
const FEWEST_BLOCKS = 12;

/**
 * Where a series changes its distribution: the split with the largest energy statistic (Matteson and James, E-divisive, JASA
 * 2014), accepted by a permutation test of that maximum, then the same in both parts. Blocks are permuted
 * whole where neighbours resemble each other beyond the steps: plain permutation then finds changes in mere drift.
 * O(n^2) for each permutation. Rising by `at`.
 */
export function changePoints(values: readonly number[], options: ChangePointOptions): ChangePoint[] {
  const uniform = seededUniform(options.seed);
  const cuts: { at: number; p: number }[] = [];
  const search = (from: number, to: number) => {
    const segment = values.slice(from, to);
    if (segment.length < 2 * options.minSegment) return;
    const split = new EnergySplit(segment, options.minSegment);
    const { at } = split.best();
    const step = Math.abs(median(segment.slice(at)) - median(segment.slice(0, at)));
    if (step < options.minStep) return;
    const block = neighbourCorrelation(segment) > CORRELATED ? blockLength(segment.length) : 1;
    const p = split.permutationP(options.permutations, block, uniform);
    if (p > options.maxP) return;
    search(from, from + at);
    cuts.push({ at: from + at, p });
    search(from + at, to);
  };
  search(0, values.length);
  placeBetweenNeighbours(cuts, values, options.minSegment);
  return cuts.map(({ at, p }, index) => ({
    ...{ at, p },
    before: median(values.slice(cuts[index - 1]?.at ?? 0, at)),
    after: median(values.slice(at, cuts[index + 1]?.at ?? values.length)),
  }));
}

/** A change found while others were unknown may lie some values beside its place. */
function placeBetweenNeighbours(cuts: { at: number }[], values: readonly number[], minSegment: number): void {
  for (const [index, cut] of cuts.entries()) {
    const from = cuts[index - 1]?.at ?? 0;
    const segment = values.slice(from, cuts[index + 1]?.at ?? values.length);
    if (segment.length >= 2 * minSegment) cut.at = from + new EnergySplit(segment, minSegment).best().at;
  }
}

function blockLength(size: number): number {
  return Math.min(Math.max(Math.floor(size / FEWEST_BLOCKS), 1), LONGEST_BLOCK);
}

/** Distances between all values of a segment, and the best split of any order of them. */
export class EnergySplit {
  readonly #distances: readonly Float64Array[];
  readonly #size: number;
  readonly #minSegment: number;

  constructor(values: readonly number[], minSegment: number) {
    this.#size = values.length;
    this.#minSegment = minSegment;
    this.#distances = values.map((from) => Float64Array.from(values, (to) => Math.abs(to - from)));
  }

  best(order: readonly number[] = this.#inOrder()): { at: number; q: number } {
    const n = this.#size;
    let [left, right, between] = [0, this.#sumOfPairs(), 0];
    let best = { at: this.#minSegment, q: -Infinity };
    for (let at = 1; at < n; at++) {
      const distances = this.#distances[order[at - 1]!]!;
      let [toLeft, toRight] = [0, 0];
      for (let index = 0; index < at - 1; index++) toLeft += distances[order[index]!]!;
      for (let index = at; index < n; index++) toRight += distances[order[index]!]!;
      left += toLeft;
      right -= toRight;
      between += toRight - toLeft;
      if (at < this.#minSegment || n - at < this.#minSegment) continue;
      const q = energy(at, n - at, left, right, between);
      if (q > best.q) best = { at, q };
    }
    return best;
  }

  /** Share of shuffled orders, the one at hand among them, whose best split is as good. */
  permutationP(permutations: number, block: number, uniform: Uniform): number {
    const { q } = this.best();
    let asGood = 1;
    for (let round = 0; round < permutations; round++)
      if (this.best(this.#inBlocks(block, uniform)).q >= q) asGood += 1;
    return asGood / (permutations + 1);
  }

  #inOrder(): number[] {
    return Array.from({ length: this.#size }, (_, index) => index);
  }

  #inBlocks(block: number, uniform: Uniform): number[] {
    const order = this.#inOrder();
    const blocks = Array.from({ length: Math.ceil(this.#size / block) }, (_, index) =>
      order.slice(index * block, (index + 1) * block),
    );
    return shuffle(blocks, uniform).flat();
  }

  #sumOfPairs(): number {
    let sum = 0;
    for (const [row, distances] of this.#distances.entries())
      for (let column = row + 1; column < this.#size; column++) sum += distances[column]!;
    return sum;
  }
}

/** Scaled energy distance of two segments, from the sums of distances within and between them. */
function energy(m: number, n: number, within1: number, within2: number, between: number): number {
  const mean1 = m > 1 ? (2 * within1) / (m * (m - 1)) : 0;
  const mean2 = n > 1 ? (2 * within2) / (n * (n - 1)) : 0;
  return ((m * n) / (m + n)) * ((2 * between) / (m * n) - mean1 - mean2);
}

/**
 * Correlation of neighbours, told from consecutive differences, in which a step is one outlier among many: where differences have
 * correlation r, a first-order autoregressive series has 1 + 2 r (white noise: r = -1/2). By ranks, for the outliers' sake.
 */
function neighbourCorrelation(values: readonly number[]): number {
  const differences = values.slice(1).map((value, index) => value - values[index]!);
  const ranked = spearman(differences.slice(0, -1), differences.slice(1));
  return ranked === null ? 0 : 1 + 2 * (2 * Math.sin((Math.PI * ranked.rho) / 6));
}
