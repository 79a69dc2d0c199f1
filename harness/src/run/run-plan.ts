/** One plan on one running target: the only place that knows the order of the phases. */
import type { ConsumerReport } from "../load/protocol.ts";
import { type PhaseUsage, ResourceSampler } from "../measure/sampler.ts";
import type { ResultFile } from "../result/schema.ts";
import type { Plan } from "../scenario/plan.ts";
import type { RunningTarget } from "../targets/target.ts";
import { buildResult, type ResultContext } from "./build-result.ts";
import { Guard } from "./guard.ts";
import { LoadGroup } from "./load-group.ts";
import type { TemporaryTopic } from "./log-admin.ts";
import type { RunPhase } from "./progress.ts";
import { type Published, publishUntilLogEnd } from "./publish.ts";
import { openTopic, type RunDeps, type RunningPlan } from "./running-plan.ts";
import { warmUp } from "./warm-up.ts";

export interface RunOptions extends ResultContext {
  /** The target has had its full warm-up since it was started. */
  readonly alreadyWarm: boolean;
}

/**
 * Throws HarnessError: TARGET_DIED, TARGET_UNREACHABLE, LOAD_PROCESS_DIED, DRIVER_PROTOCOL; or the signal's reason
 * when interrupted. Load processes and topics are gone when it returns or throws.
 */
export async function runPlan(
  plan: Plan,
  target: RunningTarget,
  options: RunOptions,
  deps: RunDeps,
): Promise<ResultFile> {
  const enter = (phase: RunPhase) => deps.listen({ type: "phase", plan, phase });
  enter("prepare");
  await using admin = await deps.connectAdmin(target.endpoint);
  await using load = await LoadGroup.start(plan, deps.loadProcesses);
  using guard = new Guard(deps.signal, [target.died, load.failed]);
  const running: RunningPlan = { plan, target, admin, load, guard, deps };
  reportRate(running);

  enter("warmup");
  const warmup = await warmUp(running, options.alreadyWarm);

  enter("prepare");
  const runId = deps.newRunId();
  await using topic = await openTopic(running, runId);
  const batch = await load.prepare(plan, target.endpoint, topic, runId, guard);

  enter("measure");
  const { published, usage } = await measure(running, topic, () => enter("log-end"));

  enter("verify");
  const consumed = await verify(running, published);
  return buildResult(plan, target, { batch, warmup, published, usage, consumed }, options);
}

async function measure(
  { plan, target, admin, load, guard, deps }: RunningPlan,
  topic: TemporaryTopic,
  onLastSent: () => void,
): Promise<{ published: Published; usage: PhaseUsage }> {
  const { durationMs, maxBytes } = plan.phases.measure;
  const limits = { durationMs, maxBytes, readAlong: plan.mode === "open" };
  using sampler = new ResourceSampler(
    target.pid,
    load.processes.map(({ pid }) => pid),
  );
  const published = await publishUntilLogEnd(load, topic, limits, {
    admin,
    guard,
    nowUs: deps.nowUs,
    onLastSent,
  });
  return { published, usage: sampler.finish() };
}

/** Closed loop: reading begins only now, so that it takes no CPU from what is measured. */
function verify({ plan, load, guard, deps }: RunningPlan, published: Published): Promise<ConsumerReport[]> {
  return load.readBack(
    published.reports.flatMap((report) => report.outcomes),
    {
      timeoutMs: plan.phases.verify.timeoutMs,
      startAtUs: plan.mode === "open" ? null : deps.nowUs(),
      guard,
    },
  );
}

/** Tells the rate between any two progress messages, for the terminal. */
function reportRate({ plan, load, deps }: RunningPlan): void {
  let last: { atUs: number; messages: number } | null = null;
  load.onPublished((progress) => {
    if (last && progress.atUs > last.atUs && progress.messages >= last.messages) {
      const messagesPerSecond = ((progress.messages - last.messages) / (progress.atUs - last.atUs)) * 1e6;
      deps.listen({ type: "rate", plan, messagesPerSecond });
    }
    last = progress;
  });
}
