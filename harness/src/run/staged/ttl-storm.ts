/** Fill the storm's queues beside live traffic, wait for the calm before the deadlines, watch them fall due, wait again. */
import { setTimeout as sleep } from "node:timers/promises";
import { AmqpAdmin } from "../../drivers/amqp/admin.ts";
import type { BatchShape, ConsumerReport, PublisherReport } from "../../load/protocol.ts";
import { RssSeries } from "../../measure/rss-series.ts";
import { type PhaseUsage, ResourceSampler } from "../../measure/sampler.ts";
import type { PlanOf } from "../../scenario/plan.ts";
import { Guard } from "../guard.ts";
import { LoadGroup } from "../load-group.ts";
import { openDestination } from "../running-plan.ts";
import type { WarmupEvidence } from "../warmup-bounds.ts";
import { type DepthSample, DepthWatch } from "./depth-watch.ts";
import type { Staged, StagedObservations, StagedRun } from "./staged-run.ts";
import { liveLoad, stormLoad } from "./storm-loads.ts";
import { observeStorm } from "./storm-figures.ts";
import { eventLoopDelayP99Us, readMetrics } from "./target-metrics.ts";
import { publishingTwin } from "./twin.ts";
import { warmUpFor } from "./warm-up-for.ts";

/** Often enough for lateness that is told in tens of milliseconds, and a twentieth of what would load a broker. */
const DEPTH_INTERVAL_MS = 20;
const IN_FLIGHT_TIMEOUT_MS = 60_000;
/** Metrics are asked for so long before the storm, so that the answer does not fall into it. */
const METRICS_LEAD_US = 300e3;

const steadily = (plan: PlanOf<"ttl-storm">) => {
  const { stormQueues } = plan.parameters;
  return publishingTwin(plan, plan.parameters, { publishers: stormQueues, queues: stormQueues });
};

export const ttlStorm: StagedRun<"ttl-storm"> = { steadily, run };

/** When what began, on the run's clock. */
export interface StormMoments {
  readonly fillUs: number;
  /** Deadlines of together and spread count from here. */
  readonly startUs: number;
  readonly filledUs: number;
  readonly calmUs: number;
  readonly stormUs: number;
  /** The storm's queues were first seen empty, and with dead letters theirs too; or patience was over. */
  readonly goneUs: number;
  readonly endUs: number;
}

export interface Storm {
  readonly warmup: WarmupEvidence;
  readonly batch: BatchShape;
  readonly moments: StormMoments;
  readonly stormReports: readonly PublisherReport[];
  readonly liveReports: readonly PublisherReport[];
  readonly liveConsumed: readonly ConsumerReport[];
  /** Empty without dead letters. */
  readonly deadLetters: readonly ConsumerReport[];
  /** Of the storm's queues, from the filling's end on. */
  readonly depths: readonly DepthSample[];
  /** Messages still in them at the end. */
  readonly left: number;
  readonly rss: RssSeries;
  readonly usage: PhaseUsage;
  /** Of the target during the storm; null: it does not tell. */
  readonly loopDelayP99Us: number | null;
}

