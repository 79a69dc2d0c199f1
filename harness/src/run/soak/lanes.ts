/** The parts of a soak's load, each going its laps beside the others until the time is over. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Load, loadOf } from "../../load/load-of-plan.ts";
import type { Endpoint } from "../../load/protocol.ts";
import type { Protocol, SteadyPlan } from "../../scenario/plan.ts";
import type { LoadAdmin } from "../destination.ts";
import type { Guard } from "../guard.ts";
import { type IntegrityCounts, totalCounts } from "../integrity-verdict.ts";
import type { LoadGroup } from "../load-group.ts";
import { publishUntilTaken } from "../publish.ts";
import { openDestination } from "../running-plan.ts";
import { HeldConnections } from "../staged/held-connections.ts";
import { addErrors } from "../staged/observed.ts";
import { expireOnce } from "./expiring.ts";

/** What all lanes have found so far. */
export interface Tally {
  counts: IntegrityCounts;
  readonly errors: Record<string, number>;
  readonly examples: string[];
  laps: number;
  connections: number;
}

export function emptyTally(): Tally {
  return { counts: totalCounts([], []), errors: {}, examples: [], laps: 0, connections: 0 };
}

export interface LaneDeps {
  readonly nowUs: () => number;
  readonly newRunId: () => number;
  readonly guard: Guard;
  /** No further lap begins. */
  readonly isOver: () => boolean;
  readonly tally: Tally;
}

export interface LoadLane {
  readonly plan: SteadyPlan;
  readonly load: Load;
  readonly endpoint: Endpoint;
  readonly group: LoadGroup;
  readonly admin: LoadAdmin;
}

const MOST_EXAMPLES = 20;

/** Publishes and reads along, on topics or queues of each lap's own. */
export async function playLoadLane(lane: LoadLane, deps: LaneDeps): Promise<void> {
  const { plan, load, endpoint, group, admin } = lane;
  const { guard, nowUs, tally } = deps;
  const { measure, verify } = plan.phases;
  do {
    const runId = deps.newRunId();
    await using destination = await openDestination({ plan, load, admin, guard }, runId);
    await group.prepare(lane, endpoint, destination.name, runId, guard);
    const limits = { ...measure, readAlong: load.readsAlong };
    const { reports } = await publishUntilTaken(group, destination, limits, { guard, nowUs });
    const outcomes = reports.flatMap((report) => report.outcomes);
    const options = { timeoutMs: verify.timeoutMs, startAtUs: load.readsAlong ? null : nowUs(), guard };
    const consumed = await group.readBack(outcomes, options);
    addLap(tally, totalCounts(reports, consumed), addErrors(reports));
    const examples = consumed.flatMap((report) => report.examples);
    tally.examples.push(...examples.slice(0, MOST_EXAMPLES - tally.examples.length));
  } while (!deps.isOver());
}

export function laneOf(plan: SteadyPlan, parts: Omit<LoadLane, "plan" | "load">): LoadLane {
  return { plan, load: loadOf(plan), ...parts };
}

function addLap(tally: Tally, counts: IntegrityCounts, errors: Readonly<Record<string, number>>): void {
  tally.laps++;
  tally.counts = addIntegrity(tally.counts, counts);
  for (const [error, count] of Object.entries(errors)) {
    tally.errors[error] = (tally.errors[error] ?? 0) + count;
  }
}

export function addIntegrity(one: IntegrityCounts, other: IntegrityCounts): IntegrityCounts {
  const kinds = Object.keys(one) as (keyof IntegrityCounts)[];
  return Object.fromEntries(
    kinds.map((kind) => [kind, one[kind] + other[kind]]),
  ) as unknown as IntegrityCounts;
}

const COMING_AND_GOING = { connections: 40, openPerSecond: 200, openAtOnce: 8 };
const HELD_MS = 2_000;

/** Connections that come, stay for a while and go, over one protocol and then the other. */
export async function playConnectionsLane(
  endpoints: Readonly<Record<Protocol, Endpoint>>,
  { guard, tally, isOver }: LaneDeps,
): Promise<void> {
  let protocol: Protocol = "kafka";
  do {
    protocol = protocol === "kafka" ? "amqp" : "kafka";
    const request = { ...COMING_AND_GOING, endpoint: endpoints[protocol], protocol };
    await using held = await HeldConnections.open(request, guard);
    await guard.wait(sleep(HELD_MS), 2 * HELD_MS, "holding connections");
    const { lost, reason } = await held.release(guard);
    tally.connections += request.connections;
    if (lost > 0) tally.errors[`CONNECTION_LOST: ${reason}`] = lost;
  } while (!isOver());
}

/** Messages that expire and are dead-lettered, all of which must arrive as dead letters. */
export async function playExpiringLane(
  endpoint: Endpoint,
  { guard, tally, isOver, newRunId }: LaneDeps,
): Promise<void> {
  const patienceMs = 60_000;
  do {
    const lap = expireOnce(endpoint, `soak-expiring-${newRunId()}`);
    const counts = await guard.wait(lap, patienceMs, "dead-lettering what expired");
    addLap(tally, { ...totalCounts([], []), ...counts }, {});
  } while (!isOver());
}
