/**
 * How fast could the load processes go if the broker cost nothing? The same load, closed loop, against the null
 * target, which takes requests and forgets them.
 */
import type { Plan } from "../scenario/plan.ts";
import type { RunningTarget } from "../targets/target.ts";
import { Guard } from "./guard.ts";
import { LoadGroup } from "./load-group.ts";
import { publishUntilLogEnd } from "./publish.ts";
import { openTopic, type RunDeps, type RunningPlan } from "./running-plan.ts";

/** The load processes compile their hot path in the first part, which is not counted. */
const WARM_MS = 1_000;
const COUNTED_MS = 2_000;

/** Equal keys have equal ceilings: durability, seed and repetition do not matter to a sink. */
export function ceilingKey(plan: Plan): string {
  const { ratePerSecond: _, ...load } = plan.parameters;
  return JSON.stringify([plan.driver, Object.entries(load).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Messages a second. Throws what `runPlan` throws. */
export async function measureGeneratorCeiling(
  plan: Plan,
  sink: RunningTarget,
  deps: RunDeps,
): Promise<number> {
  const unpaced: Plan = { ...plan, mode: "closed", parameters: { ...plan.parameters, ratePerSecond: null } };
  await using admin = await deps.connectAdmin(sink.endpoint);
  await using load = await LoadGroup.start(unpaced, { ...deps.loadProcesses, consumers: 0 });
  using guard = new Guard(deps.signal, [sink.died, load.failed]);
  const running: RunningPlan = { plan: unpaced, target: sink, admin, load, guard, deps };
  await publishFor(running, WARM_MS);
  return await publishFor(running, COUNTED_MS);
}

async function publishFor(running: RunningPlan, durationMs: number): Promise<number> {
  const { plan, target, admin, load, guard, deps } = running;
  const runId = deps.newRunId();
  await using topic = await openTopic(running, runId);
  await load.prepare(plan, target.endpoint, topic, runId, guard);
  const limits = { durationMs, maxBytes: Number.MAX_SAFE_INTEGER, readAlong: false };
  const { firstSendUs, logEnd } = await publishUntilLogEnd(load, topic, limits, {
    admin,
    guard,
    nowUs: deps.nowUs,
  });
  return (logEnd.messages / (logEnd.lastAdvanceUs - firstSendUs)) * 1e6;
}
