/** Why each verdict is what it is, and with figures what would have decided it. */
import type { GateEvidence } from "../evidence.ts";
import type { Judgement, MetricJudgement, MetricVerdict } from "../judgement.ts";
import { roundsNeeded } from "../judge/detectable.ts";
import { GATE_METRICS } from "../metrics.ts";
import { median } from "../statistics/moments.ts";
import { cores, givenPercent, percent, plural, pValue, seconds, signedPercent } from "./figures.ts";
import { effectText, limitText } from "./metric.ts";
import { maxTimeMinutes, neededRounds, roundMs, roundsAlone } from "./planning.ts";
import { reasonInWords } from "./reason.ts";

/** Below this share of the machine others are no reason to look for a quieter one. */
const BUSY_NEIGHBOURS = 0.25;

/** Sentences on the job as a whole. */
export function explainJob(evidence: GateEvidence, judgement: Judgement): readonly string[] {
  const { rules, measuring } = evidence.job;
  const gating = judgement.metrics.filter(
    ({ role, verdict }) => role === "gating" && verdict !== "not-measured",
  );
  const sentences = [
    `${plural(gating.length, "gating metric")} share a false-alarm rate of ${givenPercent(rules.alphaJob)} for the whole job; a regression as large as its limit passes in at most ${givenPercent(rules.alphaPass)} of jobs.`,
  ];
  const minutes = maxTimeMinutes(evidence, judgement);
  if (minutes !== null && minutes * 60_000 > measuring.maxTimeMs) {
    const now = seconds(measuring.maxTimeMs);
    sentences.push(
      `At this noise --max-time ${minutes}min should decide every metric that is undecided (now ${now}).`,
    );
  }
  return sentences;
}

/** Sentences on one metric. */
export function explainMetric(
  metric: MetricJudgement,
  evidence: GateEvidence,
  judgement: Judgement,
): readonly string[] {
  return [
    WHY[metric.verdict](metric, evidence),
    ...noiseSentences(metric, evidence),
    ...(metric.verdict === "inconclusive" ? helpSentences(metric, evidence, judgement) : []),
  ];
}

type Why = (metric: MetricJudgement, evidence: GateEvidence) => string;

const upper = ({ upperBound }: MetricJudgement) =>
  upperBound === null ? "no upper bound" : `an upper bound of ${signedPercent(upperBound)} %`;

/** `p = 0.0004 is at most 0.00125` */
function against(p: number, alpha: number): string {
  const share = `its share ${Number(alpha.toPrecision(3))} of the job's false alarms`;
  return `${pValue(p)} is ${p <= alpha ? "at most" : "above"} ${share}`;
}

const WHY: Readonly<Record<MetricVerdict, Why>> = {
  pass: (metric) => `Pass: ${effectText(metric)}; with ${upper(metric)}, ${limitText(metric)} is excluded.`,
  "pass-slower": (metric) =>
    `Pass, but worse: ${effectText(metric)}; ${pValue(metric.pWorse)} says that it is worse, but with ${upper(metric)}, ${limitText(metric)} is excluded.`,
  regress: (metric) =>
    `Regress: ${effectText(metric)}; ${against(metric.pWorse, metric.alpha)}, and with ${upper(metric)}, ${limitText(metric)} is not excluded.`,
  improved: (metric) => `Improved: ${effectText(metric)}; ${against(metric.pBetter, metric.alpha)}.`,
  equal: () =>
    "Equal: more than half of the rounds saw no difference at all, within the metric's resolution.",
  "no-limit": (metric) => `Shown, not judged, since no limit is named for it: ${effectText(metric)}.`,
  "not-measured": notMeasured,
  inconclusive: (metric) => {
    const name = `Inconclusive (${metric.reason}). ${reasonInWords(metric.reason).meaning}`;
    if (metric.effect === null || metric.limit === null) return name;
    const bound = `with ${upper(metric)}, ${limitText(metric)} is ${isExcluded(metric) ? "" : "not "}excluded`;
    return `${name} ${effectText(metric)}; ${against(metric.pWorse, metric.alpha)}; ${bound}.`;
  },
};

const isExcluded = ({ upperBound, limit }: MetricJudgement) =>
  upperBound !== null && limit !== null && upperBound < limit;

