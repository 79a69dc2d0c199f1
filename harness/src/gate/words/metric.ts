/** What is said of one metric of one scenario. The sign of an effect is always in words: better or worse. */
import type { MetricJudgement, MetricVerdict } from "../judgement.ts";
import { GATE_METRICS } from "../metrics.ts";
import { reasonHelp, reasonMeaning } from "./reason.ts";
import { givenPercent, percent, percentInterval, plural, pValue } from "./figures.ts";

/** `megabatch publish p90` */
export function metricTitle({ scenario, metric }: MetricJudgement): string {
  return `${scenario} ${GATE_METRICS[metric].title}`;
}

/** `0.3 % worse [-0.9, +1.4]`: what is in brackets has the sign of the word before it. */
export function effectText({ effect, interval }: MetricJudgement): string {
  if (effect === null) return "not measured";
  const better = effect < 0;
  const word = `${percent(effect)} ${better ? "better" : "worse"}`;
  if (interval === null) return word;
  const [low, high] = interval;
  return `${word} ${percentInterval(better ? [-high, -low] : [low, high])}`;
}

/** What a worse figure of the metric is: `slowdown`, or `increase` of CPU and memory. */
export function harmNoun({ metric }: MetricJudgement): string {
  const { unit } = GATE_METRICS[metric];
  return unit === "us" || unit === "messages/s" ? "slowdown" : "increase";
}

/** `a slowdown of 5 %` */
export function limitText(metric: MetricJudgement): string {
  const noun = harmNoun(metric);
  return `${noun === "increase" ? "an" : "a"} ${noun} of ${givenPercent(metric.limit ?? 0)}`;
}

/** `could have seen 2.6 %`: the smallest effect that would have been told from nothing. */
export function detectableText({ detectable }: MetricJudgement): string {
  return detectable === null
    ? "too few rounds to say what could have been seen"
    : `could have seen ${percent(detectable)}`;
}

type Clause = (metric: MetricJudgement) => string;

const excluded: Clause = (metric) => `${limitText(metric)} is excluded (${detectableText(metric)})`;

const CLAUSES: Readonly<Record<MetricVerdict, Clause>> = {
  pass: (metric) => `${effectText(metric)}: ${excluded(metric)}`,
  "pass-slower": (metric) => `${effectText(metric)}, worse for certain, but ${excluded(metric)}`,
  regress: (metric) =>
    `${effectText(metric)}, ${pValue(metric.pWorse)}${limitOf(metric)} (${detectableText(metric)})`,
  improved: (metric) => `${effectText(metric)}, ${pValue(metric.pBetter)} (${detectableText(metric)})`,
  equal: () => "equal within its resolution: more than half of the rounds saw no difference at all",
  "no-limit": (metric) => `${effectText(metric)} (${detectableText(metric)})`,
  "not-measured": () => "not measured",
  inconclusive: (metric) =>
    metric.effect === null ? "" : `${effectText(metric)}${limitOf(metric)} (${detectableText(metric)})`,
};

const limitOf: Clause = ({ limit }) => (limit === null ? "" : `, limit ${givenPercent(limit)}`);

/** The verdict's figures, without the verdict: `0.3 % worse [-0.9, +1.4]: a slowdown of 5 % is excluded (could have seen 2.6 %)`. */
export function verdictClause(metric: MetricJudgement): string {
  return CLAUSES[metric.verdict](metric);
}

/** `pass`, `pass, but slower`, `inconclusive (noise)` */
export function verdictName({ verdict, reason }: MetricJudgement): string {
  if (verdict === "inconclusive") return `inconclusive (${reason ?? "no reason"})`;
  return VERDICT_NAMES[verdict];
}

const VERDICT_NAMES: Readonly<Record<Exclude<MetricVerdict, "inconclusive">, string>> = {
  pass: "pass",
  "pass-slower": "pass, but worse",
  regress: "regress",
  improved: "improved",
  equal: "equal",
  "no-limit": "no limit",
  "not-measured": "not measured",
};

/** A whole line: `pass: 0.3 % worse … after 8 rounds`; what is undecided also says why and what would help. */
export function verdictLine(metric: MetricJudgement): string {
  if (metric.verdict === "not-measured") return verdictName(metric);
  const figures = `${verdictClause(metric)} after ${plural(metric.effects.length, "round")}`.trimStart();
  const why =
    metric.verdict === "inconclusive"
      ? `: ${reasonMeaning(metric.reason)}; ${reasonHelp(metric.reason)}`
      : "";
  return `${verdictName(metric)}: ${figures}${why}`;
}
