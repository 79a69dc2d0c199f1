/** What a preflight concludes from what it saw. Pure. */
import type { PlayedSlice } from "../../load/slices.ts";

/** A slice's p50 may be 20 us. */
export const MOST_CLOCK_RESOLUTION_US = 5;
/** Of a normal distribution: standard deviation by median absolute deviation, and of a median by that of its values. */
const BY_ABSOLUTE_DEVIATION = 1.4826;
const OF_A_MEDIAN = Math.sqrt(Math.PI / 2);

/** The smallest step between readings; null where they never differed. */
export function clockResolutionUs(readings: readonly number[]): number | null {
  const steps = readings.slice(1).map((reading, index) => reading - readings[index]!);
  const least = Math.min(...steps.filter((step) => step > 0));
  return Number.isFinite(least) ? least : null;
}

/** Log-ratio of the throughput of side 1 to that of side 0 in a block; null where a slice confirmed nothing. */
export function blockEffect(slices: readonly PlayedSlice[]): number | null {
  const mean = (side: number): number => {
    const logs = slices
      .filter((slice) => slice.side === side)
      .map((slice) => Math.log(slice.messages / slice.wallNs));
    return logs.reduce((sum, log) => sum + log, 0) / logs.length;
  };
  const effect = mean(1) - mean(0);
  return Number.isFinite(effect) ? effect : null;
}

/**
 * Standard deviation of the effect of rounds of so many blocks, as the spread of single blocks foretells it: a round's effect is the
 * median of its blocks'. That processes differ from start to start is not in it, so it is a lower bound. null below five blocks.
 */
export function deviationOfRounds(effects: readonly number[], blocks: number): number | null {
  if (effects.length < 5 || blocks < 1) return null;
  const center = median(effects);
  const spread = BY_ABSOLUTE_DEVIATION * median(effects.map((effect) => Math.abs(effect - center)));
  return (OF_A_MEDIAN * spread) / Math.sqrt(blocks);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
