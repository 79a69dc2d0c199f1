import type { GateEvidence } from "../gate/evidence.ts";
import type { GateVerdict, Judgement, MetricJudgement } from "../gate/judgement.ts";
import { GATE_METRICS, type GateUnit } from "../gate/metrics.ts";
import {
  cores,
  givenPercent,
  percent,
  percentInterval,
  plural,
  seconds,
  signedPercent,
  wholePercent,
} from "../gate/words/figures.ts";
import { headline, neighboursText } from "../gate/words/headline.ts";
import { verdictName } from "../gate/words/metric.ts";
import { reasonMeaning } from "../gate/words/reason.ts";
import { sideRemarks, sidesOf, sideText } from "../gate/words/sides.ts";
import { duration, memory, NOT_MEASURED, plain, ratePerSecond } from "./quantities.ts";
import { type Column, renderTable, wrap } from "./table.ts";

const WIDTH = 110;

/** The verdict in a line, the metrics in a table, then what a reader needs to trust them. */
export function renderGateResult(evidence: GateEvidence, judgement: Judgement): string {
  const parts = [
    headline(evidence, judgement),
    renderMetrics(judgement),
    renderIntegrity(judgement),
    renderRemarks(evidence, judgement),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

export const METRIC_COLUMNS: readonly Column[] = [
  { heading: "scenario", align: "left" },
  { heading: "metric", align: "left" },
  { heading: "baseline", align: "right" },
  { heading: "candidate", align: "right" },
  { heading: "worse by %", align: "right" },
  { heading: "95 % interval", align: "right" },
  { heading: "limit", align: "right" },
  { heading: "could see", align: "right" },
  { heading: "rounds", align: "right" },
  { heading: "verdict", align: "left" },
];

/** Cells of `METRIC_COLUMNS`. */
export function metricCells(metric: MetricJudgement): readonly string[] {
  const { scenario, effect, interval, limit, detectable, role } = metric;
  const format = FORMATS[GATE_METRICS[metric.metric].unit];
  const verdict = verdictName(metric);
  return [
    scenario,
    GATE_METRICS[metric.metric].title,
    format(metric.baseline),
    format(metric.candidate),
    effect === null ? NOT_MEASURED : signedPercent(effect),
    interval === null ? NOT_MEASURED : percentInterval(interval),
    limit === null ? NOT_MEASURED : givenPercent(limit),
    detectable === null ? NOT_MEASURED : percent(detectable),
    String(metric.effects.length),
    role === "advisory" ? `advisory: ${verdict}` : verdict,
  ];
}

const FORMATS: Readonly<Record<GateUnit, (value: number | null) => string>> = {
  "messages/s": ratePerSecond,
  us: duration,
  "ns/message": (value) => (value === null ? NOT_MEASURED : `${plain(value)} ns`),
  bytes: memory,
  cores: plain,
};

/** A scenario is named in the first of its rows. */
function renderMetrics({ metrics }: Judgement): string {
  if (metrics.length === 0) return "";
  const rows = metrics.map((metric, index) => {
    const cells = metricCells(metric);
    return metrics[index - 1]?.scenario === metric.scenario ? ["", ...cells.slice(1)] : cells;
  });
  return renderTable(METRIC_COLUMNS, rows);
}

function renderIntegrity({ integrity }: Judgement): string {
  return integrity
    .flatMap(({ scenario, round, side, what, examples }) => [
      `${scenario}, round ${round}, ${side}: ${what}`,
      ...examples.map((example) => `  ${example}`),
    ])
    .join("\n");
}

function renderRemarks(evidence: GateEvidence, judgement: Judgement): string {
  const sides = sidesOf(evidence).map(([name, side]) => `${name.padEnd(9)}  ${sideText(side)}`);
  const remarks = [
    ...machineRemarks(judgement),
    ...sideRemarks(evidence),
    ...endRemarks(evidence, judgement),
  ];
  return [...sides, ...remarks.map((line) => wrap(line, WIDTH))].join("\n");
}

const CONTROL_WORDS: Readonly<Record<GateVerdict, string>> = {
  pass: "The baseline was compared with itself as well, and passed.",
  regress:
    "The baseline was compared with itself as well, and seemed slower than itself: nothing here can be believed.",
  improved:
    "The baseline was compared with itself as well, and seemed faster than itself: nothing here can be believed.",
  inconclusive: "The baseline was compared with itself as well; nothing could be told of it.",
  integrity: "The baseline was compared with itself as well, and lost or damaged messages.",
};

/** How fit the machine was. */
export function machineRemarks(judgement: Judgement): readonly string[] {
  const { fitness, control, reason } = judgement;
  const { stealCores, generatorShare, longestGapMs } = fitness;
  const facts = [
    neighboursText(judgement),
    ...(stealCores === null ? [] : [`the hypervisor took ${cores(stealCores)}`]),
    ...(generatorShare === null ? [] : [`the load generator used ${wholePercent(generatorShare)} of a core`]),
    `the longest gap between two readings of the clock was ${Math.round(longestGapMs)} ms`,
  ];
  const fired = fitness.fired.filter((rule) => rule !== reason);
  return [
    `Machine: ${facts.join("; ")}.`,
    ...fired.map((rule) => `Noticed besides (${rule}): ${reasonMeaning(rule)}.`),
    ...(control === null ? [] : [CONTROL_WORDS[control]]),
  ];
}

const END_WORDS = {
  decided: "every gating metric was decided",
  rounds: "the last round was played",
  time: "the time was over",
  futile: "what was left of the time could not have decided it",
  integrity: "messages were not intact",
  "side-failed": "a side failed",
  interrupted: "it was interrupted",
} as const;

/** Why no more rounds were played. */
export function endRemarks(
  { job, rounds }: GateEvidence,
  { endReason, wallMs }: Judgement,
): readonly string[] {
  const why = endReason === null ? "the job was cut off" : END_WORDS[endReason];
  const attempt = job.attempt > 1 ? `; attempt ${job.attempt} of the same job` : "";
  return [
    `Ended after ${plural(rounds.length, "round")} of all scenarios, ${seconds(wallMs)}: ${why}${attempt}; seed ${job.seed}.`,
  ];
}
