/** Grow a queue beyond the memory that the broker may take, wait until it is quiet, drain it. */
import { setTimeout as sleep } from "node:timers/promises";
import { AmqpAdmin } from "../../drivers/amqp/admin.ts";
import type { Load } from "../../load/load-of-plan.ts";
import type { BatchShape, ConsumerReport } from "../../load/protocol.ts";
import { RssSeries } from "../../measure/rss-series.ts";
import { type PhaseUsage, ResourceSampler } from "../../measure/sampler.ts";
import type { MemoryPagingParameters, PlanOf } from "../../scenario/plan.ts";
import { Guard } from "../guard.ts";
import { LoadGroup, type PublishedSoFar } from "../load-group.ts";
import { type Published, publishUntilTaken } from "../publish.ts";
import { openDestination } from "../running-plan.ts";
import type { WarmupEvidence } from "../warmup-bounds.ts";
import { DepthWatch } from "./depth-watch.ts";
import { observePaging } from "./paging-figures.ts";
import type { Staged, StagedObservations, StagedRun } from "./staged-run.ts";
import { cacheHitRate, readMetrics } from "./target-metrics.ts";
import { publishingTwin } from "./twin.ts";
import { warmUpFor } from "./warm-up-for.ts";

/** What a start or a load leaves behind in a process has come and gone by then, as far as it goes by itself. */
const SETTLE_MS = 1_500;
const DEPTH_INTERVAL_MS = 500;

const steadily = (plan: PlanOf<"memory-paging">) =>
  publishingTwin(plan, plan.parameters, { publishers: plan.parameters.publishers, queues: 1 });

export const memoryPaging: StagedRun<"memory-paging"> = { steadily, run };

/** What was seen, with the moments between the stages on the run's clock. */
export interface Paged {
  readonly warmup: WarmupEvidence;
  readonly batch: BatchShape;
  readonly published: Published;
  /** Messages confirmed so far, as the publishers told four times a second. */
  readonly growth: readonly PublishedSoFar[];
  readonly consumed: readonly ConsumerReport[];
  /** Messages that waited when draining began. */
  readonly waiting: number;
  readonly deepest: number;
  readonly grownUs: number;
  readonly drainUs: number;
  readonly drainedUs: number;
  readonly endUs: number;
  readonly rssBeforeBytes: number | null;
  readonly rssFullBytes: number | null;
  readonly rssAfterBytes: number | null;
  readonly rss: RssSeries;
  readonly usage: PhaseUsage;
  /** Of the target's caches while it was drained; null: it does not tell. */
  readonly hitRate: number | null;
}

async function run(staged: Staged<"memory-paging">): Promise<StagedObservations<"memory-paging">> {
  const { plan, target, deps, enter } = staged;
  const warmup = await warmUpFor(staged, steadily(plan));
  const load = pagingLoad(plan.parameters);
  await using admin = await deps.connectAdmin(plan.protocol, target.endpoint);
  await using asking = await AmqpAdmin.connect(target.endpoint);
  await using group = await LoadGroup.start(load, deps.loadProcesses);
  using guard = new Guard(deps.signal, [target.died, group.failed]);
  const runId = deps.newRunId();
  await using destination = await openDestination({ plan, load, admin, guard }, runId);
  const batch = await group.prepare({ load, plan }, target.endpoint, destination.name, runId, guard);
  using rss = new RssSeries(target.pid, deps.nowUs);
  const settled = () => guard.wait(sleep(SETTLE_MS), 2 * SETTLE_MS, "waiting").then(() => rss.sample());
  const rssBeforeBytes = await settled();
  using sampler = new ResourceSampler(
    target.pid,
    group.processes.map(({ pid }) => pid),
  );

  enter("growing");
  const { messages } = plan.parameters;
  const perProcess = Math.ceil(messages / group.publishers.length);
  const maxBytes = perProcess * group.publishers.length * batch.encodedBytes;
  const { durationMs } = plan.phases.measure;
  using depth = new DepthWatch(() => asking.depth(destination.name, 0), DEPTH_INTERVAL_MS, deps.nowUs);
  const limits = { durationMs, maxBytes, readAlong: load.readsAlong };
  const growth: PublishedSoFar[] = [];
  const unlisten = group.onPublished((progress) => growth.push(progress));
  const published = await publishUntilTaken(group, destination, limits, { guard, nowUs: deps.nowUs });
  unlisten();
  const grownUs = deps.nowUs();
  const rssFullBytes = await settled();
  const waiting = await guard.wait(depth.ask(), durationMs, "telling the queue's depth");
  const deepest = depth.deepest();
  depth[Symbol.dispose]();

  const metricsWhenGrown = await readMetrics(target.endpoint);
  enter("draining");
  const drainUs = deps.nowUs();
  const { timeoutMs } = plan.phases.verify;
  const outcomes = published.reports.flatMap((report) => report.outcomes);
  const startAtUs = load.readsAlong ? null : drainUs;
  const consumed = await group.readBack(outcomes, { timeoutMs, startAtUs, guard });
  const drainedUs = deps.nowUs();
  const hitRate = cacheHitRate(metricsWhenGrown, await readMetrics(target.endpoint));
  const rssAfterBytes = await settled();
  const usage = sampler.finish();
  return observePaging(staged, {
    ...{ warmup, batch, published, growth, consumed, waiting, deepest, hitRate },
    ...{ grownUs, drainUs, drainedUs, endUs: deps.nowUs() },
    ...{ rssBeforeBytes, rssFullBytes, rssAfterBytes, rss, usage },
  });
}

/** One queue; its consumers read along, held to their rate, or come when it has grown. */
function pagingLoad(parameters: MemoryPagingParameters): Load {
  const { messages: _, memoryLimitBytes: __, growthReadPerSecond, publishers, ...rest } = parameters;
  const { consumers, ...messages } = rest;
  return {
    kind: "queues",
    parameters: {
      ...messages,
      producers: publishers,
      consumersPerQueue: consumers,
      routing: "direct",
      topics: 1,
      queues: 1,
      slow: null,
      ...(growthReadPerSecond > 0 ? { readPerSecond: growthReadPerSecond } : {}),
    },
    readsAlong: growthReadPerSecond > 0,
    deliveriesPerMessage: 1,
    endsWithDelivery: true,
  };
}