async function run(staged: Staged<"ttl-storm">): Promise<StagedObservations<"ttl-storm">> {
  const { plan, target, deps, enter } = staged;
  const { parameters: p } = plan;
  const warmup = await warmUpFor(staged, steadily(plan));
  const [storm, live] = [stormLoad(p), liveLoad(p)];
  await using admin = await deps.connectAdmin(plan.protocol, target.endpoint);
  const limitMs = p.leadMs + p.spreadMs + plan.phases.measure.durationMs + 3 * p.calmMs;
  const wholeMs = 2 * limitMs + IN_FLIGHT_TIMEOUT_MS;
  // A broker in a storm may be long in telling how deep a queue is; that is a measurement, not its end.
  const patient = { callTimeoutMs: wholeMs };
  await using asking = await AmqpAdmin.connect(target.endpoint, patient);
  const { publishers, consumers } = deps.loadProcesses;
  await using filling = await LoadGroup.start(storm, { publishers, consumers: p.deadLetter ? consumers : 0 });
  await using living = await LoadGroup.start(live, deps.loadProcesses);
  using guard = new Guard(deps.signal, [target.died, filling.failed, living.failed]);
  const runId = deps.newRunId();
  await using stormQueues = await openDestination({ plan, load: storm, admin, guard }, runId);
  const liveRunId = deps.newRunId();
  await using liveQueues = await openDestination({ plan, load: live, admin, guard }, liveRunId);
  const batch = await filling.prepare({ load: storm, plan }, target.endpoint, stormQueues.name, runId, guard);
  await living.prepare({ load: live, plan }, target.endpoint, liveQueues.name, liveRunId, guard);
  using rss = new RssSeries(target.pid, deps.nowUs);
  const pids = [...filling.processes, ...living.processes].map(({ pid }) => pid);
  using sampler = new ResourceSampler(target.pid, pids);
  const until = (atUs: number) => sleepUntil(atUs, deps.nowUs, guard);
  const mark = (): number => {
    const atUs = deps.nowUs();
    rss.sample();
    living.mark();
    return atUs;
  };

  enter("filling");
  const endless = { durationMs: wholeMs, maxBytes: Number.MAX_SAFE_INTEGER, readAlong: true };
  const alive = living.publish(endless, deps.nowUs());
  await until(deps.nowUs() + p.calmMs * 1e3);
  // The first answer of its life costs a target more than the others.
  await readMetrics(target.endpoint);
  const fillUs = mark();
  const publishing = filling.publish(
    {
      durationMs: p.leadMs - p.calmMs,
      maxBytes: exactly(p.stormMessages, filling.publishers.length) * batch.encodedBytes,
      readAlong: p.deadLetter,
    },
    fillUs,
  );
  const stormReports = await guard.wait(publishing.reports, p.leadMs + IN_FLIGHT_TIMEOUT_MS, "filling");
  const filledUs = deps.nowUs();
  using depth = new DepthWatch(
    () => waiting((queue) => asking.depth(stormQueues.name, queue), p.stormQueues),
    DEPTH_INTERVAL_MS,
    deps.nowUs,
  );

  enter("calm before the storm");
  const startUs = p.due === "queue-ttl" ? firstSend(stormReports) : publishing.startAtUs;
  const stormDueUs = startUs + p.leadMs * 1e3;
  await until(stormDueUs - p.calmMs * 1e3);
  const calmUs = mark();
  await until(stormDueUs - METRICS_LEAD_US);
  // It tells of the time since it was last asked.
  await readMetrics(target.endpoint);
  await until(stormDueUs);

  enter("storm");
  const stormUs = mark();
  const patienceMs = p.spreadMs + (filledUs - fillUs) / 1e3 + plan.phases.measure.durationMs;
  await using letters = await AmqpAdmin.connect(target.endpoint, patient);
  const lettersDepth = () =>
    waiting((queue) => letters.deadLetterDepth(stormQueues.name, queue), p.stormQueues);
  const left = await allGone(() => depth.ask(), p.deadLetter ? lettersDepth : null, {
    untilUs: stormUs + patienceMs * 1e3,
    nowUs: deps.nowUs,
    guard,
  });
  const goneUs = mark();
  const loopDelayP99Us = eventLoopDelayP99Us(await readMetrics(target.endpoint));
  depth[Symbol.dispose]();

  enter("calm after the storm");
  await until(goneUs + p.calmMs * 1e3);
  const endUs = mark();
  living.stopPublishing();
  const liveReports = await guard.wait(alive.reports, IN_FLIGHT_TIMEOUT_MS, "confirming the live traffic");
  const usage = sampler.finish();

  enter("reading back");
  const { timeoutMs } = plan.phases.verify;
  const patience = { timeoutMs, startAtUs: null, guard };
  const deadLetters = p.deadLetter ? await filling.readBack(outcomesOf(stormReports), patience) : [];
  const liveConsumed = await living.readBack(outcomesOf(liveReports), patience);
  return observeStorm(plan, {
    ...{ warmup, batch, stormReports, liveReports, liveConsumed, deadLetters, left, rss, usage },
    loopDelayP99Us,
    moments: { fillUs, startUs, filledUs, calmUs, stormUs, goneUs, endUs },
    depths: depth.samples,
  });
}

/** Publishers share what is asked evenly, rounded up. */
function exactly(messages: number, processes: number): number {
  return Math.ceil(messages / processes) * processes;
}

function outcomesOf(reports: readonly PublisherReport[]) {
  return reports.flatMap((report) => report.outcomes);
}

function firstSend(reports: readonly PublisherReport[]): number {
  return Math.min(...reports.map(({ firstSendUs }) => firstSendUs));
}

async function sleepUntil(atUs: number, nowUs: () => number, guard: Guard): Promise<void> {
  const waitMs = (atUs - nowUs()) / 1e3;
  if (waitMs > 0) await guard.wait(sleep(waitMs), 2 * waitMs + 1_000, "waiting");
}

/** Over all the storm's queues, asked one after another. */
async function waiting(depth: (queue: number) => Promise<number>, queues: number): Promise<number> {
  let messages = 0;
  for (let queue = 0; queue < queues; queue++) messages += await depth(queue);
  return messages;
}

interface Patience {
  readonly untilUs: number;
  readonly nowUs: () => number;
  readonly guard: Guard;
}

/** Waits until the storm's queues are empty and no dead letter waits. Returns what is left when patience is over. */
async function allGone(
  stormDepth: () => Promise<number>,
  lettersDepth: (() => Promise<number>) | null,
  { untilUs, nowUs, guard }: Patience,
): Promise<number> {
  for (;;) {
    const patienceMs = Math.max(0, untilUs - nowUs()) / 1e3 + IN_FLIGHT_TIMEOUT_MS;
    const left = await guard.wait(stormDepth(), patienceMs, "telling the depth of the storm's queues");
    const letters =
      left > 0 || lettersDepth === null
        ? 0
        : await guard.wait(lettersDepth(), patienceMs, "telling the depth of the dead letters' queues");
    if (left + letters === 0 || nowUs() > untilUs) return left;
    await guard.wait(sleep(DEPTH_INTERVAL_MS), IN_FLIGHT_TIMEOUT_MS, "waiting");
  }
}
