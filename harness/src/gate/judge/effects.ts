import type { Block, RoundLine, SideName } from "../evidence.ts";
import { GATE_METRICS, type GateMetric, type GateMetricName } from "../metrics.ts";
import { mean, median } from "../statistics/moments.ts";
import { roundValue, sliceValue } from "./measured-values.ts";

/** What one round says of a metric. */
export interface RoundEffect {
  /** Number of the round (`RoundLine.round`). */
  readonly round: number;
  /** Natural logarithm of the ratio of the sides; above 0: the side compared with the baseline is worse. */
  readonly effect: number;
  /** Medians of the round in the metric's unit. */
  readonly baseline: number;
  readonly candidate: number;
  /** The two differ by nothing, or by less than the metric's floor. */
  readonly alike: boolean;
}

type EffectOfSides = Omit<RoundEffect, "round">;

/**
 * One effect for each round in which the metric was measured. Every choice in it treats both sides alike, so that swapping
 * them negates it exactly: that is what makes the coin's guarantee hold.
 */
export function effectsOf(
  rounds: readonly RoundLine[],
  metric: GateMetricName,
  against: SideName = "candidate",
): RoundEffect[] {
  return rounds.flatMap((line) => {
    const effect = effectOf(line, metric, against);
    return effect === null ? [] : [{ round: line.round, ...effect }];
  });
}

function effectOf(round: RoundLine, metric: GateMetricName, against: SideName): EffectOfSides | null {
  const { from } = GATE_METRICS[metric];
  return (
    (from === "slices" ? effectOfBlocks(round.blocks, metric, against) : null) ??
    effectOfRound(round, metric, against)
  );
}

interface BlockPair {
  readonly baseline: number;
  readonly candidate: number;
  readonly difference: number;
}

/** Median of the blocks' log-ratios: half of the blocks may be spoilt. null where fewer than half of them are measured. */
function effectOfBlocks(
  blocks: readonly Block[],
  metric: GateMetricName,
  against: SideName,
): EffectOfSides | null {
  const pairs = blocks.flatMap((block) => pairOf(block, metric, against) ?? []);
  if (pairs.length === 0 || 2 * pairs.length < blocks.length) return null;
  return roundEffect(
    metric,
    median(pairs.map(({ difference }) => difference)),
    median(pairs.map(({ baseline }) => baseline)),
    median(pairs.map(({ candidate }) => candidate)),
  );
}

/** Means of logarithms over both turns of a side, in which a linear drift cancels. null unless all its turns are measured. */
function pairOf(block: Block, metric: GateMetricName, against: SideName): BlockPair | null {
  const logOf = (side: SideName) => {
    const values = block.slices
      .filter((slice) => slice.side === side)
      .map((slice) => sliceValue(slice, metric))
      .map((value) => logarithm(value, GATE_METRICS[metric]));
    const known = values.filter((value) => value !== null);
    return known.length === 0 || known.length < values.length ? null : mean(known);
  };
  const [baseline, candidate] = [logOf("baseline"), logOf(against)];
  if (baseline === null || candidate === null) return null;
  return {
    baseline: Math.exp(baseline),
    candidate: Math.exp(candidate),
    difference: candidate - baseline,
  };
}

function effectOfRound(round: RoundLine, metric: GateMetricName, against: SideName): EffectOfSides | null {
  const figureOf = (name: SideName) => {
    const side = round.sides[name];
    return side === undefined ? null : roundValue(side, metric);
  };
  const [baseline, candidate] = [figureOf("baseline"), figureOf(against)];
  const [from, to] = [logarithm(baseline, GATE_METRICS[metric]), logarithm(candidate, GATE_METRICS[metric])];
  if (baseline === null || candidate === null || from === null || to === null) return null;
  return roundEffect(metric, to - from, baseline, candidate);
}

function roundEffect(
  metric: GateMetricName,
  difference: number,
  baseline: number,
  candidate: number,
): EffectOfSides {
  const { direction, floor } = GATE_METRICS[metric];
  const alike = difference === 0 || Math.abs(candidate - baseline) < floor;
  return { effect: difference === 0 ? 0 : direction * difference, baseline, candidate, alike };
}

/** Of nothing used there is no logarithm; where a floor names what counts as nothing, that stands for it. */
function logarithm(value: number | null, { floor }: GateMetric): number | null {
  if (value === null) return null;
  if (value > 0) return Math.log(value);
  return floor > 0 ? Math.log(floor) : null;
}
