/** JUnit XML of a gate job: a test case for each scenario and metric. */
import { type JunitCase, type JunitOutcome, renderJunitSuite } from "../../result/junit-xml.ts";
import type { GateEvidence } from "../evidence.ts";
import type { Judgement, MetricJudgement } from "../judgement.ts";
import { GATE_METRICS } from "../metrics.ts";
import { headline, verdictLabel } from "../words/headline.ts";
import { metricTitle, verdictLine } from "../words/metric.ts";

/**
 * A regression is a failure, what is undecided is skipped, a message lost or damaged is an error. Advisory metrics never fail.
 * The verdict stands in every message and text, since GitLab shows little else.
 */
export function renderJunit(evidence: GateEvidence, judgement: Judgement): string {
  const cases = judgement.metrics
    .filter(({ verdict }) => verdict !== "not-measured")
    .map((metric) => metricCase(metric, evidence, judgement));
  const all = [...integrityCases(evidence, judgement), ...cases, ...jobCase(evidence, judgement)];
  const { baseline, candidate } = evidence.job.sides;
  const name = `brokermark gate: ${candidate?.spec ?? "candidate"} against ${baseline?.spec ?? "baseline"}`;
  return renderJunitSuite(name, judgement.wallMs / 1000, all);
}

function metricCase(metric: MetricJudgement, evidence: GateEvidence, judgement: Judgement): JunitCase {
  return {
    className: metric.scenario,
    name: GATE_METRICS[metric.metric].title,
    seconds: shareOfScenario(metric, evidence, judgement),
    outcome: metricOutcome(metric, judgement),
    systemOut: [`${metricTitle(metric)}: ${verdictLine(metric)}`, ...figuresOf(metric)].join("\n"),
  };
}

/** The rounds of a scenario serve all its metrics: each has an equal share of their time, so that the sum comes out. */
function shareOfScenario(
  { scenario }: MetricJudgement,
  evidence: GateEvidence,
  judgement: Judgement,
): number {
  const rounds = evidence.rounds.filter((round) => round.scenario === scenario);
  const wallMs = rounds.reduce((sum, round) => sum + round.wallMs, 0);
  const metrics = judgement.metrics.filter(
    (metric) => metric.scenario === scenario && metric.verdict !== "not-measured",
  );
  return wallMs / 1000 / metrics.length;
}

/** A regression in a job that is void, or whose messages were not intact, is not counted as one. */
function metricOutcome(metric: MetricJudgement, judgement: Judgement): JunitOutcome | null {
  if (metric.role !== "gating") return null;
  const message = `${metricTitle(metric)}: ${verdictLine(metric)}`;
  if (metric.verdict === "regress" && judgement.verdict !== "regress") {
    const uncounted = `${message}; not counted: the job is ${verdictLabel(judgement)}`;
    return { kind: "skipped", message: uncounted, text: uncounted };
  }
  if (metric.verdict === "regress") return { kind: "failure", type: "regression", message, text: message };
  if (metric.verdict === "inconclusive") return { kind: "skipped", message, text: message };
  return null;
}

/** `effect=0.0762` */
function figuresOf(metric: MetricJudgement): readonly string[] {
  const figures = {
    verdict: metric.verdict,
    role: metric.role,
    effect: metric.effect,
    intervalLow: metric.interval?.[0] ?? null,
    intervalHigh: metric.interval?.[1] ?? null,
    limit: metric.limit,
    detectable: metric.detectable,
    pWorse: metric.pWorse,
    rounds: metric.effects.length,
  };
  return Object.entries(figures).flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]));
}

function integrityCases({ job }: GateEvidence, { integrity }: Judgement): readonly JunitCase[] {
  const byScenario = Map.groupBy(integrity, ({ scenario }) => scenario);
  return job.scenarios.map(({ name }) => {
    const findings = byScenario.get(name) ?? [];
    const lines = findings.map(({ round, side, what }) => `integrity: round ${round}, ${side}: ${what}`);
    const examples = findings.flatMap((finding) => finding.examples);
    const [message] = lines;
    return {
      className: name,
      name: "integrity",
      seconds: 0,
      outcome:
        message === undefined
          ? null
          : { kind: "error", type: "integrity", message, text: [...lines, ...examples].join("\n") },
    };
  });
}

/** Where a side failed, and where the job as a whole is undecided, though no metric of it says so. */
function jobCase(evidence: GateEvidence, judgement: Judgement): readonly JunitCase[] {
  const failed = judgement.reason === "side-failed";
  const told = judgement.metrics.some(({ role, verdict }) => role === "gating" && verdict === "inconclusive");
  if (judgement.verdict !== "inconclusive" || (told && !failed)) return [];
  const message = headline(evidence, judgement);
  const kind = failed ? "error" : "skipped";
  return [{ className: "gate", name: "verdict", seconds: 0, outcome: { kind, message, text: message } }];
}
