import { invariant } from "../../errors.ts";
import type { GateEvidence, JudgingRules } from "../evidence.ts";
import { effectsOf } from "../judge/effects.ts";
import { playedSteadily } from "../judge/fitness.ts";
import { GATE_METRICS, type GateMetricName } from "../metrics.ts";
import { seededUniform, shuffle, type Uniform, uniformInteger } from "../statistics/seeded-generator.ts";
import { decideEffects } from "./decide-effects.ts";
import { countVerdicts, type VerdictCounts } from "./rates.ts";

/** Rounds of a scenario in which all its metrics were measured. */
interface Pool {
  readonly metrics: readonly { readonly name: GateMetricName; readonly limit: number }[];
  /** A log-ratio for each metric. */
  readonly rounds: readonly (readonly number[])[];
}

export interface ReplayedRow extends VerdictCounts {
  /** Metric made worse; null: none, so that every alarm is false. */
  readonly metric: GateMetricName | null;
  readonly effect: number;
  /** Real rounds that were drawn from. */
  readonly rounds: number;
}

export interface ReplayOptions {
  /** Without an effect, where a rate of 1 % is to be told; a tenth of them with one. */
  readonly jobs: number;
  readonly seed: string;
  /** Shares by which each metric in turn is made worse. */
  readonly effects: readonly number[];
}

/**
 * Jobs made of real rounds of equal sides: rounds are drawn whole, with all their metrics, and each has its signs turned by a
 * coin, as if the slots had fallen otherwise. So the noise and how metrics hang together are the machine's own, and nothing differs for certain.
 */
export function replaySigns(evidences: readonly GateEvidence[], options: ReplayOptions): ReplayedRow[] {
  const [first] = evidences;
  invariant(first !== undefined, "no evidence to replay");
  const { rules } = first.job;
  const pools = poolsOf(evidences, rules);
  const names = new Set(pools.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
  const cases = [
    { metric: null, effect: 0 },
    ...[...names].flatMap((metric) => options.effects.map((effect) => ({ metric, effect }))),
  ];
  return cases.map(({ metric, effect }) => {
    const uniform = seededUniform(`${options.seed}/${metric}/${effect}`);
    const jobs = metric === null ? options.jobs : Math.ceil(options.jobs / 10);
    const verdicts = Array.from({ length: jobs }, () => {
      const series = pools.flatMap((pool) => drawJob(pool, { metric, effect }, rules, uniform));
      return decideEffects(series, rules).verdict;
    });
    const rounds = pools.reduce((sum, pool) => sum + pool.rounds.length, 0);
    return { metric, effect, rounds, ...countVerdicts(verdicts) };
  });
}

/** Metrics in which the sides were mostly alike are left out, as they are judged without a test. */
function poolsOf(evidences: readonly GateEvidence[], rules: JudgingRules): Pool[] {
  const scenarios = new Map(evidences.flatMap(({ job }) => job.scenarios.map((each) => [each.name, each])));
  const rounds = evidences.flatMap((evidence) => evidence.rounds).filter(playedSteadily);
  return [...scenarios.values()].flatMap(({ name, metrics }) => {
    const own = rounds.filter(({ scenario }) => scenario === name);
    const tested = metrics.flatMap((metric) => {
      const limit = rules.limits[metric] ?? GATE_METRICS[metric].limit;
      const effects = effectsOf(own, metric);
      const differ = effects.filter(({ alike }) => !alike).length;
      const isTested = GATE_METRICS[metric].role === "gating" && 2 * differ >= effects.length;
      return limit === null || !isTested || 2 * effects.length < own.length ? [] : [{ name: metric, limit }];
    });
    const complete = own
      .map((round) => tested.flatMap((metric) => effectsOf([round], metric.name).map(({ effect }) => effect)))
      .filter((effects) => effects.length === tested.length);
    return tested.length === 0 || complete.length === 0 ? [] : [{ metrics: tested, rounds: complete }];
  });
}

function drawJob(
  { metrics, rounds }: Pool,
  { metric, effect }: { metric: GateMetricName | null; effect: number },
  { looks }: JudgingRules,
  uniform: Uniform,
) {
  const most = looks.at(-1)!;
  // Without replacement where there are enough.
  const drawn =
    rounds.length >= most
      ? shuffle([...rounds], uniform).slice(0, most)
      : Array.from({ length: most }, () => rounds[uniformInteger(uniform, rounds.length)]!);
  const coins = drawn.map(() => (uniform() < 0.5 ? 1 : -1));
  return metrics.map(({ name, limit }, column) => {
    const worse = name === metric ? Math.log1p(effect) : 0;
    return { effects: drawn.map((round, index) => coins[index]! * round[column]! + worse), limit };
  });
}
