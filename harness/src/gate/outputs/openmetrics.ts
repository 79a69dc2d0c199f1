/** OpenMetrics 1.0 text. GitLab's metrics report compares it with the target branch as strings, so values are rounded. */
import type { GateVerdict, Judgement, MetricJudgement } from "../judgement.ts";

interface MetricGauge {
  readonly name: string;
  readonly help: string;
  readonly value: (metric: MetricJudgement) => number | null;
}

/** Shares of 1, by scenario and metric. */
const GAUGES: readonly MetricGauge[] = [
  {
    name: "effect_ratio",
    help: "Share by which the candidate is worse than the baseline; below 0 it is better.",
    value: ({ effect }) => effect,
  },
  {
    name: "effect_low_ratio",
    help: "Lower end of the 95 % interval of the effect.",
    value: ({ interval }) => interval?.[0] ?? null,
  },
  {
    name: "effect_high_ratio",
    help: "Upper end of the 95 % interval of the effect.",
    value: ({ interval }) => interval?.[1] ?? null,
  },
  { name: "limit_ratio", help: "Share that is called a regression.", value: ({ limit }) => limit },
  {
    name: "detectable_ratio",
    help: "Smallest effect that could have been seen.",
    value: ({ detectable }) => detectable,
  },
];

const VERDICTS: readonly GateVerdict[] = ["pass", "regress", "improved", "inconclusive", "integrity"];

export function renderOpenMetrics(judgement: Judgement): string {
  const gauges = GAUGES.map(({ name, help, value }) =>
    family(`brokermark_gate_${name}`, { type: "gauge", unit: "ratio", help }, samplesOf(judgement, value)),
  );
  const rounds = Object.entries(judgement.rounds).map(([scenario, count]) => ({
    labels: { scenario },
    value: count,
  }));
  const verdicts = VERDICTS.map((verdict) => ({
    labels: { brokermark_gate_verdict: verdict },
    value: Number(verdict === judgement.verdict),
  }));
  const { foreignCores } = judgement.fitness;
  const foreign = foreignCores === null ? [] : [{ labels: {}, value: rounded(foreignCores) }];
  return [
    ...gauges,
    family("brokermark_gate_rounds", { type: "gauge", help: "Rounds played." }, rounds),
    family(
      "brokermark_gate_foreign_cores",
      { type: "gauge", unit: "cores", help: "Cores that others used, in the median." },
      foreign,
    ),
    family("brokermark_gate_verdict", { type: "stateset", help: "Verdict of the job." }, verdicts),
    "# EOF\n",
  ].join("");
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function samplesOf({ metrics }: Judgement, figure: MetricGauge["value"]): readonly Sample[] {
  return metrics.flatMap((metric) => {
    const value = figure(metric);
    const labels = { scenario: metric.scenario, metric: metric.metric };
    return value === null ? [] : [{ labels, value: rounded(value) }];
  });
}

/** A family without samples is left out. */
function family(
  name: string,
  { type, unit, help }: { type: "gauge" | "stateset"; unit?: string; help: string },
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return "";
  const lines = [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escapeText(help)}`,
    ...samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
  ];
  return `${lines.join("\n")}\n`;
}

function labelText(labels: Sample["labels"]): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeText(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escapeText = (text: string) =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const rounded = (value: number) => Number(value.toFixed(4));
