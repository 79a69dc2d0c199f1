/** From what load processes, sampler and broker reported to the result of one run. Pure but for the clock's date. */
import type { Load } from "../load/load-of-plan.ts";
import type { BatchShape, ConsumerReport, ProcessEvidence, PublisherReport } from "../load/protocol.ts";
import { REFUSED } from "../drivers/amqp/publish-session.ts";
import { type LatencyHistogram, mergeEncoded } from "../measure/histogram.ts";
import type { PhaseUsage } from "../measure/sampler.ts";
import { addWindows, fullWindowRates } from "../measure/steadiness.ts";
import { judgeValidity, type LoadProcessEvidence, type ValidityEvidence } from "../measure/validity.ts";
import type { Environment } from "../result/environment.ts";
import { type LatencySummary, type ResultFile, type RunSummary, SCHEMA_VERSION } from "../result/schema.ts";
import type { OverflowPolicy, Plan, SteadyPlan } from "../scenario/plan.ts";
import type { RunningTarget } from "../targets/target.ts";
import { judgeIntegrity, totalCounts } from "./integrity-verdict.ts";
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

export interface ResultContext {
  /** The command line that made it. */
  readonly command: string;
  readonly createdAt: string;
  readonly environment: Environment;
  readonly generatorCeiling: number | null;
  readonly sinkPeakRssBytes: number | null;
}

type HistogramName = keyof ResultFile["histograms"];

export function buildResult(
  plan: SteadyPlan,
  target: RunningTarget,
  seen: Observations,
  context: ResultContext,
): ResultFile {
  const { reports } = seen.published;
  const histograms: Record<HistogramName, LatencyHistogram | null> = {
    response: mergeEncoded(seen.consumed.map((report) => report.histograms.response)),
    service: mergeEncoded(seen.consumed.map((report) => report.histograms.service)),
    publish: mergeEncoded(reports.map((report) => report.histograms.publish)),
    scheduleLag: mergeEncoded(reports.map((report) => report.histograms.scheduleLag)),
  };
  const summaries = mapValues(histograms, (histogram) => histogram?.summary() ?? null);
  const evidence = validityEvidence(plan, seen, summaries, context.generatorCeiling);
  const summary = summarise(plan, target, seen, summaries);
  return {
    schemaVersion: SCHEMA_VERSION,
    kind: "brokermark-result",
    createdAt: context.createdAt,
    command: context.command,
    plan: { ...plan },
    summary: {
      ...summary,
      validity: judgeValidity(evidence),
      generatorCeiling: context.generatorCeiling,
      sinkPeakRssBytes: context.sinkPeakRssBytes,
    },
    environment: context.environment,
    target: targetFacts(target),
    histograms: mapValues(histograms, (histogram) => histogram?.encode() ?? null),
    windows: {
      publish: reports.flatMap((report) => report.windows),
      consume: seen.consumed.flatMap((report) => report.windows),
    },
    phases: [],
    evidence: { ...evidence, warmup: seen.warmup, ...otherEvidence(seen) },
    examples: seen.consumed.flatMap((report) => report.examples),
  };
}

type Summaries = Record<HistogramName, LatencySummary | null>;

function summarise(
  plan: SteadyPlan,
  target: RunningTarget,
  seen: Observations,
  latencyUs: Summaries,
): Omit<RunSummary, "validity" | "generatorCeiling" | "sinkPeakRssBytes"> {
  const counts = totalCounts(seen.published.reports, seen.consumed);
  const verdict = judgeIntegrity(counts, plan.expect);
  const { foreign: _, ...counted } = counts;
  const seconds = elapsedSeconds(seen);
  const slowly = sum(seen.consumed.map((report) => report.deliveredSlowly));
  const intact = verdict === "valid" && seconds > 0 ? counts.delivered - slowly : null;
  const encodedBytes = sum(seen.published.reports.map((report) => report.encodedBytes));
  return {
    ...summaryHead(plan, target),
    integrity: { verdict, ...counted },
    throughput: {
      messagesPerSecond: intact === null ? null : intact / seconds,
      payloadBytesPerSecond: intact === null ? null : (intact * plan.parameters.payloadBytes) / seconds,
      wireBytesPerSecond: intact === null ? null : encodedBytes / seconds,
      compressionRatio: seen.batch.compressionRatio,
    },
    latencyUs,
    cost: costOf(seen.usage, plan.parameters.payloadBytes, intact, seen.subscriptionBytes),
    ratioToReference: null,
    phases: [],
    figures: {},
    resultFile: null,
  };
}

