import { HarnessError } from "../../errors.ts";
import type { GateEvidence, SideDescription } from "../evidence.ts";
import type { Judgement, MetricJudgement } from "../judgement.ts";
import { TREND_SCHEMA_VERSION, type TrendPoint } from "./point.ts";

/** With fewer rounds there is no interval either. */
export const MIN_ROUNDS = 6;

/**
 * One point for each metric that was measured in enough rounds. What the gate said of it does not matter: an inconclusive
 * estimate is one with a large error.
 * @param source the evidence's file, for messages
 * Throws RESULT_INVALID for evidence of a broker that lost or spoilt messages: that has no speed.
 */
export function pointsOfEvidence(
  { job }: GateEvidence,
  judgement: Judgement,
  source: string,
): readonly TrendPoint[] {
  const { baseline, candidate } = job.sides;
  if (baseline === undefined || candidate === undefined) {
    throw new HarnessError("RESULT_INVALID", `${source}: a side of the job is not described`);
  }
  if (judgement.verdict === "integrity") {
    throw new HarnessError("RESULT_INVALID", `${source}: messages were lost or spoilt, so it says no speed`, {
      hint: "brokermark gate --replay names them.",
    });
  }
  const common: Omit<TrendPoint, keyof ReturnType<typeof figuresOf>> = {
    schemaVersion: TREND_SCHEMA_VERSION,
    ...{ job: job.seed, attempt: job.attempt },
    ...{ measuredAt: job.createdAt, commit: identityOf(candidate), anchor: identityOf(baseline) },
    ...machineOf(job.environment),
  };
  return judgement.metrics.flatMap((metric) =>
    metric.effect === null || metric.effects.length < MIN_ROUNDS ? [] : [{ ...common, ...figuresOf(metric) }],
  );
}

function figuresOf({ scenario, metric, effect, effects, deviation }: MetricJudgement) {
  return {
    ...{ scenario, metric, effects: [...effects], logRatio: Math.log1p(effect!) },
    standardError: deviation === null ? null : deviation / Math.sqrt(effects.length),
  };
}

/** A commit is one whatever it was called; `target:kafka` is another one with each version. */
export function identityOf({ commit, spec, version }: SideDescription): string {
  if (commit !== null) return commit;
  return version === null || spec.endsWith(`@${version}`) ? spec : `${spec}@${version}`;
}

/** As `result/environment.ts` tells of the machine. */
function machineOf(environment: Readonly<Record<string, unknown>>) {
  const { kernel, architecture, cores, cpuModel } = environment;
  const system = typeof kernel === "string" ? kernel.split(" ")[0]!.toLowerCase() : "unknown";
  return {
    machineClass: `${system}-${String(architecture ?? "unknown")}-${String(cores ?? "?")}`,
    cpuModel: typeof cpuModel === "string" ? cpuModel : "unknown",
  };
}
