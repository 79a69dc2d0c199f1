/**
 * How fast could the load processes go if the broker cost nothing? The same load, closed loop, against the null
 * target, which takes requests and forgets them. Over AMQP it hands messages on to consumers who read along, so that
 * their limit shows too; over Kafka it has nothing to fetch, so a fan-out of a log has no ceiling, and what its readers
 * take shows in their own CPU.
 */
import { type Load, loadOf } from "../load/load-of-plan.ts";
import { ResourceSampler } from "../measure/sampler.ts";
import type { SteadyPlan } from "../scenario/plan.ts";
import type { RunningTarget } from "../targets/target.ts";
import { Guard } from "./guard.ts";
import { LoadGroup } from "./load-group.ts";
import { publishUntilTaken } from "./publish.ts";
import { openDestination, type RunDeps, type RunningPlan } from "./running-plan.ts";

/** The load processes compile their hot path in the first part, which is not counted. */
const WARM_MS = 1_000;
const COUNTED_MS = 2_000;
const DRAIN_TIMEOUT_MS = 10_000;

/** No longer than what is held against it: a smoke run lasts a second. */
function countedMs({ phases }: SteadyPlan): number {
  return Math.min(COUNTED_MS, phases.measure.durationMs);
}

/** Equal keys have equal ceilings: durability, seed and repetition do not matter to a sink. */
export function ceilingKey(plan: SteadyPlan): string {
  const { ratePerSecond: _, ...load } = withoutSlow(plan).parameters;
  return JSON.stringify([
    plan.workload,
    plan.driver,
    countedMs(plan),
    Object.entries(load).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

/** What a load is against a sink that keeps nothing. */
export interface SinkFigures {
  /** Deliveries a second where those are what the workload counts, else messages; null: cannot be told. */
  readonly generatorCeiling: number | null;
  /** Of the sink's process; null where it cannot be told. */
  readonly sinkPeakRssBytes: number | null;
}

export const NO_SINK: SinkFigures = { generatorCeiling: null, sinkPeakRssBytes: null };

/** Throws what `runPlan` throws. */
export async function measureSink(
  plan: SteadyPlan,
  sink: RunningTarget,
  deps: RunDeps,
): Promise<SinkFigures> {
  const parameters = { ...withoutSlow(plan).parameters, ratePerSecond: null };
  const unpaced = { ...plan, mode: "closed", parameters } as SteadyPlan;
  const load = loadOf(unpaced);
  if (load.endsWithDelivery && !handsOn(load)) return NO_SINK;
  const consumers = handsOn(load) ? deps.loadProcesses.consumers : 0;
  await using admin = await deps.connectAdmin(plan.protocol, sink.endpoint);
  await using group = await LoadGroup.start(load, { ...deps.loadProcesses, consumers });
  using guard = new Guard(deps.signal, [sink.died, group.failed]);
  const running: RunningPlan = { plan: unpaced, target: sink, admin, load, group, guard, deps };
  const durationMs = countedMs(plan);
  await publishFor(running, Math.min(WARM_MS, durationMs / 2));
  using sampler = new ResourceSampler(sink.pid, []);
  const generatorCeiling = await publishFor(running, durationMs);
  return { generatorCeiling, sinkPeakRssBytes: sampler.finish().target?.peakRssBytes ?? null };
}

/** A slow subscriber would slow the generator, which is not what is asked. */
function withoutSlow(plan: SteadyPlan): SteadyPlan {
  if (plan.workload !== "fanout") return plan;
  const { parameters } = plan;
  return { ...plan, parameters: { ...parameters, slowPolicy: "none", maxLength: 1, slowPauseMs: 0 } };
}

/** Whether consumers get anything from the null target. */
function handsOn({ kind, readsAlong }: Load): boolean {
  return kind === "queues" && readsAlong;
}

async function publishFor(running: RunningPlan, durationMs: number): Promise<number> {
  const { target, load, group, guard, deps } = running;
  const runId = deps.newRunId();
  await using destination = await openDestination(running, runId);
  await group.prepare(running, target.endpoint, destination.name, runId, guard);
  const readAlong = handsOn(load);
  const limits = { durationMs, maxBytes: Number.MAX_SAFE_INTEGER, readAlong };
  const { firstSendUs, logEnd, reports } = await publishUntilTaken(group, destination, limits, {
    guard,
    nowUs: deps.nowUs,
  });
  const perSecond = (messages: number, untilUs: number) => (messages / (untilUs - firstSendUs)) * 1e6;
  if (!readAlong) return perSecond(logEnd.messages, logEnd.lastAdvanceUs);
  const published = reports.flatMap((report) => report.outcomes);
  const consumed = await group.readBack(published, { timeoutMs: DRAIN_TIMEOUT_MS, startAtUs: null, guard });
  const delivered = consumed.reduce((sum, report) => sum + report.delivered, 0);
  return perSecond(delivered, Math.max(...consumed.map((report) => report.lastDeliveryUs ?? 0)));
}
