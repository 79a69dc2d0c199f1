/** A mixed load on the reference broker, both protocols at once, for as long as asked; and what became of the broker. */
import { setTimeout as sleep } from "node:timers/promises";
import { loadOf } from "../../load/load-of-plan.ts";
import { connectAdmin } from "../destination.ts";
import { Guard } from "../guard.ts";
import { LoadGroup } from "../load-group.ts";
import { BrokerWatch, countDescriptors } from "./broker-watch.ts";
import type { SoakedBroker } from "./broker.ts";
import {
  emptyTally,
  type LaneDeps,
  laneOf,
  playConnectionsLane,
  playExpiringLane,
  playLoadLane,
  type Tally,
} from "./lanes.ts";
import { mixedLoad } from "./mixed-load.ts";
import type { SoakFindings, SoakSample } from "./verdict.ts";

/** Sockets that clients have left, and files of what was deleted, are closed by then. */
const SETTLE_MS = 30_000;
const QUIET_MS = 2_000;
const SETTLE_POLL_MS = 250;

export interface SoakOptions {
  readonly durationMs: number;
  readonly sampleMs: number;
  readonly seed: number;
  readonly lapMs: number;
}

export interface SoakDeps {
  readonly nowUs: () => number;
  readonly newRunId: () => number;
  readonly signal: AbortSignal;
  readonly onSample: (sample: SoakSample, tally: Tally) => void;
}

export interface SoakResult extends SoakFindings {
  readonly tally: Tally;
}

/** Throws HarnessError, or the signal's reason when interrupted. The broker is left running. */
export async function soak(broker: SoakedBroker, options: SoakOptions, deps: SoakDeps): Promise<SoakResult> {
  // A lap of everything first, so that what the first use brings is not counted as a rise.
  await playAll(broker, { ...options, durationMs: 0 }, emptyTally(), deps);
  const before = await settledDescriptors(broker, null);
  const tally = emptyTally();
  await using watch = new BrokerWatch({
    pid: broker.pid,
    http: broker.http,
    nowUs: deps.nowUs,
    everyMs: options.sampleMs,
    onSample: (sample) => deps.onSample(sample, tally),
  });
  await playAll(broker, options, tally, deps);
  await watch[Symbol.asyncDispose]();
  const after = await settledDescriptors(broker, before);
  const { counts, errors } = tally;
  return { samples: watch.samples, counts, errors, descriptors: { before, after }, tally };
}

/** Every lane goes at least one lap, and ends the one it is in when the time is over. */
async function playAll(
  broker: SoakedBroker,
  options: SoakOptions,
  tally: Tally,
  { nowUs, newRunId, signal }: SoakDeps,
): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const lanes = await Promise.all(
    mixedLoad(options).map(async (plan) => {
      const endpoint = broker[plan.protocol];
      const admin = resources.use(await connectAdmin(plan.protocol, endpoint));
      const counts = { publishers: 1, consumers: 1 };
      const group = resources.use(await LoadGroup.start(loadOf(plan), counts));
      return laneOf(plan, { endpoint, group, admin });
    }),
  );
  using guard = new Guard(signal, [broker.died, ...lanes.map(({ group }) => group.failed)]);
  const endUs = nowUs() + options.durationMs * 1e3;
  const isOver = () => nowUs() >= endUs;
  const deps: LaneDeps = { nowUs, newRunId, guard, isOver, tally };
  await Promise.all([
    ...lanes.map((lane) => playLoadLane(lane, deps)),
    playConnectionsLane(broker, deps),
    playExpiringLane(broker.amqp, deps),
  ]);
}

/** When as few as `wanted`, or after a while as many as there are; without `wanted` when they no longer fall. */
async function settledDescriptors(broker: SoakedBroker, wanted: number | null): Promise<number | null> {
  let fewest = countDescriptors(broker.pid);
  const deadline = performance.now() + SETTLE_MS;
  let quietMs = 0;
  while (performance.now() < deadline && fewest !== null) {
    if (wanted === null ? quietMs >= QUIET_MS : fewest <= wanted) break;
    await Promise.race([sleep(SETTLE_POLL_MS), broker.died]);
    const now = countDescriptors(broker.pid);
    if (now === null) return null;
    quietMs = now < fewest ? 0 : quietMs + SETTLE_POLL_MS;
    fewest = Math.min(fewest, now);
  }
  return fewest;
}
