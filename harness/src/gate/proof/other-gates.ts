import type { GateEvidence, RoundLine, SideName } from "../evidence.ts";
import { judge } from "../judge/judge.ts";
import { roundValue, sliceValue } from "../judge/measured-values.ts";
import { GATE_METRICS, type GateMetricName } from "../metrics.ts";
import { mannWhitneyP } from "../statistics/mann-whitney.ts";
import { deviation, mean, median } from "../statistics/moments.ts";
import { studentUpper } from "../statistics/student-t.ts";
import { type Rate, rateOf } from "./rates.ts";

/** Does one metric of a job's raw data make this gate call a regression? */
type Alarm = (rounds: readonly RoundLine[], metric: GateMetricName, limit: number) => boolean;

interface OtherGate {
  readonly name: string;
  readonly rule: string;
  readonly alarms: Alarm;
}

const SIGNIFICANT = 0.05;
/** criterion's noise threshold. */
const CRITERION_NOISE = 0.01;

/** What other gates would have said, had they seen the same figures; rules as their sources have them, in our own code. */
export const OTHER_GATES: readonly OtherGate[] = [
  {
    name: "plain ratio",
    rule: "one run of each, one after the other; worse by the limit",
    alarms: (rounds, metric, limit) => ratioOfRuns(rounds, metric) > 1 + limit,
  },
  {
    name: "benchmark-action, 200 %",
    rule: "one value against the previous one; its default threshold",
    alarms: (rounds, metric) => ratioOfRuns(rounds, metric) > 2,
  },
  {
    name: "benchmark-action, 110 %",
    rule: "one value against the previous one; as many projects set it",
    alarms: (rounds, metric) => ratioOfRuns(rounds, metric) > 1.1,
  },
  {
    name: "Mann-Whitney",
    rule: "all runs of one side, then all of the other; p < 0.05 and worse",
    alarms: mannWhitneyAlarm,
  },
  {
    name: "in-process t",
    rule: "slices of one pair of processes as if independent; 95 % interval beyond 1 %",
    alarms: inProcessAlarm,
  },
];

export interface GateRow {
  readonly name: string;
  readonly rule: string;
  readonly alarms: Rate;
}

/** Jobs in which each gate calls a regression in any gating metric, and ours on the same evidence. */
export function compareGates(evidences: readonly GateEvidence[]): GateRow[] {
  const rows = OTHER_GATES.map(({ name, rule, alarms }) => {
    const hits = evidences.filter((evidence) => alarmsInJob(evidence, alarms)).length;
    return { name, rule, alarms: rateOf(hits, evidences.length) };
  });
  const ours = evidences.filter((evidence) => judge(evidence).verdict === "regress").length;
  return [...rows, { name: "brokermark gate", rule: "as described", alarms: rateOf(ours, evidences.length) }];
}

function alarmsInJob({ job, rounds }: GateEvidence, alarms: Alarm): boolean {
  return job.scenarios.some(({ name, metrics }) => {
    const own = rounds.filter(({ scenario }) => scenario === name);
    return metrics.some((metric) => {
      const limit = job.rules.limits[metric] ?? GATE_METRICS[metric].limit;
      return limit !== null && GATE_METRICS[metric].role === "gating" && alarms(own, metric, limit);
    });
  });
}

/** Candidate of the second round over baseline of the first, turned so that above 1 is worse; 1 where not measured. */
function ratioOfRuns([first, second]: readonly RoundLine[], metric: GateMetricName): number {
  const before = first === undefined ? null : runFigure(first, metric, "baseline");
  const after = second === undefined ? null : runFigure(second, metric, "candidate");
  return before === null || after === null ? 1 : (after / before) ** GATE_METRICS[metric].direction;
}

function mannWhitneyAlarm(rounds: readonly RoundLine[], metric: GateMetricName): boolean {
  const half = Math.floor(rounds.length / 2);
  const figures = (part: readonly RoundLine[], side: SideName) =>
    part.flatMap((round) => runFigure(round, metric, side) ?? []);
  const before = figures(rounds.slice(0, half), "baseline");
  const after = figures(rounds.slice(half), "candidate");
  if (before.length === 0 || after.length === 0) return false;
  const change = (median(after) - median(before)) * GATE_METRICS[metric].direction;
  return change > 0 && mannWhitneyP(before, after) < SIGNIFICANT;
}

function inProcessAlarm([round]: readonly RoundLine[], metric: GateMetricName): boolean {
  if (round === undefined) return false;
  const [before, after] = [sliceFigures(round, metric, "baseline"), sliceFigures(round, metric, "candidate")];
  const [spreadBefore, spreadAfter] = [deviation(before), deviation(after)];
  if (spreadBefore === null || spreadAfter === null) return false;
  const [low, high] = [spreadBefore ** 2 / before.length, spreadAfter ** 2 / after.length];
  const freedom = (low + high) ** 2 / (low ** 2 / (before.length - 1) + high ** 2 / (after.length - 1));
  if (!(freedom > 0)) return false;
  const change = (mean(after) - mean(before)) * GATE_METRICS[metric].direction;
  const margin = studentUpper(SIGNIFICANT / 2, freedom) * Math.sqrt(low + high);
  return change - margin > CRITERION_NOISE * mean(before);
}

/** A run of the side: the mean of its slices, or the round's figure. */
function runFigure(round: RoundLine, metric: GateMetricName, side: SideName): number | null {
  const slices = sliceFigures(round, metric, side);
  if (slices.length > 0) return mean(slices);
  const whole = round.sides[side];
  return whole === undefined ? null : roundValue(whole, metric);
}

function sliceFigures(round: RoundLine, metric: GateMetricName, side: SideName): number[] {
  return round.blocks
    .flatMap(({ slices }) => slices)
    .filter((slice) => slice.side === side)
    .flatMap((slice) => sliceValue(slice, metric) ?? []);
}
