/** What runs in stages have beside the common table: their stages, and the figures of their workload. */
import { ALL_FIGURES, type AnyFigureName } from "../result/figures/index.ts";
import type { PhaseSummary, RunSummary } from "../result/schema.ts";
import { parameterList } from "./load-words.ts";
import { duration, memory, NOT_MEASURED, ratePerSecond, UNIT_FORMATS } from "./quantities.ts";
import { type Column, renderTable, wrap } from "./table.ts";

const WIDTH = 110;
/** More beside one another than a terminal is wide. */
const MOST_COLUMNS = 4;

const STAGE_COLUMNS: readonly Column[] = [
  { heading: "stage", align: "left" },
  { heading: "target", align: "left" },
  { heading: "#", align: "right" },
  { heading: "took", align: "right" },
  { heading: "messages", align: "right" },
  { heading: "rate", align: "right" },
  { heading: "latency of", align: "left" },
  { heading: "p50", align: "right" },
  { heading: "p99", align: "right" },
  { heading: "p99.9", align: "right" },
  { heading: "max", align: "right" },
  { heading: "RSS", align: "right" },
  { heading: "peak", align: "right" },
  { heading: "at end", align: "right" },
];

/** What tells runs of one profile apart. */
interface Naming {
  readonly varying: readonly string[];
  readonly overSeveral: boolean;
}

/** Blocks of text for the runs of one profile; none where they have neither stages nor figures. */
export function renderStages(runs: readonly RunSummary[], varying: readonly string[]): string[] {
  const naming = { varying, overSeveral: new Set(runs.map(({ protocol }) => protocol)).size > 1 };
  const staged = runs.filter(({ phases }) => phases.length > 0);
  const names = [...new Set(staged.flatMap(({ phases }) => phases.map(({ name }) => name)))];
  const rows = names.flatMap((name) =>
    staged.flatMap((run) =>
      run.phases.filter((phase) => phase.name === name).map((phase) => stageRow(phase, run, naming)),
    ),
  );
  return [
    ...(rows.length > 0 ? [renderTable(STAGE_COLUMNS, rows)] : []),
    ...figureTables(runs, naming),
    ...notesOf(runs),
  ];
}

function stageRow(phase: PhaseSummary, run: RunSummary, naming: Naming): string[] {
  const { response, publish } = phase.latencyUs;
  const [kind, latency] = response !== null ? ["response", response] : ["publish", publish];
  return [
    phase.name,
    named(run.target.name, run, naming),
    String(run.repetition),
    duration(phase.durationMs * 1e3),
    UNIT_FORMATS.messages(phase.messages),
    ratePerSecond(phase.messagesPerSecond),
    latency === null ? NOT_MEASURED : kind,
    duration(latency?.p50 ?? null),
    duration(latency?.p99 ?? null),
    duration(latency?.p99_9 ?? null),
    duration(latency?.max ?? null),
    memory(phase.rss.beginBytes),
    memory(phase.rss.peakBytes),
    memory(phase.rss.endBytes),
  ];
}

function figureTables(runs: readonly RunSummary[], naming: Naming): string[] {
  const having = runs.filter(({ figures }) => Object.keys(figures).length > 0);
  const tables: string[] = [];
  for (let from = 0; from < having.length; from += MOST_COLUMNS) {
    tables.push(figureTable(having.slice(from, from + MOST_COLUMNS), naming));
  }
  return tables;
}

function figureTable(runs: readonly RunSummary[], naming: Naming): string {
  const columns: Column[] = [
    { heading: "figure", align: "left" },
    ...runs.map(
      (run): Column => ({
        heading: named(`${run.target.name} ${run.target.version} #${run.repetition}`, run, naming),
        align: "right",
      }),
    ),
  ];
  const names = figureNames(runs);
  const rows = names.map((name) => [
    ALL_FIGURES[name].title,
    ...runs.map(({ figures }) => UNIT_FORMATS[ALL_FIGURES[name].unit](figures[name]?.value ?? null)),
  ]);
  return renderTable(columns, rows);
}

/** In the order of their table; of results that another version wrote, those that are still known. */
function figureNames(runs: readonly RunSummary[]): AnyFigureName[] {
  const present = new Set(runs.flatMap(({ figures }) => Object.keys(figures)));
  return (Object.keys(ALL_FIGURES) as AnyFigureName[]).filter((name) => present.has(name));
}

/** Each note once, with the figures and the targets that it is about. */
function notesOf(runs: readonly RunSummary[]): string[] {
  const noted = figureNames(runs).flatMap((name) =>
    runs.flatMap(({ figures, target }) => {
      const note = figures[name]?.note ?? null;
      return note === null ? [] : [{ title: ALL_FIGURES[name].title, target: target.name, note }];
    }),
  );
  const lines = [...Map.groupBy(noted, ({ note }) => note)].map(([note, of]) => {
    const distinct = (key: "title" | "target") => [...new Set(of.map((each) => each[key]))].join(", ");
    return wrap(`${distinct("title")} (${distinct("target")}): ${note}`, WIDTH);
  });
  return lines.length > 0 ? [lines.join("\n")] : [];
}

/** With its protocol where the runs go over several, and what of its load differs. */
function named(text: string, run: RunSummary, { varying, overSeveral }: Naming): string {
  const load = parameterList(run.parameters, varying);
  return [overSeveral ? `${text} over ${run.protocol}` : text, ...(load === "" ? [] : [load])].join(", ");
}
