/** From what a staged workload saw to the result of its run. Pure. */
import { LatencyHistogram } from "../../measure/histogram.ts";
import { judgeValidity, type ValidityEvidence } from "../../measure/validity.ts";
import { type ResultFile, SCHEMA_VERSION } from "../../result/schema.ts";
import type { StagedPlan } from "../../scenario/plan.ts";
import type { RunningTarget } from "../../targets/target.ts";
import { costOf, type ResultContext, summaryHead, targetFacts } from "../build-result.ts";
import { judgeIntegrity } from "../integrity-verdict.ts";
import type { StagedObservations } from "./staged-run.ts";

export function buildStagedResult(
  plan: StagedPlan,
  target: RunningTarget,
  seen: StagedObservations,
  context: ResultContext,
): ResultFile {
  const { generatorCeiling, sinkPeakRssBytes } = context;
  const { foreign, ...counted } = seen.counts;
  const integrity = { verdict: judgeIntegrity(seen.counts, plan.expect), ...counted };
  const { payloadBytes } = plan.parameters;
  const intact = integrity.verdict === "valid" ? seen.throughput : null;
  const perSecond = intact !== null && intact.seconds > 0 ? intact.messages / intact.seconds : null;
  const latency = (encoded: string | null) =>
    encoded === null ? null : LatencyHistogram.decode(encoded).summary();
  const { response, service, publish, scheduleLag } = seen.histograms;
  const evidence = validityEvidence(plan, seen, generatorCeiling);
  return {
    schemaVersion: SCHEMA_VERSION,
    kind: "brokermark-result",
    createdAt: context.createdAt,
    command: context.command,
    plan: { ...plan },
    summary: {
      ...summaryHead(plan, target),
      integrity,
      throughput: {
        messagesPerSecond: perSecond,
        payloadBytesPerSecond: perSecond === null ? null : perSecond * payloadBytes,
        wireBytesPerSecond: null,
        compressionRatio: null,
      },
      latencyUs: {
        response: latency(response),
        service: latency(service),
        publish: latency(publish),
        scheduleLag: latency(scheduleLag),
      },
      cost: costOf(seen.usage, payloadBytes, intact?.messages ?? null, null),
      ratioToReference: null,
      validity: judgeValidity(evidence),
      generatorCeiling,
      sinkPeakRssBytes,
      phases: seen.phases.map(({ summary }) => summary),
      figures: { ...seen.figures },
      resultFile: null,
    },
    environment: context.environment,
    target: targetFacts(target),
    histograms: { ...seen.histograms },
    windows: { ...seen.windows },
    phases: seen.phases.map(({ detail }) => detail),
    evidence: { ...evidence, usage: seen.usage, foreignMessages: foreign, ...seen.evidence },
    examples: [...seen.examples],
  };
}

/** Rates differ from stage to stage by intention, so steadiness is not asked. */
function validityEvidence(
  plan: StagedPlan,
  seen: StagedObservations,
  generatorCeiling: number | null,
): ValidityEvidence {
  const { machine } = seen.usage;
  const summaryOf = (encoded: string | null) =>
    encoded === null ? null : LatencyHistogram.decode(encoded).summary();
  return {
    mode: plan.mode,
    consumersReadAlong: true,
    loadProcesses: seen.loadProcesses,
    scheduleLagP99Us: summaryOf(seen.histograms.scheduleLag)?.p99 ?? null,
    serviceP50Us: summaryOf(seen.histograms.service)?.p50 ?? null,
    attainedPerSecond: seen.attainedPerSecond,
    plannedPerSecond: null,
    generatorCeiling,
    warmup: seen.warmup,
    publisherErrors: seen.publisherErrors,
    windowRates: [],
    shortcomings: seen.shortcomings,
    foreignShare: machine.foreignShare,
    stealShare: machine.stealShare,
    clockStepMs: machine.clockStepMs,
  };
}
