import type { ReportCell, ReportTable } from "../../../reports/src/model.ts";
import type { LatencySummary, ResultFile } from "../result/schema.ts";
import { durabilityCell, integrityCell, ratioCell, spreadCell, targetCell, validityCell } from "./cells.ts";
import { DASH, milliseconds, significant, whole } from "./format.ts";
import type { ProfileGroup, RunSet, SweepPoint } from "./group.ts";
import { type LatencyKind, latencyOfRepetitions } from "./latency.ts";
import { isReference } from "./ratio.ts";

interface Column {
  readonly heading: string;
  readonly align: "left" | "right";
  readonly cell: (point: SweepPoint, set: RunSet) => ReportCell;
  /** A column that would be empty throughout is left out. */
  readonly measured?: (result: ResultFile) => unknown;
  /** Needs a target beside the reference. */
  readonly ratio?: true;
}

const MEGA = 1e6;
const KIBI = 2 ** 10;
const MEBI = 2 ** 20;

const TARGET: Column = { heading: "Target", align: "left", cell: (_, set) => targetCell(set) };

const TARGET_COLUMNS: readonly Column[] = [
  TARGET,
  {
    heading: "Messages/s",
    align: "right",
    cell: (_, set) => {
      const rate = ({ summary }: ResultFile) => summary.throughput.messagesPerSecond;
      return spreadCell(set, rate, (value) => significant(value, 4));
    },
  },
  {
    heading: "to reference",
    align: "right",
    ratio: true,
    cell: (point, set) => ratioCell(point, set, "throughput"),
  },
  {
    heading: "Payload MB/s",
    align: "right",
    cell: (_, set) =>
      spreadCell(set, ({ summary }) => scaled(summary.throughput.payloadBytesPerSecond, MEGA)),
  },
  {
    heading: "Response 99 % ms",
    align: "right",
    measured: responseP99,
    cell: (_, set) => spreadCell(set, (result) => scaled(responseP99(result), 1000)),
  },
  {
    heading: "to reference",
    align: "right",
    ratio: true,
    measured: responseP99,
    cell: (point, set) => ratioCell(point, set, "responseP99"),
  },
  { heading: "Durability", align: "left", cell: (_, set) => durabilityCell(set) },
  { heading: "Integrity", align: "left", cell: (_, set) => integrityCell(set.runs) },
  { heading: "Valid runs", align: "left", cell: (_, set) => validityCell(set.runs) },
];

const COST_COLUMNS: readonly Column[] = [
  {
    heading: "CPU s per million",
    align: "right",
    measured: ({ summary }) => summary.cost.cpuSecondsPerMillionMessages,
    cell: (_, set) => spreadCell(set, ({ summary }) => summary.cost.cpuSecondsPerMillionMessages),
  },
  {
    heading: "to reference",
    align: "right",
    ratio: true,
    measured: ({ summary }) => summary.cost.cpuSecondsPerMillionMessages,
    cell: (point, set) => ratioCell(point, set, "cpu"),
  },
  {
    heading: "Peak RSS MiB",
    align: "right",
    measured: ({ summary }) => summary.cost.peakRssBytes,
    cell: (_, set) => spreadCell(set, ({ summary }) => scaled(summary.cost.peakRssBytes, MEBI)),
  },
  {
    heading: "RSS KiB per subscriber",
    align: "right",
    measured: ({ summary }) => summary.cost.rssBytesPerSubscriber,
    cell: (_, set) => spreadCell(set, ({ summary }) => scaled(summary.cost.rssBytesPerSubscriber, KIBI)),
  },
  {
    heading: "Written per payload byte",
    align: "right",
    measured: ({ summary }) => summary.cost.bytesWrittenPerPayloadByte,
    cell: (_, set) => spreadCell(set, ({ summary }) => summary.cost.bytesWrittenPerPayloadByte),
  },
  {
    heading: "Of generator ceiling",
    align: "right",
    measured: ceilingShare,
    cell: (_, set) => spreadCell(set, ceilingShare, (share) => `${significant(share * 100, 2)} %`),
  },
];

const REPEATED = "Median of the repetitions, lowest to highest beneath it.";
const SINGLE = "One repetition each, so no spread is known.";
const RATIOS =
  "Ratios are target divided by reference within each repetition, of valid runs; beneath them the 95 % interval of their median from six repetitions on, before that lowest to highest.";

