/** From readings around slices to what each slice cost. Pure; nanoseconds where the name says no other. */
import type { Percentiles, PlayedSlice } from "../load/slices.ts";

export interface MeterReading {
  readonly atUs: number;
  /** CPU of each side's process tree so far. */
  readonly sidesNs: readonly (number | null)[];
  readonly parentNs: number;
  readonly generatorNs: number;
  /** null where only ticks are. */
  readonly busyNs: number | null;
  readonly pressureNs: number | null;
}

/** Too coarse for a slice, so read around blocks. */
export interface MachineTicks {
  readonly busyNs: number | null;
  readonly stealNs: number | null;
}

export interface RecordedSlice extends Percentiles {
  readonly side: number;
  readonly messages: number;
  readonly samples: number;
  readonly wallNs: number;
  /** Before the first send, after the last confirmation, and when the next slice is about to begin. */
  readonly begin: MeterReading;
  readonly end: MeterReading;
  readonly next: MeterReading;
}

export interface RecordedBlock {
  readonly slices: readonly RecordedSlice[];
  readonly before: MachineTicks;
  readonly after: MachineTicks;
}

/**
 * A side's CPU is counted until the next slice is about to begin: what it does after its last confirmation is its own, and
 * its threads sleep by then, so that the count is exact.
 */
export function accountFor(block: RecordedBlock): PlayedSlice[] {
  const foreign = foreignOf(block);
  const steal = sharedOut(block, minus(block.after.stealNs, block.before.stealNs));
  return block.slices.map((slice, index) => {
    const { begin, end, next, ...recorded } = slice;
    return {
      ...recorded,
      cpuNs: sideCpu(slice, slice.side),
      idleCpuNs: idleCpu(slice),
      foreignNs: foreign[index]!,
      stealNs: steal[index]!,
      pressureNs: minus(end.pressureNs, begin.pressureNs),
      generatorCpuNs: end.generatorNs - begin.generatorNs,
    };
  });
}

/** Cores that a side used while others worked; null where its CPU is not known or it was never idle. */
export function idleCores(blocks: readonly RecordedBlock[], side: number): number | null {
  const idle = blocks.flatMap(({ slices }) => slices.filter((slice) => slice.side !== side));
  const cpuNs = sum(idle.map((slice) => sideCpu(slice, side)));
  const wallUs = idle.reduce((total, { begin, next }) => total + next.atUs - begin.atUs, 0);
  return cpuNs === null || wallUs === 0 ? null : cpuNs / (wallUs * 1e3);
}

export function usedCpuNs(blocks: readonly RecordedBlock[], side: number): number | null {
  return sum(blocks.flatMap(({ slices }) => slices.map((slice) => sideCpu(slice, side))));
}

function sideCpu({ begin, next }: RecordedSlice, side: number): number | null {
  return minus(next.sidesNs[side] ?? null, begin.sidesNs[side] ?? null);
}

function idleCpu(slice: RecordedSlice): number | null {
  const others = slice.begin.sidesNs.keys().filter((side) => side !== slice.side);
  return sum(others.map((side) => sideCpu(slice, side)).toArray());
}

/** CPU of neither a side nor the generator nor what started it. */
function foreignOf(block: RecordedBlock): (number | null)[] {
  const { slices, before, after } = block;
  if (slices.every(({ end }) => end.busyNs !== null)) {
    return slices.map(({ begin, end }) => {
      const busyNs = minus(end.busyNs, begin.busyNs);
      return busyNs === null ? null : Math.max(0, busyNs - knownNs(begin, end));
    });
  }
  const busyNs = minus(after.busyNs, before.busyNs);
  const [first, last] = [slices[0], slices.at(-1)];
  if (busyNs === null || first === undefined || last === undefined) return slices.map(() => null);
  return sharedOut(block, Math.max(0, busyNs - knownNs(first.begin, last.next)));
}

function knownNs(from: MeterReading, to: MeterReading): number {
  const sides = to.sidesNs.reduce<number>(
    (total, ns, side) => total + (ns ?? 0) - (from.sidesNs[side] ?? 0),
    0,
  );
  return sides + to.generatorNs - from.generatorNs + to.parentNs - from.parentNs;
}

/** What a block had, to its slices by their wall time. */
function sharedOut({ slices }: RecordedBlock, totalNs: number | null): (number | null)[] {
  const [first, last] = [slices[0], slices.at(-1)];
  if (totalNs === null || first === undefined || last === undefined) return slices.map(() => null);
  const blockNs = (last.next.atUs - first.begin.atUs) * 1e3;
  return slices.map(({ wallNs }) => Math.round((totalNs * wallNs) / blockNs));
}

function minus(to: number | null, from: number | null): number | null {
  return to === null || from === null ? null : Math.max(0, to - from);
}

function sum(values: readonly (number | null)[]): number | null {
  let total = 0;
  for (const value of values) {
    if (value === null) return null;
    total += value;
  }
  return total;
}
