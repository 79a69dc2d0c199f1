import type { ReportCell, ReportChart, ReportSection } from "../../../reports/src/model.ts";
import { spreadCell } from "./cells.ts";
import { barSeries, profileCharts } from "./charts.ts";
import { DASH, significant, times } from "./format.ts";
import type { ProfileGroup, RunSet, SweepPoint } from "./group.ts";
import { ratioToReference } from "./ratio.ts";
import { figuresTable, memoryChart, stagesTable } from "./stages.ts";
import { costTable, latencyTable, targetsTable } from "./tables.ts";

/** Beyond this many, reasons and examples repeat each other; all of them are in the result files. */
const MAX_NOTES = 12;

export function profileSection(group: ProfileGroup): ReportSection {
  const latency = latencyTable(group);
  const plan = group.points[0]!.sets[0]!.runs[0]!.plan as { question?: unknown };
  return {
    heading: `${group.scenario}: ${group.profile}`,
    question:
      typeof plan.question === "string"
        ? plan.question
        : "How many messages arrive intact, how late, and at what cost to the broker?",
    facts: group.constants,
    tables: [targetsTable(group), figuresTable(group), stagesTable(group), latency, costTable(group)].filter(
      (table) => table !== null,
    ),
    charts: [...profileCharts(group), ...group.points.map(memoryChart)].filter((chart) => chart !== null),
    notes: notesOf(group, latency !== null),
  };
}

function notesOf(group: ProfileGroup, hasLatency: boolean): readonly string[] {
  const sets = group.points.flatMap(({ sets: ofPoint }) => ofPoint);
  const targetNotes = sets.flatMap(({ target, runs }) =>
    runs.flatMap((run) => run.target.notes.map((note) => `${target}: ${note}`)),
  );
  const doubts = group.points.flatMap((point) => point.sets.flatMap((set) => doubtsOf(point, set)));
  const none = hasLatency
    ? []
    : [
        "No latency was measured: nothing is confirmed with acks 0, and closed loop has no intended send times.",
      ];
  const notes = [...new Set([...targetNotes, ...none, ...doubts])];
  const kept = notes.slice(0, MAX_NOTES);
  return notes.length > kept.length
    ? [...kept, `and ${notes.length - kept.length} more in the result files`]
    : kept;
}

/** Why a run was not valid, and what its messages suffered. */
function doubtsOf(point: SweepPoint, { target, runs }: RunSet): readonly string[] {
  return runs.flatMap(({ summary, examples }) => {
    const where = `${target}${point.label ? `, ${point.label}` : ""}, repetition ${summary.repetition}`;
    const { verdict, reasons } = summary.validity;
    return [
      ...(verdict === "valid"
        ? []
        : [`${where}: ${verdict}${reasons.length ? `, ${reasons.join("; ")}` : ""}`]),
      ...(examples.length ? [`${where}: ${examples.slice(0, 3).join("; ")}`] : []),
    ];
  });
}

/** Every sweep point of every profile in one table, targets as columns; null where one section says it all. */
export function overviewSection(groups: readonly ProfileGroup[]): ReportSection | null {
  const points = groups.flatMap((group) => group.points);
  const targets = [...new Set(points.flatMap(({ sets }) => sets.map(({ target }) => target)))];
  if (points.length < 2) return null;
  const chart = ratioChart(groups, targets);
  return {
    heading: "Overview",
    question: "How do the targets stand to one another in each profile?",
    facts: [],
    tables: [
      {
        caption: "Messages per second, targets side by side",
        note: "Median of the repetitions and, where there is a reference run on the same terms, the ratio to it. Withheld: the run was not intact.",
        columns: [
          { heading: "Profile", align: "left" },
          ...targets.map((heading) => ({ heading, align: "right" as const, colourKey: heading })),
        ],
        groups: groups.map((group) => ({
          label: group.points.length > 1 ? `${group.scenario}: ${group.profile}` : null,
          rows: group.points.map((point) => [
            { text: group.points.length > 1 ? point.label : `${group.scenario}: ${group.profile}` },
            ...targets.map((target) => overviewCell(point, target)),
          ]),
        })),
      },
    ],
    charts: chart ? [chart] : [],
    notes: [],
  };
}

function overviewCell(point: SweepPoint, target: string): ReportCell {
  const set = point.sets.find((candidate) => candidate.target === target);
  if (!set) return { text: DASH, tone: "muted", title: "not run" };
  const { text, tone, title } = spreadCell(
    set,
    ({ summary }) => summary.throughput.messagesPerSecond,
    (value) => significant(value, 4),
  );
  const ratio = set.basis === "none" ? null : ratioToReference(point, set, "throughput");
  const unequal = ratio?.unequal ? ", unequal durability" : "";
  const shownTone = tone ?? (unequal ? "warn" : undefined);
  return {
    text,
    ...(ratio ? { detail: times(ratio.spread.median) + unequal } : {}),
    ...(shownTone ? { tone: shownTone } : {}),
    ...(title ? { title } : {}),
  };
}

function ratioChart(groups: readonly ProfileGroup[], targets: readonly string[]): ReportChart | null {
  const places = groups.flatMap((group) => group.points.map((point) => ({ group, point })));
  const series = barSeries(
    places.map(
      ({ point }) =>
        new Map(
          point.sets.map((set) => [set.target, ratioToReference(point, set, "throughput")?.spread ?? null]),
        ),
    ),
  );
  if (series.length === 0) return null;
  return {
    caption: "Throughput relative to the reference broker",
    note: "Below 1 the target delivers fewer messages per second than the reference, measured beside it; whiskers run over the repetitions.",
    kind: "bar",
    xLabel: "profile and sweep point",
    yLabel: "target divided by reference",
    yScale: "linear",
    categories: places.map(({ group, point }) =>
      point.label ? `${group.profile}, ${point.label}` : group.profile,
    ),
    series: series.filter(({ name }) => targets.includes(name)),
    mark: { y: 1, label: "reference" },
  };
}
