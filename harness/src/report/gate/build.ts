/** The page of a gate job. */
import type { ReportFact, ReportModel, ReportSection, ReportVerdict } from "../../../../reports/src/model.ts";
import type { GateEvidence } from "../../gate/evidence.ts";
import type { GateVerdict, Judgement, MetricJudgement } from "../../gate/judgement.ts";
import { cores, givenPercent, plural, seconds, wholePercent } from "../../gate/words/figures.ts";
import { explainMetric } from "../../gate/words/explain.ts";
import { headlineText, neighboursText, verdictLabel } from "../../gate/words/headline.ts";
import { metricTitle } from "../../gate/words/metric.ts";
import { reasonMeaning } from "../../gate/words/reason.ts";
import { flattenFacts } from "../facts.ts";
import { evidenceSection } from "./evidence.ts";
import { effectsChart, metricsTable } from "./metrics.ts";
import { shiftChart } from "./shift.ts";

const TONES: Readonly<Record<GateVerdict, ReportVerdict["tone"]>> = {
  ...{ pass: "good", improved: "good", inconclusive: "warn", regress: "bad", integrity: "bad" },
};

/** A pure function of the evidence and what was made of it. */
export function buildGateReport(evidence: GateEvidence, judgement: Judgement): ReportModel {
  const { job } = evidence;
  const [baseline, candidate] = [
    job.sides.baseline?.spec ?? "baseline",
    job.sides.candidate?.spec ?? "candidate",
  ];
  return {
    title: `Brokermark gate: ${candidate} against ${baseline}`,
    command: job.command,
    measuredAt: `${job.createdAt.slice(0, 16).replace("T", " ")} UTC`,
    verdict: verdictOf(evidence, judgement),
    facts: factsOf(evidence),
    glossary: GLOSSARY,
    sections: [
      ...job.scenarios.map(({ name }) => scenarioSection(name, evidence, judgement)),
      evidenceSection(evidence, judgement),
    ],
  };
}

function verdictOf(evidence: GateEvidence, judgement: Judgement): ReportVerdict {
  return {
    tone: TONES[judgement.verdict],
    badge: verdictLabel(judgement),
    headline: headlineText(evidence, judgement),
    statements: [
      integrityStatement(evidence, judgement),
      machineStatement(judgement),
      ...controlStatement(judgement),
      {
        label: "Error rates",
        text: `false alarms in at most ${givenPercent(evidence.job.rules.alphaJob)} of jobs, by the coins alone; a regression as large as its limit passes in at most ${givenPercent(evidence.job.rules.alphaPass)}`,
        tone: "plain",
      },
    ],
  };
}

type Statement = ReportVerdict["statements"][number];

function integrityStatement({ rounds }: GateEvidence, { integrity }: Judgement): Statement {
  const label = "Integrity";
  if (integrity.length > 0) {
    const words = integrity.map(
      ({ scenario, round, side, what }) => `${scenario}, round ${round}, ${side}: ${what}`,
    );
    return { label, text: words.slice(0, 5).join("; "), tone: "bad" };
  }
  return {
    label,
    text: `every message of ${plural(rounds.length, "round")} arrived once, intact and in order`,
    tone: "good",
  };
}

function machineStatement(judgement: Judgement): Statement {
  const { stealCores, generatorShare, fired } = judgement.fitness;
  const facts = [
    neighboursText(judgement),
    ...(stealCores === null ? [] : [`the hypervisor took ${cores(stealCores)}`]),
    ...(generatorShare === null ? [] : [`the load generator used ${wholePercent(generatorShare)} of a core`]),
    ...fired.map((rule) => `${rule}: ${reasonMeaning(rule)}`),
  ];
  return { label: "Machine", text: facts.join("; "), tone: fired.length > 0 ? "warn" : "good" };
}

function controlStatement({ control }: Judgement): readonly Statement[] {
  if (control === null) return [];
  const moved = control === "regress" || control === "improved";
  const text = moved
    ? "the baseline seemed to differ from itself, so that nothing here can be believed"
    : `the baseline was compared with itself as well: ${control}`;
  return [{ label: "Control", text, tone: moved ? "bad" : control === "pass" ? "good" : "warn" }];
}

function scenarioSection(name: string, evidence: GateEvidence, judgement: Judgement): ReportSection {
  const metrics = judgement.metrics.filter(({ scenario }) => scenario === name);
  const rounds = evidence.rounds.filter(({ scenario }) => scenario === name);
  const gating = metrics.filter(({ role }) => role === "gating");
  const scenario = evidence.job.scenarios.find((one) => one.name === name)!;
  return {
    heading: name,
    question: questionOf(scenario.plan),
    facts: [
      ["protocol", scenario.protocol],
      ["rounds", String(rounds.length)],
      ["time", seconds(rounds.reduce((sum, { wallMs }) => sum + wallMs, 0))],
    ],
    tables: [metricsTable(metrics)],
    charts: [
      effectsChart(gating, {
        caption: `Every round of ${name}: gating metrics`,
        note: "A dot for each round, first to last from left to right; beside them the effect with its interval. Above the line the candidate is worse. It passes if it lies below its limit for certain.",
      }),
      shiftChart(name, rounds),
      effectsChart(
        metrics.filter(({ role }) => role === "advisory"),
        {
          caption: `Every round of ${name}: advisory metrics`,
          note: "Shown, not judged.",
        },
      ),
    ].filter((chart) => chart !== null),
    notes: gating.map((metric) => noteOf(metric, evidence, judgement)),
  };
}

function questionOf(plan: Readonly<Record<string, unknown>>): string {
  return typeof plan.question === "string" ? plan.question : "Is the candidate worse than the baseline?";
}

function noteOf(metric: MetricJudgement, evidence: GateEvidence, judgement: Judgement): string {
  return `${metricTitle(metric)}: ${explainMetric(metric, evidence, judgement).join(" ")}`;
}

function factsOf({ job }: GateEvidence): readonly ReportFact[] {
  return [
    ["seed", job.seed],
    ["attempt", String(job.attempt)],
    ...flattenFacts(job.measuring),
    ...flattenFacts(job.environment),
  ];
}

/** The words without which the figures are misread. */
const GLOSSARY: readonly ReportFact[] = [
  [
    "round",
    "Both sides started afresh, warmed up, and measured in short turns, one after the other. Only rounds count as repetitions: turns and messages within one are not independent.",
  ],
  [
    "slot",
    "Port, directory, start order and environment. A coin decides each round which slot the candidate has, so that what favours a slot favours no side, and the rate of false alarms is that of the coin.",
  ],
  [
    "worse by",
    "The centre (Hodges-Lehmann) of the rounds' differences, each the median of paired turns. Below 0 the candidate is better. For throughput, 5 % worse means that the baseline did 1.05 times as much.",
  ],
  [
    "limit and pass",
    "A pass says that a regression as large as the limit is excluded, not merely that none was seen. What is neither excluded nor shown is inconclusive.",
  ],
  [
    "could see",
    "The smallest effect that as many rounds with this noise tell from nothing in 95 of 100 jobs.",
  ],
  [
    "publish latency",
    "From the actual send to the broker's confirmation, in closed loop: a slow answer delays the next send, so queues do not build up. It is no response time.",
  ],
  [
    "broker CPU per message",
    "CPU time of the broker's processes while it has the turn, divided by the messages of the turn.",
  ],
];
