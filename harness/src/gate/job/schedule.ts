/**
 * Everything of a round that is left to chance, from the job's seed. Port, data directory, environment and place in the
 * start order belong to a slot; which side has which slot is the coin, and the only thing that tells the sides apart. Pure.
 */
import type { SideName } from "../evidence.ts";
import { Coins } from "./coins.ts";

export interface SlotSchedule {
  readonly side: SideName;
  /** 0: started first. */
  readonly startPosition: number;
  /** Bytes that the environment is made longer by. */
  readonly environmentPaddingBytes: number;
}

export interface RoundSchedule {
  /** By slot number. */
  readonly slots: readonly SlotSchedule[];
  /** The coin. */
  readonly candidateSlot: number;
  readonly blockOrders: readonly (readonly SideName[])[];
}

/** The environment alone may shift a program by some percent (Mytkowicz et al. 2009), by where it moves the stack. */
const MAX_PADDING_BYTES = 4096;

/**
 * @param seed 128 bits, hexadecimal
 * @param round number of the round in the job, over all scenarios
 */
export function scheduleRound(
  seed: string,
  round: number,
  scenario: string,
  sides: readonly SideName[],
  blocks: number,
): RoundSchedule {
  const coins = (purpose: string) => new Coins(seed, round, scenario, purpose);
  const inSlots = coins("slots").shuffled(sides);
  const starts = coins("starts").shuffled(sides.map((_, slot) => slot));
  const padding = coins("padding");
  const slots = inSlots.map((side, slot) => ({
    side,
    startPosition: starts.indexOf(slot),
    environmentPaddingBytes: padding.below(MAX_PADDING_BYTES + 1),
  }));
  const order = coins("blocks");
  return {
    slots,
    candidateSlot: inSlots.indexOf("candidate"),
    blockOrders: Array.from({ length: blocks }, () => blockOrder(sides, order)),
  };
}

/** ABBA or BAAB; of three sides a 3x3 Latin square. In both, what drifts evenly falls on all sides alike. */
function blockOrder(sides: readonly SideName[], coins: Coins): SideName[] {
  const first = coins.shuffled(sides);
  if (first.length === 2) return [...first, ...first.toReversed()];
  const step = coins.flip() ? 1 : first.length - 1;
  return first.flatMap((_, row) => first.map((_, column) => first[(column + row * step) % first.length]!));
}