/** Targets beneath one another per sweep point: rate, ratio, terms and verdicts. */
export function targetsTable(group: ProfileGroup): ReportTable {
  const sets = group.points.flatMap((point) => point.sets);
  const note = sets.some(({ used }) => used.length > 1) ? REPEATED : SINGLE;
  return {
    caption: "Targets side by side",
    note: sets.every(isReference) ? note : `${note} ${RATIOS}`,
    ...grid(group, TARGET_COLUMNS),
  };
}

/** What each target cost the machine, and how near the load generator was to its own limit; null if not measured. */
export function costTable(group: ProfileGroup): ReportTable | null {
  const columns = COST_COLUMNS.filter((column) => isShown(group, column));
  if (columns.length === 0) return null;
  return {
    caption: "Cost to the broker",
    note: "CPU, memory and writes of the target's whole process tree. Of generator ceiling: the rate divided by what the load generator reaches against a sink that only counts.",
    ...grid(group, [TARGET, ...columns]),
  };
}

function grid(group: ProfileGroup, all: readonly Column[]): Pick<ReportTable, "columns" | "groups"> {
  const columns = all.filter((column) => isShown(group, column));
  return {
    columns: columns.map(({ heading, align }) => ({ heading, align })),
    groups: group.points.map((point) => ({
      label: point.label || null,
      rows: point.sets.map((set) => columns.map(({ cell }) => cell(point, set))),
    })),
  };
}

function isShown({ points }: ProfileGroup, { measured, ratio }: Column): boolean {
  const sets = points.flatMap((point) => point.sets);
  const runs = sets.flatMap((set) => set.runs);
  return !(measured && runs.every((run) => measured(run) === null)) && !(ratio && sets.every(isReference));
}

const KINDS: readonly (readonly [kind: LatencyKind, name: string])[] = [
  ["response", "response time"],
  ["service", "service time"],
  ["publish", "publish latency"],
  ["scheduleLag", "schedule lag"],
];

const LATENCY_COLUMNS: readonly (readonly [heading: string, key: keyof LatencySummary])[] = [
  ["min", "min"],
  ["50 %", "p50"],
  ["75 %", "p75"],
  ["90 %", "p90"],
  ["95 %", "p95"],
  ["99 %", "p99"],
  ["99.9 %", "p99_9"],
  ["99.99 %", "p99_99"],
  ["max", "max"],
];

/** Percentiles of every kind of latency that was measured; null if none was. */
export function latencyTable(group: ProfileGroup): ReportTable | null {
  const groups = group.points
    .map((point) => ({ label: point.label || null, rows: point.sets.flatMap(latencyRows) }))
    .filter(({ rows }) => rows.length > 0);
  if (groups.length === 0) return null;
  return {
    caption: "Latency percentiles, milliseconds",
    note: "Each percentile is the median of the repetitions; min and max are over all of them. A dash: fewer than ten samples lie above.",
    columns: [
      { heading: "Target", align: "left" },
      { heading: "Kind", align: "left" },
      ...LATENCY_COLUMNS.map(([heading]) => ({ heading, align: "right" as const })),
      { heading: "Samples", align: "right" },
    ],
    groups,
  };
}

function latencyRows(set: RunSet): readonly ReportCell[][] {
  return KINDS.flatMap(([kind, name]) => {
    const summary = latencyOfRepetitions(set.used, kind);
    if (!summary || summary.count === 0) return [];
    const figures = LATENCY_COLUMNS.map(([, key]): ReportCell => {
      const value = summary[key];
      return value === null
        ? { text: DASH, tone: "muted", title: "too few samples above" }
        : { text: milliseconds(value) };
    });
    return [[targetCell(set), { text: name }, ...figures, { text: whole(summary.count), tone: "muted" }]];
  });
}

function scaled(value: number | null, unit: number): number | null {
  return value === null ? null : value / unit;
}

function responseP99({ summary }: ResultFile): number | null {
  return summary.latencyUs.response?.p99 ?? null;
}

function ceilingShare({ summary }: ResultFile): number | null {
  const { messagesPerSecond } = summary.throughput;
  const ceiling = summary.generatorCeiling;
  return messagesPerSecond === null || !ceiling ? null : messagesPerSecond / ceiling;
}
