/** What a gate's figures rest on: both sides as they were, and every round by itself. */
import type { ReportCell, ReportSection, ReportTable } from "../../../../reports/src/model.ts";
import type { GateEvidence, RoundLine } from "../../gate/evidence.ts";
import type { Judgement, MetricJudgement } from "../../gate/judgement.ts";
import { GATE_METRICS } from "../../gate/metrics.ts";
import { signedPercent } from "../../gate/words/figures.ts";
import { settingDifferences, sideRemarks, sidesOf } from "../../gate/words/sides.ts";
import { DASH, whole } from "../format.ts";

export function evidenceSection(evidence: GateEvidence, judgement: Judgement): ReportSection {
  const differences = settingDifferences(evidence);
  return {
    heading: "Evidence",
    question: "What do these figures rest on?",
    facts: [],
    tables: [
      sidesTable(evidence),
      ...(differences.length > 0 ? [settingsTable(differences)] : []),
      ...evidence.job.scenarios.flatMap(({ name }) => roundsTable(name, evidence, judgement) ?? []),
    ],
    charts: [],
    notes: sideRemarks(evidence).filter((remark) => !remark.startsWith("Setting ")),
  };
}

const textColumns = (headings: readonly string[]) =>
  headings.map((heading) => ({ heading, align: "left" as const }));

function sidesTable(evidence: GateEvidence): ReportTable {
  return {
    caption: "Sides",
    columns: textColumns(["Side", "As given", "What ran", "Commit", "Durability", "SHA-256 of what ran"]),
    groups: [
      {
        label: null,
        rows: sidesOf(evidence).map(([name, side]) => [
          { text: name, colourKey: name },
          { text: side.spec },
          { text: `${side.kind}${side.version === null ? "" : ` ${side.version}`}` },
          { text: side.commit?.slice(0, 12) ?? DASH },
          { text: side.durability ?? "unknown" },
          { text: side.contentHash?.slice(0, 16) ?? DASH },
        ]),
      },
    ],
  };
}

function settingsTable(differences: ReturnType<typeof settingDifferences>): ReportTable {
  return {
    caption: "Settings that differ",
    columns: textColumns(["Setting", "Baseline", "Candidate"]),
    groups: [
      {
        label: null,
        rows: differences.map(({ setting, baseline, candidate }) => [
          { text: setting },
          { text: baseline },
          { text: candidate },
        ]),
      },
    ],
  };
}

/** Effects in the order played, so that a drift shows. */
function roundsTable(scenario: string, { rounds }: GateEvidence, judgement: Judgement): ReportTable | null {
  const own = rounds.filter((round) => round.scenario === scenario);
  if (own.length === 0) return null;
  const metrics = judgement.metrics.filter(
    (metric) => metric.scenario === scenario && metric.effects.length > 0,
  );
  return {
    caption: `Rounds of ${scenario} (${whole(own.length)})`,
    note: "Candidate worse by, in percent. The slot, drawn by lot, has a port, a directory, a start position and an environment of its own.",
    columns: [
      { heading: "Round", align: "right" },
      { heading: "Began", align: "left" },
      { heading: "Seconds", align: "right" },
      { heading: "Candidate's slot", align: "right" },
      ...metrics.map(({ metric }) => ({ heading: GATE_METRICS[metric].title, align: "right" as const })),
      { heading: "Longest gap ms", align: "right" },
    ],
    groups: [{ label: null, rows: own.map((round) => roundRow(round, metrics)) }],
    collapsed: true,
  };
}

function roundRow(round: RoundLine, metrics: readonly MetricJudgement[]): readonly ReportCell[] {
  const effects = metrics.map(({ effects, effectRounds }): ReportCell => {
    const effect = effects[effectRounds.indexOf(round.round)];
    return effect === undefined ? { text: DASH, tone: "muted" } : { text: signedPercent(Math.expm1(effect)) };
  });
  return [
    { text: whole(round.round) },
    { text: round.startedAt.slice(11, 19) },
    { text: (round.wallMs / 1000).toFixed(1) },
    { text: whole(round.candidateSlot) },
    ...effects,
    { text: whole(round.longestGapMs) },
  ];
}
