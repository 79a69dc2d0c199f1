/** What runs in stages have beside the common tables: their stages, their workload's figures, memory over time. */
import type { ReportCell, ReportChart, ReportSeries, ReportTable } from "../../../reports/src/model.ts";
import { ALL_FIGURES, type AnyFigureName, type FigureSpec } from "../result/figures/index.ts";
import type { PhaseSummary, ResultFile } from "../result/schema.ts";
import { spreadCell, targetCell } from "./cells.ts";
import { DASH, milliseconds, significant, whole } from "./format.ts";
import type { ProfileGroup, RunSet, SweepPoint } from "./group.ts";

const MEBI = 2 ** 20;

const TEXTS: Readonly<Record<FigureSpec["unit"], { unit: string; text: (value: number) => string }>> = {
  "messages/s": { unit: "messages/s", text: (value) => significant(value, 4) },
  "bytes/s": { unit: "MB/s", text: (value) => significant(value / 1e6) },
  us: { unit: "ms", text: milliseconds },
  s: { unit: "s", text: (value) => significant(value) },
  bytes: {
    unit: "bytes",
    text: (value) => (value < MEBI ? whole(value) : `${significant(value / MEBI)} Mi`),
  },
  "1": { unit: "", text: (value) => significant(value) },
  messages: { unit: "messages", text: whole },
  connections: { unit: "connections", text: whole },
  "connections/s": { unit: "connections/s", text: (value) => significant(value) },
  requests: { unit: "requests", text: whole },
};

/** A row for each figure, a column for each target; null where the workload has none. */
export function figuresTable(group: ProfileGroup): ReportTable | null {
  const sets = group.points.flatMap((point) => point.sets);
  const present = new Set(
    sets.flatMap(({ runs }) => runs.flatMap(({ summary }) => Object.keys(summary.figures))),
  );
  const names = (Object.keys(ALL_FIGURES) as AnyFigureName[]).filter((name) => present.has(name));
  if (names.length === 0) return null;
  const targets = [...new Set(sets.map(({ target }) => target))];
  return {
    caption: "Figures of this scenario",
    note: "Median of the repetitions, lowest to highest beneath it. Point at a figure for how it was come by.",
    columns: [
      { heading: "Figure", align: "left" },
      ...targets.map((heading) => ({ heading, align: "right" as const, colourKey: heading })),
    ],
    groups: group.points.map((point) => ({
      label: point.label || null,
      rows: names.map((name) => {
        const { title, unit } = ALL_FIGURES[name];
        const inUnit = TEXTS[unit].unit;
        return [
          { text: inUnit === "" ? title : `${title}, ${inUnit}` },
          ...targets.map((target) => figureCell(point, target, name)),
        ];
      }),
    })),
  };
}

function figureCell(point: SweepPoint, target: string, name: AnyFigureName): ReportCell {
  const set = point.sets.find((candidate) => candidate.target === target);
  if (!set) return { text: DASH, tone: "muted", title: "not run" };
  const told = ({ summary }: ResultFile) => summary.figures[name]?.value ?? null;
  const cell = spreadCell(set, told, TEXTS[ALL_FIGURES[name].unit].text);
  const notes = new Set(set.runs.map(({ summary }) => summary.figures[name]?.note ?? null));
  const note = [...notes].filter((each) => each !== null).join("; ");
  return note === "" ? cell : { ...cell, title: [cell.title, note].filter(Boolean).join("; ") };
}

const RSS_KEYS = ["beginBytes", "peakBytes", "endBytes"] as const;

/** The stages of every run one after another; null where there are none. */
export function stagesTable(group: ProfileGroup): ReportTable | null {
  const groups = group.points
    .map((point) => ({ label: point.label || null, rows: point.sets.flatMap(stageRows) }))
    .filter(({ rows }) => rows.length > 0);
  if (groups.length === 0) return null;
  const right = ["took s", "messages", "messages/s", "50 % ms", "99 % ms", "99.9 % ms", "max ms"];
  const memory = ["RSS MiB", "peak", "at its end"];
  return {
    caption: "Stage by stage",
    note: "Latency is response time where there is one, else publish latency; the repetition is in brackets.",
    columns: [
      { heading: "Target", align: "left" },
      { heading: "Stage", align: "left" },
      ...[...right, ...memory].map((heading) => ({ heading, align: "right" as const })),
    ],
    groups,
  };
}

function stageRows(set: RunSet): readonly ReportCell[][] {
  return set.runs.flatMap(({ summary }) =>
    summary.phases.map((phase) => [
      targetCell(set),
      { text: `${phase.name} (${summary.repetition})` },
      { text: significant(phase.durationMs / 1e3) },
      cellOf(phase.messages, whole),
      cellOf(phase.messagesPerSecond, (value) => significant(value, 4)),
      ...latencyCells(phase),
      ...RSS_KEYS.map((key) => cellOf(phase.rss[key], (bytes) => significant(bytes / MEBI))),
    ]),
  );
}

function latencyCells({ latencyUs: { response, publish } }: PhaseSummary): ReportCell[] {
  const latency = response ?? publish;
  return (["p50", "p99", "p99_9", "max"] as const).map((key) => cellOf(latency?.[key] ?? null, milliseconds));
}

function cellOf(value: number | null, text: (value: number) => string): ReportCell {
  return value === null ? { text: DASH, tone: "muted", title: "not measured" } : { text: text(value) };
}

/** Resident memory of each run over all its stages; null where nothing was sampled. */
export function memoryChart(point: SweepPoint): ReportChart | null {
  const series = point.sets.flatMap((set) =>
    set.used.flatMap((run, index): ReportSeries[] => {
      const samples = run.phases.flatMap(({ rss }) => rss).toSorted(([a], [b]) => a - b);
      const [first] = samples;
      if (first === undefined) return [];
      return [
        {
          name: index === 0 ? set.target : `${set.target}, repetition ${run.summary.repetition}`,
          colourKey: set.target,
          points: samples.map(([atUs, bytes]) => [(atUs - first[0]) / 1e6, bytes / MEBI] as const),
          ...(index === 0 ? {} : { faint: true as const }),
        },
      ];
    }),
  );
  if (series.length === 0) return null;
  return {
    caption: point.label ? `Memory over time: ${point.label}` : "Memory over time",
    note: "Resident memory of the target's process tree over all stages; the first repetition is drawn strong.",
    kind: "line",
    xLabel: "seconds since the first stage",
    yLabel: "RSS, MiB",
    yScale: "linear",
    series,
  };
}
