import type { GateEvidence } from "../evidence.ts";
import type { Fitness, GateVerdict, InconclusiveReason, Judgement, MetricJudgement } from "../judgement.ts";
import { benjaminiHochberg } from "../statistics/benjamini-hochberg.ts";
import { hodgesLehmann, hodgesLehmannInterval } from "../statistics/hodges-lehmann.ts";
import { holm } from "../statistics/holm.ts";
import { deviation, median } from "../statistics/moments.ts";
import { detectableEffect } from "./detectable.ts";
import { type Examined, examine, planOf } from "./examine.ts";
import { fitnessOf, playedSteadily } from "./fitness.ts";
import { integrityFindings } from "./integrity.ts";
import { type Circumstances, type Rejections, verdictOf } from "./metric-verdict.ts";
import { REASON_ORDER, firstReason } from "./reasons.ts";

const CONFIDENCE = 0.95;
/** Of what advisory metrics call a change, at most one in twenty is none. */
const ADVISORY_RATE = 0.05;

/**
 * What the evidence of a job says, by the rules that it carries. A pure function of it: equal evidence, equal judgement.
 * Integrity comes first, then what makes the evidence void, then regressions, then what could not be told.
 */
export function judge(evidence: GateEvidence): Judgement {
  const { job, rounds, end } = evidence;
  const fitness = fitnessOf(evidence);
  const at: Circumstances = {
    plan: planOf(evidence),
    indifference: job.rules.indifference,
    fitness,
    cutShort: cutShort(evidence),
    futile: end?.reason === "futile",
  };
  const metrics = judgeMetrics(examine(evidence, at.plan), job.rules.alphaJob, at);
  const control = job.sides.control === undefined ? null : judgeControl(evidence, at);
  const integrity = integrityFindings(rounds);
  const fired = firedRules(metrics, evidence, at, { control, migrated: fitness.migrated });
  const [verdict, reason] =
    integrity.length > 0 ? (["integrity", null] as const) : verdictOfJob(metrics, at, fired);
  const { foreignCores, stealCores, cores, generatorShare, longestGapMs } = fitness;
  return {
    schemaVersion: 1,
    ...{ verdict, reason, metrics, integrity, control },
    fitness: { foreignCores, stealCores, cores, generatorShare, longestGapMs, fired },
    rounds: Object.fromEntries(
      job.scenarios.map(({ name }) => [name, rounds.filter(({ scenario }) => scenario === name).length]),
    ),
    wallMs: end?.wallMs ?? rounds.reduce((sum, { wallMs }) => sum + wallMs, 0),
    endReason: end?.reason ?? null,
  };
}

function cutShort({ end }: GateEvidence): Circumstances["cutShort"] {
  if (end === null) return "interrupted";
  return end.reason === "side-failed" || end.reason === "interrupted" ? end.reason : null;
}

function judgeMetrics(examined: readonly Examined[], alphaJob: number, at: Circumstances): MetricJudgement[] {
  const gating = examined.filter(({ role, limit }) => role === "gating" && limit !== null);
  const advisory = examined.filter((one) => !gating.includes(one));
  const rejections = new Map([
    ...reject(gating, (pValues) => holm(pValues, alphaJob)),
    ...reject(advisory, (pValues) => benjaminiHochberg(pValues, ADVISORY_RATE)),
  ]);
  return examined.map((one) => describe(one, rejections.get(one)!, at));
}

function reject(
  examined: readonly Examined[],
  correct: (pValues: readonly number[]) => boolean[],
): [Examined, Rejections][] {
  const worse = correct(examined.map(({ tests }) => tests.pWorse));
  const better = correct(examined.map(({ tests }) => tests.pBetter));
  return examined.map((one, index) => [one, { worse: worse[index]!, better: better[index]! }]);
}

function describe(examined: Examined, rejections: Rejections, at: Circumstances): MetricJudgement {
  const { scenario, metric, role, limit, effects, tests, rounds } = examined;
  const [verdict, reason] = verdictOf(examined, rejections, at);
  const interval = effects.length === 0 ? null : hodgesLehmannInterval(effects, CONFIDENCE);
  return {
    ...{ scenario, metric, role, verdict, reason, limit, effects },
    effect: effects.length === 0 ? null : Math.expm1(hodgesLehmann(effects)),
    interval: interval === null ? null : [Math.expm1(interval[0]), Math.expm1(interval[1])],
    upperBound: Number.isFinite(tests.upperBound) ? Math.expm1(tests.upperBound) : null,
    indifference: at.indifference,
    detectable: detectableEffect(effects, at.plan.alpha, at.indifference),
    ...{ pWorse: tests.pWorse, pBetter: tests.pBetter, alpha: at.plan.alpha },
    deviation: deviation(effects),
    effectRounds: rounds.map(({ round }) => round),
    baseline: rounds.length === 0 ? null : median(rounds.map(({ baseline }) => baseline)),
    candidate: rounds.length === 0 ? null : median(rounds.map(({ candidate }) => candidate)),
  };
}

/** The baseline against itself, as if it were a candidate. */
function judgeControl(evidence: GateEvidence, at: Circumstances): GateVerdict {
  const metrics = judgeMetrics(examine(evidence, at.plan, "control"), evidence.job.rules.alphaJob, at);
  return verdictOfJob(metrics, at, [])[0];
}

/** These leave nothing to be said, whatever the figures. */
const VOID: readonly InconclusiveReason[] = ["control", "migrated"];

function verdictOfJob(
  metrics: readonly MetricJudgement[],
  at: Circumstances,
  fired: readonly InconclusiveReason[],
): readonly [GateVerdict, InconclusiveReason | null] {
  const isVoid = VOID.find((reason) => fired.includes(reason));
  if (isVoid !== undefined) return ["inconclusive", isVoid];
  const gating = metrics.filter(({ role, verdict }) => role === "gating" && verdict !== "not-measured");
  const has = (verdict: MetricJudgement["verdict"]) => gating.some((metric) => metric.verdict === verdict);
  if (has("regress")) return ["regress", null];
  if (at.cutShort === "side-failed") return ["inconclusive", "side-failed"];
  if (has("inconclusive")) return ["inconclusive", firstReason(gating.flatMap(({ reason }) => reason ?? []))];
  if (gating.every(({ verdict }) => verdict === "no-limit")) return ["inconclusive", "short"];
  return [has("improved") && !has("pass-slower") ? "improved" : "pass", null];
}

function firedRules(
  metrics: readonly MetricJudgement[],
  { rounds }: GateEvidence,
  at: Circumstances,
  { control, migrated }: { control: GateVerdict | null; migrated: boolean },
): Fitness["fired"] {
  const fired = new Set<InconclusiveReason>(
    metrics.flatMap(({ role, reason }) => (role === "gating" && reason) || []),
  );
  if (control === "regress" || control === "improved") fired.add("control");
  if (migrated) fired.add("migrated");
  if (at.cutShort !== null) fired.add(at.cutShort);
  if (at.fitness.generatorBound) fired.add("client");
  if (at.fitness.contended) fired.add("contended");
  if (rounds.some((round) => !playedSteadily(round))) fired.add("clock");
  return REASON_ORDER.filter((reason) => fired.has(reason));
}
