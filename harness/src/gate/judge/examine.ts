import type { GateEvidence, SideName } from "../evidence.ts";
import { GATE_METRICS, type GateMetricName } from "../metrics.ts";
import { type RoundEffect, effectsOf } from "./effects.ts";
import { playedSteadily } from "./fitness.ts";
import { type LookPlan, planLooks } from "./look-plan.ts";
import { type SequentialResult, testSequentially } from "./sequential-test.ts";

/** One metric of one scenario: its hypothesis and all that the rounds say of it. */
export interface Examined {
  readonly scenario: string;
  readonly metric: GateMetricName;
  readonly role: "gating" | "advisory";
  /** As a share; null: none is named. */
  readonly limit: number | null;
  readonly rounds: readonly RoundEffect[];
  readonly effects: readonly number[];
  readonly tests: SequentialResult;
  /** In more than half of the rounds the sides were alike. */
  readonly equal: boolean;
  /** Measured in at least half of its scenario's rounds. */
  readonly measured: boolean;
  /** Rounds of the scenario: played, and set aside because the machine stood still. */
  readonly played: number;
  readonly setAside: number;
}

/** Hypotheses that share the job's alpha: fixed by the plan before anything is measured. */
export function planOf({ job }: GateEvidence): LookPlan {
  const gating = job.scenarios.flatMap(({ metrics }) =>
    metrics.filter((metric) => GATE_METRICS[metric].role === "gating" && limitOf(job.rules, metric) !== null),
  );
  return planLooks(job.rules, gating.length);
}

export function examine(evidence: GateEvidence, plan: LookPlan, against: SideName = "candidate"): Examined[] {
  const { job } = evidence;
  const [leastRounds = 0] = job.rules.looks;
  return job.scenarios.flatMap(({ name, metrics }) => {
    const played = evidence.rounds.filter(({ scenario }) => scenario === name);
    const steady = played.filter(playedSteadily);
    return metrics.map((metric) => {
      const rounds = effectsOf(steady, metric, against);
      const effects = rounds.map(({ effect }) => effect);
      const limit = limitOf(job.rules, metric);
      const hypothesis = {
        limit: limit === null ? null : Math.log1p(limit),
        indifference: Math.log1p(job.rules.indifference),
      };
      return {
        ...{ scenario: name, metric, role: GATE_METRICS[metric].role, limit, rounds, effects },
        tests: testSequentially(effects, hypothesis, plan),
        equal: rounds.length >= leastRounds && 2 * rounds.filter(({ alike }) => alike).length > rounds.length,
        measured: steady.length === 0 || 2 * rounds.length >= steady.length,
        ...{ played: played.length, setAside: played.length - steady.length },
      };
    });
  });
}

function limitOf({ limits }: GateEvidence["job"]["rules"], metric: GateMetricName): number | null {
  return limits[metric] ?? GATE_METRICS[metric].limit;
}
