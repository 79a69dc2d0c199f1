/** Markdown of a GitHub job summary: what a reader needs first stands first. */
import { endRemarks, METRIC_COLUMNS, machineRemarks, metricCells } from "../../terminal/gate-table.ts";
import type { GateEvidence } from "../evidence.ts";
import type { Judgement, MetricJudgement } from "../judgement.ts";
import { explainJob, explainMetric } from "../words/explain.ts";
import { headlineText, verdictLabel } from "../words/headline.ts";
import { metricTitle } from "../words/metric.ts";
import { sideRemarks, sidesOf, sideText } from "../words/sides.ts";
import { code, collapsed, escapeMarkdown, markdownTable, withinBytes } from "./markdown.ts";

/** GitHub takes this much from a step and nothing of what is longer. */
export const SUMMARY_LIMIT_BYTES = 1024 * 1024;

/** Beyond this many, findings repeat each other. */
const FINDINGS_SHOWN = 20;

/** At most `limitBytes` in UTF-8. Empty where not even the verdict has room. */
export function renderSummary(
  evidence: GateEvidence,
  judgement: Judgement,
  limitBytes = SUMMARY_LIMIT_BYTES,
): string {
  const { metrics } = judgement;
  const gating = metrics.filter(({ role, verdict }) => role === "gating" && verdict !== "not-measured");
  const others = metrics.filter((metric) => !gating.includes(metric));
  const undecided = gating.filter(({ verdict }) => verdict === "inconclusive");
  const parts = [
    `**${verdictLabel(judgement)}** ${escapeMarkdown(headlineText(evidence, judgement))}`,
    ...(gating.length > 0 ? [metricsTable(gating)] : []),
    ...(judgement.integrity.length > 0 ? [integrityList(judgement)] : []),
    bullets([...machineRemarks(judgement), ...sideRemarks(evidence)]),
    collapsed("What was compared", sidesList(evidence)),
    ...(undecided.length > 0
      ? [collapsed("What would decide it", explanations(undecided, evidence, judgement))]
      : []),
    ...(others.length > 0 ? [collapsed("Advisory metrics", metricsTable(others))] : []),
    ...(gating.length > undecided.length
      ? [
          collapsed(
            "Why each verdict is what it is",
            explanations(
              gating.filter((metric) => !undecided.includes(metric)),
              evidence,
              judgement,
            ),
          ),
        ]
      : []),
    collapsed("How to read this", bullets(READING)),
  ];
  return withinBytes(parts, limitBytes);
}

export function metricsTable(metrics: readonly MetricJudgement[]): string {
  const rows = metrics.map((metric) => metricCells(metric).map(escapeMarkdown));
  return markdownTable(METRIC_COLUMNS, rows);
}

export function integrityList({ integrity }: Judgement): string {
  const shown = integrity.slice(0, FINDINGS_SHOWN).map(({ scenario, round, side, what, examples }) => {
    const example = examples[0] === undefined ? "" : `, for example ${examples[0]}`;
    return `${scenario}, round ${round}, ${side}: ${what}${example}`;
  });
  const rest = integrity.length - shown.length;
  return bullets(rest > 0 ? [...shown, `and ${rest} more in the report`] : shown);
}

function sidesList(evidence: GateEvidence): string {
  const sides = sidesOf(evidence).map(([name, side]) => `- ${name}: ${code(sideText(side))}`);
  return [...sides, `- command: ${code(evidence.job.command)}`].join("\n");
}

function explanations(
  metrics: readonly MetricJudgement[],
  evidence: GateEvidence,
  judgement: Judgement,
): string {
  const each = metrics.map(
    (metric) =>
      `- **${escapeMarkdown(metricTitle(metric))}** ${escapeMarkdown(explainMetric(metric, evidence, judgement).join(" "))}`,
  );
  const job = [...explainJob(evidence, judgement), ...endRemarks(evidence, judgement)].map(
    (line) => `- ${escapeMarkdown(line)}`,
  );
  return [...each, ...job].join("\n");
}

const bullets = (lines: readonly string[]) => lines.map((line) => `- ${escapeMarkdown(line)}`).join("\n");

const READING: readonly string[] = [
  "Worse by: how much worse the candidate is in the middle of all rounds; below 0 it is better. A round starts both sides afresh.",
  "95 % interval: what the effect may be, exact under the coin that gave the sides their places.",
  "Limit: a regression at least this large is to be found, and a pass excludes it.",
  "Could see: the smallest effect that so many rounds with this noise tell from nothing in 95 of 100 jobs.",
  "Inconclusive: neither a regression nor its absence is shown. It is not a pass.",
];
