/** How long rounds are: a broker that takes seconds to start and to warm up gets fewer and longer ones. */
import type { RunningTarget } from "../../targets/target.ts";
import type { JobLine, SideName } from "../evidence.ts";

export type Measuring = JobLine["measuring"];

type Pace = Omit<Measuring, "maxTimeMs"> & {
  /** Of a start and a stop, for planning until one has been seen. */
  readonly startMs: number;
  /** Without `--max-time`, for each scenario. */
  readonly timePerScenarioMs: number;
};

/**
 * By what has to settle in the broker. 30 blocks of ABBA at 25 ms are 3 s of measuring in a round; more blocks pay only
 * where a round's start costs more than they do. Slices of 10 ms made rounds half as long and their noise two to three
 * times as large on a busy machine. What is sent is read back, so a longer warm-up costs twice its time.
 */
export const PACES: Readonly<Record<RunningTarget["warmup"], Pace>> = {
  none: { sliceMs: 25, washoutMs: 3, blocks: 30, warmupMs: 600, startMs: 500, timePerScenarioMs: 180_000 },
  node: { sliceMs: 25, washoutMs: 3, blocks: 30, warmupMs: 600, startMs: 1000, timePerScenarioMs: 180_000 },
  beam: { sliceMs: 25, washoutMs: 3, blocks: 60, warmupMs: 3000, startMs: 6000, timePerScenarioMs: 600_000 },
  jvm: { sliceMs: 25, washoutMs: 3, blocks: 60, warmupMs: 5000, startMs: 6000, timePerScenarioMs: 600_000 },
};

const BY_DURATION = ["none", "node", "beam", "jvm"] as const satisfies RunningTarget["warmup"][];

/** The longest that any side needs: both sides get the same. */
export function paceFor(warmups: readonly RunningTarget["warmup"][]): Pace {
  const longest = Math.max(...warmups.map((warmup) => BY_DURATION.indexOf(warmup)));
  return PACES[BY_DURATION[longest] ?? "jvm"];
}

/** Of three sides a block is nine slices, not four. */
export function blocksFor(sides: readonly SideName[], blocks: number): number {
  return sides.length === 2 ? blocks : Math.ceil((blocks * 2) / 3);
}

/** What a round will take at least, before one has been played. */
export function plannedRoundMs(measuring: Measuring, sides: number, startMs: number): number {
  const slices = measuring.blocks * (sides === 2 ? 4 : 9);
  return sides * (startMs + measuring.warmupMs) + slices * (measuring.sliceMs + measuring.washoutMs);
}
