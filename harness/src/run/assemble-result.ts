/** The stored form of a run, around what a workload of whatever kind saw of it. Pure. */
import { LatencyHistogram } from "../measure/histogram.ts";
import type { PhaseUsage } from "../measure/sampler.ts";
import { judgeValidity, type ValidityEvidence } from "../measure/validity.ts";
import type { Environment } from "../result/environment.ts";
import {
  type PhaseDetail,
  type PhaseSummary,
  type ResultFile,
  type RunSummary,
  SCHEMA_VERSION,
} from "../result/schema.ts";
import type { Plan } from "../scenario/plan.ts";
import type { RunningTarget } from "../targets/target.ts";
import { type IntegrityCounts, judgeIntegrity } from "./integrity-verdict.ts";

export interface ResultContext {
  /** The command line that made it. */
  readonly command: string;
  readonly createdAt: string;
  readonly environment: Environment;
  readonly generatorCeiling: number | null;
  readonly sinkPeakRssBytes: number | null;
}

/** What differs from workload to workload. */
export interface Seen {
  readonly counts: IntegrityCounts;
  /** Messages that arrived, and over how long; null: the workload has no such figure. */
  readonly throughput: { readonly messages: number; readonly seconds: number } | null;
  /** Bytes of all that was published as it was sent, and payload bytes per byte of it; null: not told. */
  readonly encodedBytes: number | null;
  readonly compressionRatio: number | null;
  readonly rssBytesPerSubscriber: number | null;
  readonly histograms: ResultFile["histograms"];
  readonly windows: ResultFile["windows"];
  readonly usage: PhaseUsage;
  readonly phases: readonly { readonly summary: PhaseSummary; readonly detail: PhaseDetail }[];
  readonly figures: RunSummary["figures"];
  readonly validity: Omit<ValidityEvidence, SaidOfAll>;
  readonly examples: readonly string[];
  /** Anything else worth keeping. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

type SaidOfAll =
  | "mode"
  | "scheduleLagP99Us"
  | "serviceP50Us"
  | "generatorCeiling"
  | "foreignShare"
  | "stealShare"
  | "clockStepMs";

export function assembleResult(
  plan: Plan,
  target: RunningTarget,
  seen: Seen,
  context: ResultContext,
): ResultFile {
  const latencyUs = latenciesOf(seen.histograms);
  const evidence = validityEvidence(plan, seen, latencyUs, context);
  return {
    schemaVersion: SCHEMA_VERSION,
    kind: "brokermark-result",
    createdAt: context.createdAt,
    command: context.command,
    plan: { ...plan },
    summary: {
      ...summarise(plan, target, seen),
      latencyUs,
      validity: judgeValidity(evidence),
      generatorCeiling: context.generatorCeiling,
      sinkPeakRssBytes: context.sinkPeakRssBytes,
    },
    environment: context.environment,
    target: {
      configuration: { ...target.configuration },
      durabilityEvidence: target.durabilityEvidence,
      notes: [...target.notes],
      startupMs: target.startupMs,
    },
    histograms: { ...seen.histograms },
    windows: { ...seen.windows },
    phases: seen.phases.map(({ detail }) => detail),
    evidence: { ...evidence, usage: seen.usage, foreignMessages: seen.counts.foreign, ...seen.evidence },
    examples: [...seen.examples],
  };
}

function summarise(
  plan: Plan,
  target: RunningTarget,
  seen: Seen,
): Omit<RunSummary, "latencyUs" | "validity" | "generatorCeiling" | "sinkPeakRssBytes"> {
  const { foreign: _, ...counted } = seen.counts;
  const verdict = judgeIntegrity(seen.counts, plan.expect);
  const intact = verdict === "valid" ? seen.throughput : null;
  const { payloadBytes } = plan.parameters;
  const perSecond = (amount: number) =>
    intact !== null && intact.seconds > 0 ? amount / intact.seconds : null;
  return {
    scenario: plan.scenario,
    profile: plan.profile,
    protocol: plan.protocol,
    driver: plan.driver,
    mode: plan.mode,
    repetition: plan.repetition,
    parameters: { ...plan.parameters },
    target: { name: plan.target, version: target.version, durability: target.durability },
    integrity: { verdict, ...counted },
    throughput: {
      messagesPerSecond: intact === null ? null : perSecond(intact.messages),
      payloadBytesPerSecond: intact === null ? null : perSecond(intact.messages * payloadBytes),
      wireBytesPerSecond: seen.encodedBytes === null ? null : perSecond(seen.encodedBytes),
      compressionRatio: seen.compressionRatio,
    },
    cost: costOf(seen.usage, payloadBytes, intact?.messages ?? null, seen.rssBytesPerSubscriber),
    ratioToReference: null,
    phases: seen.phases.map(({ summary }) => summary),
    figures: { ...seen.figures },
    resultFile: null,
  };
}

/** `messages`: what the usage was for; null where they were not all intact. */
function costOf(
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
  plan: Plan,
  { validity, usage: { machine } }: Seen,
  latencyUs: RunSummary["latencyUs"],
  { generatorCeiling }: ResultContext,
): ValidityEvidence {
  return {
    ...validity,
    mode: plan.mode,
    scheduleLagP99Us: latencyUs.scheduleLag?.p99 ?? null,
    serviceP50Us: latencyUs.service?.p50 ?? null,
    generatorCeiling,
    foreignShare: machine.foreignShare,
    stealShare: machine.stealShare,
    clockStepMs: machine.clockStepMs,
  };
}

function latenciesOf({
  response,
  service,
  publish,
  scheduleLag,
}: ResultFile["histograms"]): RunSummary["latencyUs"] {
  const summary = (encoded: string | null) =>
    encoded === null ? null : LatencyHistogram.decode(encoded).summary();
  return {
    response: summary(response),
    service: summary(service),
    publish: summary(publish),
    scheduleLag: summary(scheduleLag),
  };
}
