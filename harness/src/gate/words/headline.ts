/** The first line of everything: the verdict in words, what it rests on, what could have been seen. */
import type { GateEvidence } from "../evidence.ts";
import type { GateVerdict, Judgement, MetricJudgement } from "../judgement.ts";
import { cores, plural, seconds, some } from "./figures.ts";
import { effectText, metricTitle, verdictClause } from "./metric.ts";
import { reasonHelp, reasonMeaning } from "./reason.ts";

const ALSO_SHOWN = 3;

const LABELS: Readonly<Record<GateVerdict, string>> = {
  pass: "PASS",
  regress: "REGRESS",
  improved: "IMPROVED",
  inconclusive: "INCONCLUSIVE",
  integrity: "INTEGRITY",
};

/** `REGRESS`, `INCONCLUSIVE (noise)` */
export function verdictLabel({ verdict, reason }: Judgement): string {
  return reason === null ? LABELS[verdict] : `${LABELS[verdict]} (${reason})`;
}

/**
 * `PASS megabatch throughput 0.3 % worse [-0.9, +1.4]: a slowdown of 5 % is excluded (could have seen 2.6 %) after 8 rounds, 43 s;
 * others used 0.4 of 2 cores`
 */
export function headline(evidence: GateEvidence, judgement: Judgement): string {
  return `${verdictLabel(judgement)} ${headlineText(evidence, judgement)}`;
}

/** The same without its label. */
export function headlineText(evidence: GateEvidence, judgement: Judgement): string {
  const { text, metric, why } = STATEMENTS[judgement.verdict](evidence, judgement);
  const rounds = metric === null ? totalRounds(judgement) : metric.effects.length;
  const also = alsoText(judgement, metric);
  const played = `after ${plural(rounds, "round")}, ${seconds(judgement.wallMs)}`;
  const grounds = why === undefined ? "" : `: ${why}`;
  return [`${text} ${played}${grounds}`.trimStart(), ...also, neighboursText(judgement)].join("; ");
}

/** `others used 0.4 of 2 cores` */
export function neighboursText({ fitness }: Judgement): string {
  const { foreignCores, cores: all } = fitness;
  if (foreignCores === null) return `what others used of ${all} cores was not measured`;
  return `others used ${cores(foreignCores)} of ${plural(all, "core")}`;
}

interface Statement {
  readonly text: string;
  /** The metric it is about, whose rounds count. */
  readonly metric: MetricJudgement | null;
  /** Of what is undecided: why, and what would help. */
  readonly why?: string;
}

const STATEMENTS: Readonly<Record<GateVerdict, (evidence: GateEvidence, judgement: Judgement) => Statement>> =
  {
    pass: passStatement,
    regress: (_evidence, judgement) => about(worst(gating(judgement, "regress"))),
    improved: (_evidence, judgement) => about(best(gating(judgement, "improved"))),
    inconclusive: inconclusiveStatement,
    integrity: integrityStatement,
  };

function about(metric: MetricJudgement | null): Statement {
  return metric === null
    ? { text: "of no gating metric", metric }
    : { text: `${metricTitle(metric)} ${verdictClause(metric)}`, metric };
}

/** Of several, the one that is certainly slower, else the one nearest to its limit. */
function passStatement(_evidence: GateEvidence, judgement: Judgement): Statement {
  const all = gating(judgement);
  const slower = all.filter(({ verdict }) => verdict === "pass-slower");
  const passed = all.filter(({ verdict }) => verdict === "pass");
  const metric = nearest(slower) ?? nearest(passed);
  if (metric === null) return equalStatement(all);
  const alone = about(metric);
  if (all.length === 1) return alone;
  const which = slower.length > 0 ? `${slower.length} of them worse for certain` : "nearest to its limit";
  return { text: `of ${all.length} gating metrics, ${which}: ${alone.text}`, metric };
}

/** Nothing but metrics that are equal within their resolution. */
function equalStatement(metrics: readonly MetricJudgement[]): Statement {
  const [metric] = metrics;
  if (metric === undefined || metrics.length === 1) return about(metric ?? null);
  return {
    text: `of ${metrics.length} gating metrics, all equal within their resolution: more than half of the rounds saw no difference at all`,
    metric,
  };
}

function inconclusiveStatement(evidence: GateEvidence, judgement: Judgement): Statement {
  const { reason } = judgement;
  const failure = evidence.end?.failure ?? null;
  if (reason === "side-failed" && failure !== null) {
    return {
      text: `the ${failure.side} failed: ${failure.code}, ${oneLine(failure.message)};`,
      metric: null,
    };
  }
  const undecided = gating(judgement, "inconclusive");
  const metric = undecided.find((one) => one.reason === reason && one.effect !== null) ?? null;
  const help = reasonHelp(reason);
  return metric === null
    ? { text: "", metric, why: `${reasonMeaning(reason)}; ${help}` }
    : { ...about(metric), why: help };
}

function integrityStatement(_evidence: GateEvidence, { integrity }: Judgement): Statement {
  const [first] = integrity;
  if (first === undefined) return { text: "messages were lost or damaged;", metric: null };
  const others = integrity.length - 1;
  const more = others > 0 ? ` (and ${plural(others, "further finding")})` : "";
  return {
    text: `${first.scenario} round ${first.round}, ${first.side}: ${first.what}${more}; speed is not judged where messages are not intact;`,
    metric: null,
  };
}

/** Other metrics with the verdict of the job: in a few words, or counted where they are undecided. */
function alsoText(judgement: Judgement, shown: MetricJudgement | null): readonly string[] {
  const { verdict } = judgement;
  if (verdict === "pass" || verdict === "integrity" || shown === null) return [];
  const others = gating(judgement, verdict).filter((metric) => metric !== shown);
  if (others.length === 0) return [];
  if (verdict === "inconclusive") return [`also undecided: ${plural(others.length, "metric")}`];
  const words = others.map((metric) => `${metricTitle(metric)} ${effectText(metric)}`);
  return [`also ${verdict}: ${some(words, ALSO_SHOWN)}`];
}

function gating({ metrics }: Judgement, verdict?: MetricJudgement["verdict"]): readonly MetricJudgement[] {
  return metrics.filter(
    (metric) =>
      metric.role === "gating" &&
      metric.verdict !== "not-measured" &&
      (verdict === undefined || metric.verdict === verdict),
  );
}

const inLimits = ({ effect, limit }: MetricJudgement) => Math.log1p(effect ?? 0) / Math.log1p(limit ?? 1);

const worst = (metrics: readonly MetricJudgement[]) =>
  metrics.toSorted((a, b) => inLimits(b) - inLimits(a))[0] ?? null;
const best = (metrics: readonly MetricJudgement[]) =>
  metrics.toSorted((a, b) => inLimits(a) - inLimits(b))[0] ?? null;

function nearest(metrics: readonly MetricJudgement[]): MetricJudgement | null {
  const closeness = ({ upperBound, limit }: MetricJudgement) =>
    Math.log1p(upperBound ?? 0) / Math.log1p(limit ?? 1);
  return metrics.toSorted((a, b) => closeness(b) - closeness(a))[0] ?? null;
}

const totalRounds = ({ rounds }: Judgement) => Object.values(rounds).reduce((sum, count) => sum + count, 0);

const oneLine = (text: string) => text.replaceAll(/\s+/g, " ").trim();
