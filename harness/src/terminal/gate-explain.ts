import type { GateEvidence } from "../gate/evidence.ts";
import type { Judgement, MetricJudgement } from "../gate/judgement.ts";
import { metricTitle } from "../gate/words/metric.ts";
import { explainJob, explainMetric } from "../gate/words/explain.ts";
import { wrap } from "./table.ts";

const WIDTH = 110;

/** For each metric why its verdict is what it is, how many rounds its limit takes at this noise, and what would help. */
export function renderExplanation(evidence: GateEvidence, judgement: Judgement): string {
  const metrics = judgement.metrics.map((metric) => paragraph(metric, evidence, judgement));
  return [...explainJob(evidence, judgement).map((line) => wrap(line, WIDTH)), ...metrics].join("\n\n");
}

function paragraph(metric: MetricJudgement, evidence: GateEvidence, judgement: Judgement): string {
  const sentences = explainMetric(metric, evidence, judgement);
  const head = `${metricTitle(metric)} (${metric.role})`;
  return [head, ...sentences.map((sentence) => wrap(sentence, WIDTH, 2))].join("\n");
}