export function summaryHead(plan: Plan, target: RunningTarget) {
  return {
    scenario: plan.scenario,
    profile: plan.profile,
    protocol: plan.protocol,
    driver: plan.driver,
    mode: plan.mode,
    repetition: plan.repetition,
    parameters: { ...plan.parameters },
    target: { name: plan.target, version: target.version, durability: target.durability },
  };
}

export function targetFacts(target: RunningTarget): ResultFile["target"] {
  return {
    configuration: { ...target.configuration },
    durabilityEvidence: target.durabilityEvidence,
    notes: [...target.notes],
    startupMs: target.startupMs,
  };
}

/** `messages`: what the usage was for; null where they were not all intact. */
export function costOf(
  usage: PhaseUsage,
  payloadBytes: number,
  messages: number | null,
  rssBytesPerSubscriber: number | null,
): RunSummary["cost"] {
  const perMessage = messages === null || messages === 0 ? null : messages;
  const { cpuSeconds = null, peakRssBytes = null, writtenBytes = null } = usage.target ?? {};
  return {
    cpuSecondsPerMillionMessages:
      cpuSeconds === null || perMessage === null ? null : (cpuSeconds / perMessage) * 1e6,
    peakRssBytes,
    bytesWrittenPerPayloadByte:
      writtenBytes === null || perMessage === null ? null : writtenBytes / (perMessage * payloadBytes),
    rssBytesPerSubscriber,
  };
}

function validityEvidence(
  plan: SteadyPlan,
  seen: Observations,
  latencyUs: Summaries,
  generatorCeiling: number | null,
): ValidityEvidence {
  const { machine } = seen.usage;
  const { reports, logEnd } = seen.published;
  const { readsAlong, deliveriesPerMessage } = seen.load;
  const seconds = elapsedSeconds(seen);
  const perSecond = (messages: number) => messages * deliveriesPerMessage;
  const { ratePerSecond } = plan.parameters;
  // Holding the publisher back is what that policy is for: it cannot keep its rate, and is not overloaded.
  const held = slowPolicyOf(seen.load) === "block-publisher";
  return {
    mode: plan.mode,
    consumersReadAlong: readsAlong,
    loadProcesses: [
      ...reports.map((report) => loadProcess("publisher", report.process)),
      ...seen.consumed.map((report) => loadProcess("consumer", report.process)),
    ],
    scheduleLagP99Us: latencyUs.scheduleLag?.p99 ?? null,
    serviceP50Us: latencyUs.service?.p50 ?? null,
    attainedPerSecond: seconds > 0 ? perSecond(logEnd.messages) / seconds : null,
    plannedPerSecond: ratePerSecond === null || held ? null : perSecond(ratePerSecond),
    generatorCeiling,
    warmup: seen.warmup,
    publisherErrors: withoutRefusals(addCounts(reports.map((report) => report.errors)), seen.load),
    windowRates: fullWindowRates(addWindows(countedWindows(seen))),
    shortcomings: [],
    foreignShare: machine.foreignShare,
    stealShare: machine.stealShare,
    clockStepMs: machine.clockStepMs,
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
    usage: seen.usage,
    readBackTimedOut: seen.consumed.some((report) => report.timedOut),
    foreignMessages: sum(seen.consumed.map((report) => report.foreign)),
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

function mapValues<K extends string, A, B>(record: Record<K, A>, change: (value: A) => B): Record<K, B> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, change(value as A)]),
  ) as Record<K, B>;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
