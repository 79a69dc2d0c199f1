import type { ReportCell, ReportSection, ReportTable } from "../../../reports/src/model.ts";
import type { ResultFile } from "../result/schema.ts";
import { integrityCell } from "./cells.ts";
import { DASH, milliseconds, significant, whole } from "./format.ts";
import { targetLabels } from "./group.ts";
import { spreadOfMeasured } from "./spread.ts";

/** What the figures rest on: every run by itself, how each target was started and configured. */
export function evidenceSection(results: readonly ResultFile[]): ReportSection {
  const label = targetLabels(results);
  const byTarget = [...Map.groupBy(results, label)];
  return {
    heading: "Evidence",
    question: "What do these figures rest on?",
    facts: [],
    tables: [
      targetsStarted(byTarget),
      runsTable(results, label),
      ...byTarget.flatMap(([target, runs]) => configurationTable(target, runs) ?? []),
    ],
    charts: [],
    notes: [],
  };
}

function targetsStarted(byTarget: readonly (readonly [string, readonly ResultFile[]])[]): ReportTable {
  return {
    caption: "Targets as they were found",
    columns: [
      { heading: "Target", align: "left" },
      { heading: "Version", align: "left" },
      { heading: "Durability", align: "left" },
      { heading: "How it was read back", align: "left" },
      { heading: "Start-up ms", align: "right" },
    ],
    groups: [
      {
        label: null,
        rows: byTarget.map(([target, runs]) => [
          { text: target, colourKey: target },
          { text: runs[0]!.summary.target.version },
          { text: runs[0]!.summary.target.durability ?? "unknown" },
          { text: distinct(runs.map((run) => run.target.durabilityEvidence)) },
          { text: whole(spreadOfMeasured(runs.map((run) => run.target.startupMs))!.median) },
        ]),
      },
    ],
  };
}

function runsTable(results: readonly ResultFile[], label: (result: ResultFile) => string): ReportTable {
  const headings = [
    "Profile",
    "Target",
    "Repetition",
    "Parameters",
    "Messages/s",
    "99 % ms",
    "Integrity",
    "Validity",
    "Result file",
  ];
  return {
    caption: `Every run (${whole(results.length)})`,
    note: "99 % is of response time, or of publish latency where there is none.",
    columns: headings.map((heading) => ({
      heading,
      align: ["Messages/s", "99 % ms"].includes(heading) ? "right" : "left",
    })),
    groups: [{ label: null, rows: results.map((result) => runRow(result, label(result))) }],
    collapsed: true,
  };
}

function runRow(result: ResultFile, target: string): readonly ReportCell[] {
  const { summary } = result;
  const { validity } = summary;
  const rate = summary.throughput.messagesPerSecond;
  const p99 = (summary.latencyUs.response ?? summary.latencyUs.publish)?.p99 ?? null;
  const parameters = Object.entries(summary.parameters).map(([name, value]) => `${name}=${String(value)}`);
  return [
    { text: `${summary.scenario}: ${summary.profile}` },
    { text: target, colourKey: target },
    { text: whole(summary.repetition) },
    { text: `${summary.mode} loop, ${summary.driver}`, detail: parameters.join(" ") },
    rate === null ? { text: DASH, tone: "muted" } : { text: significant(rate, 5) },
    p99 === null ? { text: DASH, tone: "muted" } : { text: milliseconds(p99) },
    integrityCell([result]),
    validity.verdict === "valid"
      ? { text: "valid", tone: "good" }
      : { text: validity.verdict, detail: validity.reasons.join("; "), tone: "warn" },
    { text: summary.resultFile ?? DASH },
  ];
}

function configurationTable(target: string, runs: readonly ResultFile[]): ReportTable | null {
  const settings = [...new Set(runs.flatMap((run) => Object.keys(run.target.configuration)))].sort();
  if (settings.length === 0) return null;
  return {
    caption: `Effective configuration of ${target} (${whole(settings.length)} settings)`,
    columns: [
      { heading: "Setting", align: "left" },
      { heading: "Value", align: "left" },
    ],
    groups: [
      {
        label: null,
        rows: settings.map((setting) => [
          { text: setting },
          { text: distinct(runs.map((run) => run.target.configuration[setting] ?? "(not set)")) },
        ]),
      },
    ],
    collapsed: true,
  };
}

const MAX_DISTINCT = 3;

/** One text where all agree, else the first few that differ: ports and directories do from start to start. */
export function distinct(texts: readonly string[]): string {
  const unique = [...new Set(texts)];
  const rest = unique.length - MAX_DISTINCT;
  return unique.slice(0, MAX_DISTINCT).join(" | ") + (rest > 0 ? ` | and ${rest} more` : "");
}
