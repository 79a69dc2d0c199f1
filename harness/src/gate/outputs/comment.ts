/** The text of one comment on a pull request that each job writes anew. */
import { machineRemarks } from "../../terminal/gate-table.ts";
import type { GateEvidence } from "../evidence.ts";
import type { Judgement } from "../judgement.ts";
import { headlineText, verdictLabel } from "../words/headline.ts";
import { sideRemarks, sidesOf, sideText } from "../words/sides.ts";
import { integrityList, metricsTable } from "./github-summary.ts";
import { code, collapsed, escapeMarkdown, withinBytes } from "./markdown.ts";

/** By this the comment is found again. Readers do not see it. */
export const COMMENT_MARKER = "<!-- brokermark-gate -->";

/** GitHub takes 65,536 characters; no character is longer than its bytes. */
const COMMENT_LIMIT_BYTES = 65_000;

export function renderComment(evidence: GateEvidence, judgement: Judgement): string {
  const telling = judgement.metrics.filter(
    ({ role, verdict }) => role === "gating" && verdict !== "not-measured",
  );
  const sides = sidesOf(evidence).map(([name, side]) => `- ${name}: ${code(sideText(side))}`);
  const remarks = [...machineRemarks(judgement), ...sideRemarks(evidence)].map(
    (line) => `- ${escapeMarkdown(line)}`,
  );
  const parts = [
    `${COMMENT_MARKER}\n**Brokermark: ${verdictLabel(judgement)}** ${escapeMarkdown(headlineText(evidence, judgement))}`,
    ...(judgement.integrity.length > 0 ? [integrityList(judgement)] : []),
    ...(telling.length > 0 ? [collapsed("Metrics", metricsTable(telling))] : []),
    collapsed("Machine and sides", [...sides, ...remarks].join("\n")),
  ];
  return withinBytes(parts, COMMENT_LIMIT_BYTES);
}