function notMeasured(metric: MetricJudgement, { job, rounds }: GateEvidence): string {
  const scenario = job.scenarios.find(({ name }) => name === metric.scenario);
  if (scenario !== undefined && !scenario.metrics.includes(metric.metric)) {
    return "Not measured: it cannot be, on these sides.";
  }
  const { minSamples } = GATE_METRICS[metric.metric];
  const slices = rounds
    .filter(({ scenario: of }) => of === metric.scenario)
    .flatMap(({ blocks }) => blocks.flatMap((block) => block.slices));
  if (minSamples <= 1 || slices.length === 0) return "Not measured: no round has a figure of it.";
  const held = median(slices.map(({ samples }) => samples));
  return `Not measured: it needs ${minSamples} confirmations in a slice or a round, and the median slice held ${held}.`;
}

function noiseSentences(metric: MetricJudgement, evidence: GateEvidence): readonly string[] {
  const { deviation, detectable, effects } = metric;
  if (deviation === null || detectable === null) return [];
  const seen = `The effects of its ${plural(effects.length, "round")} scatter by ${percent(Math.expm1(deviation))} (standard deviation): ${percent(detectable)} could have been seen.`;
  const needed = neededRounds(metric, evidence);
  if (needed === null) return [seen];
  const each = roundMs(evidence, metric.scenario);
  const time = each === null ? "" : `, ${seconds(needed * each)} at ${(each / 1000).toFixed(1)} s each`;
  return [`${seen} At this noise it takes ${plural(needed, "round")}${time}, to see ${limitText(metric)}.`];
}

/** What would help, each with its figure. */
function helpSentences(
  metric: MetricJudgement,
  evidence: GateEvidence,
  judgement: Judgement,
): readonly string[] {
  return [
    reasonInWords(metric.reason).help,
    ...(metric.reason === "borderline" ? roundsForEffect(metric) : moreRounds(metric, evidence)),
    ...fewerScenarios(metric, evidence),
    ...largerLimit(metric),
    ...quieterMachine(judgement),
  ];
}

function moreRounds(metric: MetricJudgement, evidence: GateEvidence): readonly string[] {
  const needed = neededRounds(metric, evidence);
  if (needed === null || needed <= metric.effects.length) return [];
  const most = evidence.job.rules.looks.at(-1)!;
  return needed > most
    ? [`A job plays ${most} rounds at most, so time alone does not decide it.`]
    : [`${plural(needed - metric.effects.length, "more round")} would do: give the job a longer --max-time.`];
}

/** A small effect takes many rounds to be told from nothing. */
function roundsForEffect({ effect, effects, alpha, indifference }: MetricJudgement): readonly string[] {
  if (effect === null || effect <= indifference || effects.length < 2) return [];
  const needed = roundsNeeded(effects, alpha, { limit: effect, indifference });
  return [
    `If ${percent(effect)} worse is the truth, it takes ${plural(needed, "round")} at this noise to tell it from nothing.`,
  ];
}

function fewerScenarios(metric: MetricJudgement, evidence: GateEvidence): readonly string[] {
  const alone = roundsAlone(evidence, metric.scenario);
  if (evidence.end?.reason !== "time" || evidence.job.scenarios.length < 2 || alone === null) return [];
  return alone > metric.effects.length
    ? [
        `Without the other scenarios the same time has room for ${plural(alone, "round")} of ${metric.scenario}.`,
      ]
    : [];
}

function largerLimit({ metric, role, detectable, limit }: MetricJudgement): readonly string[] {
  if (detectable === null || limit === null || detectable <= limit) return [];
  const flag = role === "gating" ? ` (--limit ${metric}=${Math.ceil(1000 * detectable) / 10}%)` : "";
  return [`A limit of ${percent(detectable)}${flag} could have been judged with these rounds.`];
}

function quieterMachine({ fitness }: Judgement): readonly string[] {
  const { foreignCores, cores: all } = fitness;
  return foreignCores !== null && foreignCores > BUSY_NEIGHBOURS * all
    ? [`Others used ${cores(foreignCores)} of ${plural(all, "core")}: a quieter machine needs fewer rounds.`]
    : [];
}
