/** One steady load from its first connection to its read-back, as the part of a staged run that sends messages. */
import type { Load } from "../../load/load-of-plan.ts";
import type { BatchShape, ConsumerReport } from "../../load/protocol.ts";
import { type PhaseUsage, ResourceSampler } from "../../measure/sampler.ts";
import type { Destination } from "../destination.ts";
import { totalCounts } from "../integrity-verdict.ts";
import { pooledHistograms } from "../pooled-histograms.ts";
import { type Published, publishUntilTaken } from "../publish.ts";
import { openDestination, type RunningPlan } from "../running-plan.ts";
import { addErrors } from "./observed.ts";
import type { Seen } from "./stage.ts";
import type { StagedObservations } from "./staged-run.ts";

/** Everyone is connected to it, and nothing is sent yet. */
export interface PreparedDestination extends AsyncDisposable {
  readonly destination: Destination;
  readonly batch: BatchShape;
}

export interface PlayedLoad {
  readonly published: Published;
  readonly consumed: readonly ConsumerReport[];
  readonly usage: PhaseUsage;
}

export async function prepareDestination(running: RunningPlan): Promise<PreparedDestination> {
  const { target, group, guard, deps } = running;
  const runId = deps.newRunId();
  await using resources = new AsyncDisposableStack();
  const destination = resources.use(await openDestination(running, runId));
  const batch = await group.prepare(running, target.endpoint, destination.name, runId, guard);
  const owned = resources.move();
  return { destination, batch, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Sends for as long as the plan says. `besides`: processes of ours that are not the load group's. */
export async function sendLoad(
  running: RunningPlan,
  { destination }: PreparedDestination,
  besides: readonly number[] = [],
): Promise<{ readonly published: Published; readonly usage: PhaseUsage }> {
  const { plan, target, load, group, guard, deps } = running;
  const { durationMs, maxBytes } = plan.phases.measure;
  const pids = [...group.processes.map(({ pid }) => pid), ...besides];
  using sampler = new ResourceSampler(target.pid, pids);
  const limits = { durationMs, maxBytes, readAlong: load.readsAlong };
  const published = await publishUntilTaken(group, destination, limits, { guard, nowUs: deps.nowUs });
  return { published, usage: sampler.finish() };
}

export function readLoadBack(running: RunningPlan, { reports }: Published): Promise<ConsumerReport[]> {
  const { plan, load, group, guard, deps } = running;
  return group.readBack(
    reports.flatMap((report) => report.outcomes),
    {
      timeoutMs: plan.phases.verify.timeoutMs,
      startAtUs: load.readsAlong ? null : deps.nowUs(),
      guard,
    },
  );
}

type FromLoad = Pick<
  StagedObservations,
  | "counts"
  | "throughput"
  | "histograms"
  | "windows"
  | "usage"
  | "loadProcesses"
  | "attainedPerSecond"
  | "publisherErrors"
  | "examples"
  | "evidence"
>;

/** What a staged run tells of its load. Pure. */
export function observedLoad(load: Load, played: PlayedLoad): FromLoad {
  const { published, consumed, usage } = played;
  const { reports, logEnd, firstSendUs } = published;
  const counts = totalCounts(reports, consumed);
  const seconds = ((logEnd.coveredUs ?? logEnd.lastAdvanceUs) - firstSendUs) / 1e6;
  const windows = windowsOf(played);
  return {
    counts,
    throughput: { messages: counts.delivered, seconds },
    histograms: pooledHistograms(reports, consumed),
    windows: { publish: [...windows.publish], consume: [...windows.consume] },
    usage,
    loadProcesses: [
      ...reports.map(({ process }) => ({ role: "publisher" as const, ...process })),
      // Who reads back afterwards limits nothing.
      ...(load.readsAlong ? consumed.map(({ process }) => ({ role: "consumer" as const, ...process })) : []),
    ],
    attainedPerSecond: seconds > 0 ? logEnd.messages / seconds : null,
    publisherErrors: addErrors(reports),
    examples: consumed.flatMap((report) => report.examples),
    evidence: { logEnd, measuredMs: seconds * 1e3, readBackTimedOut: consumed.some((each) => each.timedOut) },
  };
}

/** Of all load processes, in windows of a second. */
export function windowsOf({
  published,
  consumed,
}: Pick<PlayedLoad, "published" | "consumed">): Seen["windows"] {
  return {
    publish: published.reports.flatMap((report) => report.windows),
    consume: consumed.flatMap((report) => report.windows),
  };
}
