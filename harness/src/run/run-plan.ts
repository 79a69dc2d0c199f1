/** One plan on one running target: the only place that knows the order of the phases. */
import { loadOf } from "../load/load-of-plan.ts";
import type { ConsumerReport } from "../load/protocol.ts";
import { type PhaseUsage, ResourceSampler } from "../measure/sampler.ts";
import type { ResultFile } from "../result/schema.ts";
import type { Plan, SteadyPlan } from "../scenario/plan.ts";
import type { RunningTarget } from "../targets/target.ts";
import type { ResultContext } from "./assemble-result.ts";
import { buildResult } from "./build-result.ts";
import type { Destination } from "./destination.ts";
import { Guard } from "./guard.ts";
import { LoadGroup } from "./load-group.ts";
import type { RunPhase } from "./progress.ts";
import { type Published, publishUntilTaken } from "./publish.ts";
import { openDestination, type RunDeps, type RunningPlan } from "./running-plan.ts";
import { isStaged, runStaged } from "./staged/run-staged.ts";
import { measureSubscriptionMemory } from "./subscription-memory.ts";
import { warmUp } from "./warm-up.ts";

export interface RunOptions extends ResultContext {
  /** The target has had its full warm-up since it was started. */
  readonly alreadyWarm: boolean;
}

/**
 * Throws HarnessError: TARGET_DIED, TARGET_UNREACHABLE, LOAD_PROCESS_DIED, DRIVER_PROTOCOL; or the signal's reason
 * when interrupted. Load processes, topics and queues are gone when it returns or throws.
 */
export function runPlan(
  plan: Plan,
  target: RunningTarget,
  options: RunOptions,
  deps: RunDeps,
): Promise<ResultFile> {
  return isStaged(plan) ? runStaged(plan, target, options, deps) : runSteady(plan, target, options, deps);
}

async function runSteady(
  plan: SteadyPlan,
  target: RunningTarget,
  options: RunOptions,
  deps: RunDeps,
): Promise<ResultFile> {
  const enter = (phase: RunPhase) => deps.listen({ type: "phase", plan, phase });
  enter("prepare");
  const load = loadOf(plan);
  await using admin = await deps.connectAdmin(plan.protocol, target.endpoint);
  await using group = await LoadGroup.start(load, deps.loadProcesses);
  using guard = new Guard(deps.signal, [target.died, group.failed]);
  const running: RunningPlan = { plan, target, admin, load, group, guard, deps };
  reportRate(running);
  // Only a target that has not worked yet shows in its memory what subscribers add to it.
  const subscriptionBytes = options.alreadyWarm ? null : await measureSubscriptionMemory(running);

  enter("warmup");
  const warmup = await warmUp(running, options.alreadyWarm);

  enter("prepare");
  const runId = deps.newRunId();
  await using destination = await openDestination(running, runId);
  const batch = await group.prepare(running, target.endpoint, destination.name, runId, guard);

  enter("measure");
  const { published, usage } = await measure(running, destination, () => enter("log-end"));

  enter("verify");
  const consumed = await verify(running, published);
  const seen = { load, batch, warmup, published, usage, consumed, subscriptionBytes };
  return buildResult(plan, target, seen, options);
}

async function measure(
  { plan, target, load, group, guard, deps }: RunningPlan,
  destination: Destination,
  onLastSent: () => void,
): Promise<{ published: Published; usage: PhaseUsage }> {
  const { durationMs, maxBytes } = plan.phases.measure;
  const limits = { durationMs, maxBytes, readAlong: load.readsAlong };
  using sampler = new ResourceSampler(
    target.pid,
    group.processes.map(({ pid }) => pid),
  );
  const published = await publishUntilTaken(group, destination, limits, {
    guard,
    nowUs: deps.nowUs,
    onLastSent,
  });
  return { published, usage: sampler.finish() };
}

/** Where consumers do not read along, reading begins only now, so that it takes no CPU from what is measured. */
function verify(
  { plan, load, group, guard, deps }: RunningPlan,
  published: Published,
): Promise<ConsumerReport[]> {
  return group.readBack(
    published.reports.flatMap((report) => report.outcomes),
    {
      timeoutMs: plan.phases.verify.timeoutMs,
      startAtUs: load.readsAlong ? null : deps.nowUs(),
      guard,
    },
  );
}

/** Tells the rate between any two progress messages, for the terminal. */
function reportRate({ plan, group, deps }: RunningPlan): void {
  let last: { atUs: number; messages: number } | null = null;
  group.onPublished((progress) => {
    if (last && progress.atUs > last.atUs && progress.messages >= last.messages) {
      const messagesPerSecond = ((progress.messages - last.messages) / (progress.atUs - last.atUs)) * 1e6;
      deps.listen({ type: "rate", plan, messagesPerSecond });
    }
    last = progress;
  });
}
