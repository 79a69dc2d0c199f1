import type { JudgingRules } from "../evidence.ts";
import { median } from "../statistics/moments.ts";
import { seededUniform, type Uniform } from "../statistics/seeded-generator.ts";
import { decideEffects } from "./decide-effects.ts";
import { NOISE_NAMES, type NoiseName, noiseFrom } from "./noise.ts";
import { countVerdicts, type VerdictCounts } from "./rates.ts";

export interface Cell {
  readonly noise: NoiseName;
  /** Of a round's log-ratio. */
  readonly deviation: number;
  /** Share by which the candidate is truly worse in the first metric; the others are equal. */
  readonly effect: number;
  /** Gating metrics of the job. */
  readonly metrics: number;
}

export interface SimulatedCell extends Cell, VerdictCounts {
  readonly medianRounds: number;
}

const LIMIT = 0.05;

/** The cells of the published table. */
export const FULL_GRID: readonly Cell[] = grid({
  noises: NOISE_NAMES,
  deviations: [0.015, 0.03, 0.05],
  effects: [0, 0.02, 0.05, 0.1],
  metrics: [1, 8, 20],
});

/** A second's worth, for every run of the tests. */
export const SMALL_GRID: readonly Cell[] = grid({
  noises: NOISE_NAMES,
  deviations: [0.02],
  effects: [0, 0.05],
  metrics: [4],
});

function grid(axes: {
  noises: readonly NoiseName[];
  deviations: readonly number[];
  effects: readonly number[];
  metrics: readonly number[];
}): Cell[] {
  return axes.noises.flatMap((noise) =>
    axes.metrics.flatMap((metrics) =>
      axes.deviations.flatMap((deviation) =>
        axes.effects.map((effect) => ({ noise, deviation, effect, metrics })),
      ),
    ),
  );
}

/** Whole jobs over made-up noise: slots differ by it, coins say which slot the candidate has. Equal seed, equal table. */
export function simulateCell(cell: Cell, jobs: number, rules: JudgingRules, seed: string): SimulatedCell {
  const uniform = seededUniform(`${seed}/${Object.values(cell).join("/")}`);
  const decisions = Array.from({ length: jobs }, () => decideEffects(drawJob(cell, rules, uniform), rules));
  return {
    ...cell,
    ...countVerdicts(decisions.map(({ verdict }) => verdict)),
    medianRounds: median(decisions.map(({ rounds }) => rounds)),
  };
}

function drawJob({ noise, deviation, effect, metrics }: Cell, { looks }: JudgingRules, uniform: Uniform) {
  const coins = Array.from({ length: looks.at(-1)! }, () => (uniform() < 0.5 ? 1 : -1));
  return Array.from({ length: metrics }, (_, metric) => {
    const draw = noiseFrom(noise, deviation, uniform);
    const worse = metric === 0 ? Math.log1p(effect) : 0;
    return { effects: coins.map((coin) => coin * draw() + worse), limit: LIMIT };
  });
}
