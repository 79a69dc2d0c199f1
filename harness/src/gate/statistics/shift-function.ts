import { type Bucket, harrellDavis } from "./harrell-davis.ts";
import { type Uniform, uniformInteger } from "./seeded-generator.ts";

/** Both sides of a round: histograms of its parts (blocks, or one for the whole round). */
export interface RoundHistograms {
  readonly baseline: readonly (readonly Bucket[])[];
  readonly candidate: readonly (readonly Bucket[])[];
}

export interface QuantileShift {
  readonly quantile: number;
  /** Share by which the candidate's quantile is larger. */
  readonly shift: number;
  readonly interval: readonly [low: number, high: number];
}

/**
 * By how much each quantile differs, with percentile-bootstrap intervals: rounds are drawn, then parts within them, the pooled
 * histograms compared. For display only: with 6 to 15 rounds such intervals are too narrow. Quantiles without samples are left out.
 */
export function shiftFunction(
  rounds: readonly RoundHistograms[],
  quantiles: readonly number[],
  { resamples, confidence, uniform }: { resamples: number; confidence: number; uniform: Uniform },
): QuantileShift[] {
  const seen = shiftsOf(rounds, quantiles);
  const drawn = Array.from({ length: resamples }, () =>
    shiftsOf(
      rounds.map(() => drawParts(rounds[uniformInteger(uniform, rounds.length)]!, uniform)),
      quantiles,
    ),
  );
  return quantiles.flatMap((quantile, index) => {
    const shift = seen[index];
    if (shift === null || shift === undefined) return [];
    const sorted = drawn.map((shifts) => shifts[index] ?? shift).sort((a, b) => a - b);
    const cut = Math.floor(((1 - confidence) / 2) * sorted.length);
    const interval = [sorted[cut] ?? shift, sorted.at(-1 - cut) ?? shift] as const;
    return [{ quantile, shift, interval }];
  });
}

function drawParts({ baseline, candidate }: RoundHistograms, uniform: Uniform): RoundHistograms {
  const draw = <T>(parts: readonly T[]) => parts.map(() => parts[uniformInteger(uniform, parts.length)]!);
  return { baseline: draw(baseline), candidate: draw(candidate) };
}

function shiftsOf(rounds: readonly RoundHistograms[], quantiles: readonly number[]): (number | null)[] {
  const baseline = pooled(rounds.flatMap((round) => round.baseline));
  const candidate = pooled(rounds.flatMap((round) => round.candidate));
  return quantiles.map((quantile) => {
    const [from, to] = [harrellDavis(baseline, quantile), harrellDavis(candidate, quantile)];
    return from === null || to === null || from === 0 ? null : to / from - 1;
  });
}

function pooled(parts: readonly (readonly Bucket[])[]): Bucket[] {
  const counts = new Map<number, number>();
  for (const { value, count } of parts.flat()) counts.set(value, (counts.get(value) ?? 0) + count);
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => a.value - b.value);
}
