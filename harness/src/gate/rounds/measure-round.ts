/**
 * What one round measures on sides that were freshly started for it: the only place that knows the order of its steps. The round
 * as the job records it (slots, coin, start-up) is the caller's.
 */
import { HarnessError } from "../../errors.ts";
import type { ConsumerReport } from "../../load/protocol.ts";
import type { PlayedSide, PlayedSlice, SlicesPlayed } from "../../load/slices.ts";
import type { Destination, LoadAdmin } from "../../run/destination.ts";
import { Guard } from "../../run/guard.ts";
import { openDestination } from "../../run/running-plan.ts";
import type { Protocol } from "../../scenario/plan.ts";
import type { Endpoint } from "../../load/protocol.ts";
import type { RunningTarget } from "../../targets/target.ts";
import type { Block, RoundSide, SideName, Slice } from "../evidence.ts";
import { GATE_METRICS } from "../metrics.ts";
import { EvenClock } from "./even-clock.ts";
import { asSide } from "./side-failure.ts";
import type { SideDestination, SliceGenerator } from "./slice-generator.ts";

export interface RoundInput {
  /** All of them alive until the round is over. */
  readonly sides: readonly { readonly side: SideName; readonly target: RunningTarget }[];
  /** Each side as often as the others in every block. */
  readonly blockOrders: readonly (readonly SideName[])[];
  readonly sliceMs: number;
  readonly washoutMs: number;
  /** Of each side. */
  readonly warmupMs: number;
}

export interface RoundDeps {
  /** Of the scenario to play; kept over rounds. */
  readonly generator: SliceGenerator;
  readonly connectAdmin: (protocol: Protocol, endpoint: Endpoint) => Promise<LoadAdmin>;
  /** 32 bits that no other run on these brokers has. */
  readonly newRunId: () => number;
  readonly nowUs: () => number;
  readonly signal: AbortSignal;
}

export type MeasuredSide = Omit<RoundSide, "slot" | "startupMs">;

export interface MeasuredRound {
  readonly blocks: Block[];
  readonly sides: Partial<Record<SideName, MeasuredSide>>;
  readonly longestGapMs: number;
  /** In words: fewer blocks than asked for, figures that could not be had. */
  readonly notes: readonly string[];
}

/**
 * Topics or queues are made, producers connected; all sides warm up in turns and play their blocks; then everything that was sent,
 * warm-up included, is read back and checked off. Peak memory is that from the warm-up's begin to the last slice's end: reading
 * back is no part of it, on any side.
 * Throws SideFailure when a broker fails, USAGE when the plan's maxBytes allows no block, LOAD_PROCESS_DIED, or the signal's reason.
 */
export async function measureRound(input: RoundInput, deps: RoundDeps): Promise<MeasuredRound> {
  const { generator, nowUs } = deps;
  const { maxBytes } = generator.plan.phases.measure;
  const deaths = input.sides.map(({ side, target }) => asSide(side, target.died));
  for (const death of deaths) death.catch(() => undefined);
  using guard = new Guard(deps.signal, [generator.failed, ...deaths]);
  await using opened = new AsyncDisposableStack();
  const destinations: SideDestination[] = [];
  for (const { side, target } of input.sides) {
    destinations.push(await asSide(side, open(side, target, opened, guard, deps)));
  }
  await generator.prepare(destinations, maxBytes, guard);
  using clock = new EvenClock(nowUs);
  const played = await generator.play(scheduleOf(input), guard);
  const longestGapMs = clock.longestGapMs();
  if (played.blocks.length === 0) throw noRoom(deps);
  const reports = await readAllBack(played, deps, guard);
  const names = input.sides.map(({ side }) => side);
  return {
    blocks: played.blocks.map((slices) => blockOf(slices, names)),
    sides: Object.fromEntries(
      names.map((name, index) => [name, sideOf(played.sides[index]!, reports[index]!)]),
    ),
    longestGapMs,
    notes: played.notes,
  };
}

async function open(
  side: SideName,
  { endpoint, pid }: RunningTarget,
  opened: AsyncDisposableStack,
  guard: Guard,
  { generator: { plan, load }, connectAdmin, newRunId }: RoundDeps,
): Promise<SideDestination> {
  const admin = opened.use(await connectAdmin(plan.protocol, endpoint));
  const runId = newRunId();
  const destination: Destination = opened.use(await openDestination({ plan, load, admin, guard }, runId));
  return { side, endpoint, name: destination.name, runId, pid };
}

function scheduleOf({ blockOrders, sliceMs, washoutMs, warmupMs }: RoundInput) {
  const { p50, p90, p99, p99_9 } = GATE_METRICS;
  const minSamples = {
    p50: p50.minSamples,
    p90: p90.minSamples,
    p99: p99.minSamples,
    p99_9: p99_9.minSamples,
  };
  return { blocks: blockOrders, sliceMs, washoutMs, warmupMs, minSamples };
}

/** All sides at once: what takes the time is checking, which is not the brokers'. */
function readAllBack(
  played: SlicesPlayed,
  { generator }: RoundDeps,
  guard: Guard,
): Promise<ConsumerReport[]> {
  const { timeoutMs } = generator.plan.phases.verify;
  return Promise.all(
    played.sides.map(({ outcomes }, index) => generator.readBack(index, outcomes, timeoutMs, guard)),
  );
}

function blockOf(slices: readonly PlayedSlice[], names: readonly SideName[]): Block {
  const named = slices.map(({ p99_9: _, ...slice }): Slice => ({ ...slice, side: names[slice.side]! }));
  return { order: named.map(({ side }) => side), slices: named };
}

function sideOf(played: PlayedSide, report: ConsumerReport): MeasuredSide {
  const { samples, p50, p90, p99, p99_9, histogram, peakRssBytes, idleCpuCores, errors } = played;
  const { lost, duplicated, reordered, corrupted, foreign, examples } = report;
  const strangers = `${foreign} messages that no producer of this round wrote`;
  return {
    ...{ peakRssBytes, histogram, samples, p50, p90, p99, p99_9, idleCpuCores, errors: { ...errors } },
    integrity: {
      ...{ published: played.publishedMessages, confirmed: played.confirmedMessages },
      ...{ lost, duplicated, reordered },
      corrupted: corrupted + foreign,
      examples: foreign > 0 ? [...examples, strangers] : [...examples],
    },
  };
}

function noRoom({ generator: { plan } }: RoundDeps): HarnessError {
  const { maxBytes } = plan.phases.measure;
  return new HarnessError(
    "USAGE",
    `${plan.scenario} (${plan.profile}): maxBytes ${maxBytes} is too little for one block of slices after the warm-up`,
    { hint: "raise phases.measure.maxBytes, or shorten slices or warm-up" },
  );
}
