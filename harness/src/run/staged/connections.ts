/**
 * Many connections that do nothing: what they cost a broker while they are held, beside what bare sockets cost, and what
 * response times the few have that become active among them.
 */
import { loadOf } from "../../load/load-of-plan.ts";
import { descendants, listProcesses } from "../../measure/process-tree.ts";
import type { PlanOf, SteadyPlan } from "../../scenario/plan.ts";
import { startBareListener } from "../../targets/bare/bare.ts";
import { allowConnections } from "../descriptor-limit.ts";
import { Guard } from "../guard.ts";
import { LoadGroup } from "../load-group.ts";
import type { RunningPlan } from "../running-plan.ts";
import { warmUp } from "../warm-up.ts";
import { connectionFigures, shortcomingsOf } from "./connection-figures.ts";
import { HeldConnections, type HoldRequest } from "./held-connections.ts";
import { memoryPerConnection, readSettledMemory, watchIdleCpu } from "./idle-cost.ts";
import { observedLoad, prepareDestination, readLoadBack, sendLoad, windowsOf } from "./played-load.ts";
import { StageRecorder } from "./stage-recorder.ts";
import type { Staged, StagedObservations, StagedRun } from "./staged-run.ts";

/** Opened and closed first: code and pools that come with the first connection are not what the many cost. */
const FIRST_CONNECTIONS = 64;

type ConnectionsPlan = PlanOf<"connections">;

export const connections: StagedRun<"connections"> = {
  // What a generator could send has nothing to do with what idle connections cost.
  steadily: () => null,
  run,
};

async function run(staged: Staged<"connections">): Promise<StagedObservations<"connections">> {
  const { plan, target, deps, enter } = staged;
  const steady = activeLoadOf(plan);
  const load = loadOf(steady);
  const { pid } = target;
  const { parameters: p } = plan;
  if (pid !== null && process.platform === "linux") {
    allowConnections(plan.target, descendants(pid, listProcesses()), p.connections);
  }
  await using group = await LoadGroup.start(load, deps.loadProcesses);
  using guard = new Guard(deps.signal, [target.died, group.failed]);
  await using admin = await deps.connectAdmin(plan.protocol, target.endpoint);
  const running: RunningPlan = { plan: steady, target, admin, load, group, guard, deps };
  using stages = new StageRecorder({ pid, nowUs: deps.nowUs, enter });
  const hold = (count: number) => HeldConnections.open(requestOf(plan, target.endpoint, count), guard);

  const bare = await stages.stage("bare sockets", () => measureBareSockets(plan, guard, deps.signal));
  await openAndClose(hold, Math.min(FIRST_CONNECTIONS, p.connections), guard);
  const before = await readSettledMemory(pid, p.idleMs, guard);
  const idleCpuBefore = await stages.stage("no connections", () => watchIdleCpu(pid, p.idleMs, guard));

  await using held = await stages.stage("opening", () => hold(p.connections - p.active));
  const opened = await readSettledMemory(pid, p.idleMs, guard);
  const warmup = await stages.stage("warm-up", () => warmUp(running, staged.alreadyWarm));
  await using prepared = await prepareDestination(running);
  const heldMemory = await readSettledMemory(pid, p.idleMs, guard);
  const idleCpu = await stages.stage("all idle", () => watchIdleCpu(pid, p.idleMs, guard));

  const sent = await stages.stage("some active", () => sendLoad(running, prepared, held.pids));
  const consumed = await readLoadBack(running, sent.published);
  const seen = observedLoad(load, { ...sent, consumed });
  stages.count(seen.counts.delivered);
  const released = await stages.stage("closing", async () => {
    // The active go with their processes, the idle with a farewell each.
    await group[Symbol.asyncDispose]();
    return await held.release(guard);
  });
  const closedMemory = await readSettledMemory(pid, p.idleMs, guard);

  const readings = {
    plan,
    opened: held.opened,
    released,
    perConnection: memoryPerConnection(before, opened, held.opened.connections),
    bare,
    idleCpuBefore,
    idleCpu,
    rss: { before, held: heldMemory, closed: closedMemory },
    histograms: seen.histograms,
  };
  return {
    ...seen,
    usage: withPeak(seen.usage, stages.peakRssBytes()),
    warmup,
    phases: stages.phases(windowsOf({ ...sent, consumed })),
    figures: connectionFigures(readings),
    shortcomings: shortcomingsOf(readings, seen.attainedPerSecond),
    evidence: { ...seen.evidence, opened: evidenceOf(held), released, bare },
  };
}

/** What the active ones do, as a steady load of publishers with confirms. */
function activeLoadOf(plan: ConnectionsPlan): SteadyPlan {
  const { connections: _, active, openPerSecond: _1, openAtOnce: _2, idleMs: _3, ...rest } = plan.parameters;
  return { ...plan, workload: "publish-confirm", parameters: { ...rest, publishers: active } };
}

function requestOf(plan: ConnectionsPlan, endpoint: HoldRequest["endpoint"], count: number): HoldRequest {
  const { openPerSecond, openAtOnce } = plan.parameters;
  return { endpoint, protocol: plan.protocol, connections: count, openPerSecond, openAtOnce };
}

async function openAndClose(
  hold: (count: number) => Promise<HeldConnections>,
  count: number,
  guard: Guard,
): Promise<void> {
  await using few = await hold(count);
  await few.release(guard);
}

/** As many sockets to a process that does nothing with them. Resident bytes each; null where memory is not known. */
async function measureBareSockets(
  { parameters }: ConnectionsPlan,
  guard: Guard,
  signal: AbortSignal,
): Promise<number | null> {
  await using listener = await startBareListener(signal);
  const { endpoint, pid } = listener;
  allowConnections("the bare listener", [pid], parameters.connections);
  const hold = (count: number) =>
    HeldConnections.open({ ...parameters, endpoint, protocol: "bare", connections: count }, guard);
  await openAndClose(hold, Math.min(FIRST_CONNECTIONS, parameters.connections), guard);
  const before = await readSettledMemory(pid, parameters.idleMs, guard);
  await using held = await hold(parameters.connections);
  const after = await readSettledMemory(pid, parameters.idleMs, guard);
  await held.release(guard);
  return memoryPerConnection(before, after, parameters.connections)?.rssBytes ?? null;
}

function evidenceOf({ opened }: HeldConnections) {
  const { latencies, ...rest } = opened;
  return { ...rest, histogram: latencies.encode() };
}

function withPeak<Usage extends StagedObservations["usage"]>(
  usage: Usage,
  peakRssBytes: number | null,
): Usage {
  if (usage.target === null || peakRssBytes === null) return usage;
  const peak = Math.max(peakRssBytes, usage.target.peakRssBytes);
  return { ...usage, target: { ...usage.target, peakRssBytes: peak } };
}
