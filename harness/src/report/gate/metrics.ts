/** The metrics of a scenario: a table, and a chart with a dot for each round. */
import type { ReportCell, ReportChart, ReportTable } from "../../../../reports/src/model.ts";
import type { MetricJudgement, MetricVerdict } from "../../gate/judgement.ts";
import { GATE_METRICS, type GateUnit } from "../../gate/metrics.ts";
import { givenPercent, percent, percentInterval, signedPercent } from "../../gate/words/figures.ts";
import { verdictName } from "../../gate/words/metric.ts";
import { DASH, significant } from "../format.ts";

const TONES: Readonly<Record<MetricVerdict, ReportCell["tone"]>> = {
  pass: "good",
  "pass-slower": "warn",
  regress: "bad",
  improved: "good",
  inconclusive: "warn",
  equal: "good",
  "no-limit": "muted",
  "not-measured": "muted",
};

const FIGURES: Readonly<Record<GateUnit, (value: number) => string>> = {
  "messages/s": (value) => `${significant(value, 4)}/s`,
  us: (value) => `${significant(value)} µs`,
  "ns/message": (value) => `${significant(value)} ns`,
  bytes: (value) => `${significant(value / 1024 ** 2)} MiB`,
  cores: (value) => significant(value),
};

export function metricsTable(metrics: readonly MetricJudgement[]): ReportTable {
  const groups = [
    { label: "Gating", rows: metrics.filter(({ role }) => role === "gating").map(metricRow) },
    { label: "Advisory", rows: metrics.filter(({ role }) => role === "advisory").map(metricRow) },
  ];
  return {
    caption: "Metrics",
    note: "Baseline and candidate are medians over the rounds; what is judged are the differences within each round.",
    columns: [
      { heading: "Metric", align: "left" },
      { heading: "Baseline", align: "right", colourKey: "baseline" },
      { heading: "Candidate", align: "right", colourKey: "candidate" },
      { heading: "Worse by %", align: "right" },
      { heading: "Limit", align: "right" },
      { heading: "Could see", align: "right" },
      { heading: "Rounds", align: "right" },
      { heading: "Verdict", align: "left" },
    ],
    groups: groups.filter(({ rows }) => rows.length > 0),
  };
}

function metricRow(metric: MetricJudgement): readonly ReportCell[] {
  const { effect, interval, limit, detectable, verdict, role } = metric;
  const figure = (value: number | null): ReportCell =>
    value === null
      ? { text: DASH, tone: "muted" }
      : { text: FIGURES[GATE_METRICS[metric.metric].unit](value) };
  const tone = role === "gating" ? TONES[verdict] : "muted";
  return [
    { text: GATE_METRICS[metric.metric].title },
    figure(metric.baseline),
    figure(metric.candidate),
    effect === null
      ? { text: DASH, tone: "muted" }
      : {
          text: signedPercent(effect),
          ...(interval === null ? {} : { detail: percentInterval(interval) }),
        },
    { text: limit === null ? DASH : givenPercent(limit) },
    { text: detectable === null ? DASH : percent(detectable) },
    { text: String(metric.effects.length) },
    { text: verdictName(metric), ...(tone === undefined ? {} : { tone }) },
  ];
}

/** null where no metric of them has a round. */
export function effectsChart(
  metrics: readonly MetricJudgement[],
  { caption, note }: { caption: string; note: string },
): ReportChart | null {
  const shown = metrics.filter(({ effects }) => effects.length > 0);
  if (shown.length === 0) return null;
  return {
    caption,
    note,
    kind: "dots",
    xLabel: "metric",
    yLabel: "candidate worse by, %",
    yScale: "linear",
    categories: shown.map(({ metric }) => GATE_METRICS[metric].title),
    series: [
      {
        name: "round",
        colourKey: "candidate",
        points: shown.flatMap(({ effects }, index) =>
          effects.map((effect) => [index, inPercent(Math.expm1(effect))] as const),
        ),
      },
      {
        name: "effect with its 95 % interval",
        colourKey: "effect",
        points: shown.flatMap(({ effect }, index) =>
          effect === null ? [] : [[index, inPercent(effect)] as const],
        ),
        ranges: shown.flatMap(({ interval }, index) =>
          interval === null ? [] : [[index, inPercent(interval[0]), inPercent(interval[1])] as const],
        ),
      },
    ],
    mark: { y: 0, label: "" },
    limits: shown.flatMap(({ limit }, category) =>
      limit === null ? [] : [{ category, y: inPercent(limit), label: `limit ${givenPercent(limit)}` }],
    ),
  };
}

/** To a hundredth. */
const inPercent = (share: number) => Number((100 * share).toFixed(2));
