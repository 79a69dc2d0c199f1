/** How long it would take at the noise that was seen. */
import type { GateEvidence } from "../evidence.ts";
import type { InconclusiveReason, Judgement, MetricJudgement } from "../judgement.ts";
import { roundsNeeded } from "../judge/detectable.ts";
import { planOf } from "../judge/examine.ts";
import { median } from "../statistics/moments.ts";

/** How many rounds a small true difference takes is not known, and a machine or a broker that wanders is not cured by time. */
const TIME_DECIDES: ReadonlySet<InconclusiveReason | null> = new Set(["noise", "short", "interrupted"]);

/** A job that is given no more than it needs on average is too short every other time. */
const MARGIN = 1.2;

/**
 * Rounds in which a regression as large as the limit is seen in 95 of 100 jobs; null where it cannot be said. Never less than
 * the first look at which one may be called.
 */
export function neededRounds(
  { limit, indifference, effects, alpha }: MetricJudgement,
  evidence: GateEvidence,
): number | null {
  const { first } = planOf(evidence);
  if (limit === null || limit <= indifference || effects.length < 2 || first === Infinity) return null;
  return Math.max(first, roundsNeeded(effects, alpha, { limit, indifference }));
}

/** A round of the scenario, in the median; null before the first. */
export function roundMs({ rounds }: GateEvidence, scenario: string): number | null {
  const times = rounds.filter((round) => round.scenario === scenario).map(({ wallMs }) => wallMs);
  return times.length === 0 ? null : median(times);
}

/** Rounds that the scenario would have had without the others, up to what a job plays. */
export function roundsAlone(evidence: GateEvidence, scenario: string): number | null {
  const each = roundMs(evidence, scenario);
  if (each === null) return null;
  const spent = evidence.rounds.reduce((sum, { wallMs }) => sum + wallMs, 0);
  return Math.min(evidence.job.rules.looks.at(-1)!, Math.floor(spent / each));
}

/**
 * Whole minutes in which every undecided gating metric would be decided; null where there is none, or none that
 * time alone decides.
 */
export function maxTimeMinutes(evidence: GateEvidence, judgement: Judgement): number | null {
  const { rules, scenarios } = evidence.job;
  const most = rules.looks.at(-1)!;
  const undecided = judgement.metrics.filter(
    ({ role, verdict }) => role === "gating" && verdict === "inconclusive",
  );
  const needs = undecided.map((metric) =>
    TIME_DECIDES.has(metric.reason) ? neededRounds(metric, evidence) : null,
  );
  if (undecided.length === 0 || needs.some((need) => need === null || need > most)) return null;
  const spent = evidence.rounds.reduce((sum, { wallMs }) => sum + wallMs, 0);
  const rounds = scenarios.map(({ name }) => {
    const wanted = undecided.map((metric, index) => (metric.scenario === name ? needs[index]! : 0));
    const played = judgement.rounds[name] ?? 0;
    return Math.max(played, ...wanted) * (roundMs(evidence, name) ?? 0);
  });
  const total = rounds.reduce((sum, ms) => sum + ms, 0);
  const beside = Math.max(0, judgement.wallMs - spent);
  return Math.ceil(((total + beside) * MARGIN) / 60_000);
}
