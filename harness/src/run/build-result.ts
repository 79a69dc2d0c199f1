/** From what load processes, sampler and broker reported to the result of a run of one steady load. Pure. */
import { REFUSED } from "../drivers/amqp/publish-session.ts";
import type { Load } from "../load/load-of-plan.ts";
import type { BatchShape, ConsumerReport, ProcessEvidence, PublisherReport } from "../load/protocol.ts";
import type { PhaseUsage } from "../measure/sampler.ts";
import { addWindows, fullWindowRates } from "../measure/steadiness.ts";
import type { LoadProcessEvidence } from "../measure/validity.ts";
import type { ResultFile } from "../result/schema.ts";
import type { OverflowPolicy, SteadyPlan } from "../scenario/plan.ts";
import type { RunningTarget } from "../targets/target.ts";
import { assembleResult, type ResultContext, type Seen } from "./assemble-result.ts";
import { totalCounts } from "./integrity-verdict.ts";
import { pooledHistograms } from "./pooled-histograms.ts";
import type { Published } from "./publish.ts";
import type { WarmupEvidence } from "./warmup-bounds.ts";

/** Everything one run observed. */
export interface Observations {
  readonly load: Load;
  readonly batch: BatchShape;
  readonly warmup: WarmupEvidence;
  readonly published: Published;
  readonly usage: PhaseUsage;
  readonly consumed: readonly ConsumerReport[];
  /** Resident bytes per subscriber; null where not measured. */
  readonly subscriptionBytes: number | null;
}

export function buildResult(
  plan: SteadyPlan,
  target: RunningTarget,
  seen: Observations,
  context: ResultContext,
): ResultFile {
  const { reports } = seen.published;
  const counts = totalCounts(reports, seen.consumed);
  const slowly = sum(seen.consumed.map((report) => report.deliveredSlowly));
  return assembleResult(
    plan,
    target,
    {
      counts,
      throughput: { messages: counts.delivered - slowly, seconds: elapsedSeconds(seen) },
      encodedBytes: sum(reports.map((report) => report.encodedBytes)),
      compressionRatio: seen.batch.compressionRatio,
      rssBytesPerSubscriber: seen.subscriptionBytes,
      histograms: pooledHistograms(reports, seen.consumed),
      windows: {
        publish: reports.flatMap((report) => report.windows),
        consume: seen.consumed.flatMap((report) => report.windows),
      },
      usage: seen.usage,
      phases: [],
      figures: {},
      validity: validityOf(plan, seen),
      examples: seen.consumed.flatMap((report) => report.examples),
      evidence: otherEvidence(seen),
    },
    context,
  );
}

function validityOf(plan: SteadyPlan, seen: Observations): Seen["validity"] {
  const { reports, logEnd } = seen.published;
  const { readsAlong, deliveriesPerMessage } = seen.load;
  const seconds = elapsedSeconds(seen);
  const perSecond = (messages: number) => messages * deliveriesPerMessage;
  const { ratePerSecond } = plan.parameters;
  // Holding the publisher back is what that policy is for: it cannot keep its rate, and is not overloaded.
  const held = slowPolicyOf(seen.load) === "block-publisher";
  return {
    consumersReadAlong: readsAlong,
    loadProcesses: [
      ...reports.map((report) => loadProcess("publisher", report.process)),
      ...seen.consumed.map((report) => loadProcess("consumer", report.process)),
    ],
    attainedPerSecond: seconds > 0 ? perSecond(logEnd.messages) / seconds : null,
    plannedPerSecond: ratePerSecond === null || held ? null : perSecond(ratePerSecond),
    warmup: seen.warmup,
    publisherErrors: withoutRefusals(addCounts(reports.map((report) => report.errors)), seen.load),
    windowRates: fullWindowRates(addWindows(countedWindows(seen))),
    shortcomings: [],
  };
}

function otherEvidence(seen: Observations): Record<string, unknown> {
  const { firstSendUs, logEnd } = seen.published;
  return {
    batch: seen.batch,
    measuredMs: (logEnd.lastAdvanceUs - firstSendUs) / 1000,
    publisherErrors: addCounts(seen.published.reports.map((report) => report.errors)),
    publisherLongestHoldMs: Math.max(0, ...seen.published.reports.map((report) => report.longestHoldMs)),
    publisherBlockedMs: Math.max(0, ...seen.published.reports.map((report) => report.blockedMs)),
    deliveredSlowly: sum(seen.consumed.map((report) => report.deliveredSlowly)),
    slowEnded: seen.consumed.map((report) => report.slowEnded).find((reason) => reason !== null) ?? null,
    logEnd,
    readBackTimedOut: seen.consumed.some((report) => report.timedOut),
  };
}

function loadProcess(role: LoadProcessEvidence["role"], evidence: ProcessEvidence): LoadProcessEvidence {
  return { role, ...evidence };
}

/** From the first send until the target took the last message it ever took, or delivered it where deliveries count. */
function elapsedSeconds({ load, consumed, published: { firstSendUs, logEnd } }: Observations): number {
  const takenUs = logEnd.coveredUs ?? logEnd.lastAdvanceUs;
  const deliveries = load.endsWithDelivery ? consumed.map((report) => report.lastDeliveryUs ?? 0) : [];
  return (Math.max(takenUs, ...deliveries) - firstSendUs) / 1e6;
}

function slowPolicyOf(load: Load): OverflowPolicy | null {
  return load.kind === "queues" ? (load.parameters.slow?.policy ?? null) : null;
}

/** Of what the workload counts: confirms come in lumps of a window, deliveries as they are made. */
function countedWindows({ load, consumed, published }: Observations) {
  const counting = load.endsWithDelivery ? consumed : published.reports;
  return counting.map((report) => report.windows);
}

/** Under reject-publish refusing is what the broker was told to do. */
function withoutRefusals(errors: Record<string, number>, load: Load): Record<string, number> {
  if (slowPolicyOf(load) !== "reject-publish") return errors;
  return Object.fromEntries(Object.entries(errors).filter(([error]) => error !== REFUSED));
}

export function addCounts(parts: readonly PublisherReport["errors"][]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [code, count] of parts.flatMap((part) => Object.entries(part)))
    total[code] = (total[code] ?? 0) + count;
  return total;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
