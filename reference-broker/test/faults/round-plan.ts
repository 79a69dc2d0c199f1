/** What one kill round does, drawn from its seed alone. */
import type { Codec } from "../clients/message.ts";
import { CODECS } from "../clients/message.ts";

export interface RoundPlan {
  readonly round: number;
  readonly partitions: number;
  readonly payloadBytes: number;
  readonly codec: Codec;
  readonly lingerMs: number;
  /** Load before each kill; one kill or two. */
  readonly killsAfterMs: readonly number[];
  /** Appends the first part of a batch to the newest segments, as a write cut short by a power loss leaves it. */
  readonly tornTail: boolean;
  /** Where in the last batch it is cut, between 0 and 1. */
  readonly tornAt: number;
}

export function planRound(seed: number, round: number): RoundPlan {
  const random = mulberry32(seed * 1000 + round);
  const between = (low: number, high: number) => Math.floor(low + random() * (high - low + 1));
  return {
    round,
    partitions: between(1, 4),
    payloadBytes: between(10, 2000),
    codec: CODECS[between(0, CODECS.length - 1)]!,
    lingerMs: between(0, 10),
    killsAfterMs: Array.from({ length: between(1, 2) }, () => between(100, 1200)),
    tornTail: random() < 0.5,
    tornAt: random(),
  };
}

/** Public-domain generator by Tommy Ettinger; 32 bits of state are plenty for a plan. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
