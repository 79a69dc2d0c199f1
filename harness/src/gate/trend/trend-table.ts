import { GATE_METRICS } from "../metrics.ts";
import { type TrendSeries, WINDOW } from "./trend.ts";
import { changeWords, confirmCommand, lastWords, shortCommit, sparkline } from "./words.ts";
import { type Column, renderTable } from "../../terminal/table.ts";

const COLUMNS: readonly Column[] = [
  { heading: "scenario", align: "left" },
  { heading: "metric", align: "left" },
  { heading: "points", align: "right" },
  { heading: "worse than the anchor", align: "right" },
  { heading: "", align: "left" },
  { heading: "changes", align: "left" },
];

/** A row for each series; below it what changed, and how to see it again. */
export function renderTrendTable(series: readonly TrendSeries[]): string {
  if (series.length === 0) return "no points yet: add some with --add EVIDENCE";
  const classes = [...Map.groupBy(series, ({ machineClass }) => machineClass)];
  return classes.map(([machineClass, group]) => renderClass(machineClass, group)).join("\n\n");
}

function renderClass(machineClass: string, series: readonly TrendSeries[]): string {
  const anchors = [...new Set(series.map(({ anchor }) => shortCommit(anchor)))];
  const head = `${machineClass}, against ${anchors.join(", ")}`;
  return [head, renderTable(COLUMNS, series.map(row)), ...remarks(series)].join("\n\n");
}

function row(series: TrendSeries): readonly string[] {
  const { scenario, metric, points, changes } = series;
  const drawn = sparkline(points.slice(-WINDOW).map(({ value }) => value));
  const found = changes === null ? "too few points" : changes.length === 0 ? "none" : String(changes.length);
  return [scenario, GATE_METRICS[metric].title, String(points.length), lastWords(series), drawn, found];
}

function remarks(series: readonly TrendSeries[]): string[] {
  const changes = series.flatMap((one) =>
    (one.changes ?? []).map(
      (change) =>
        `${one.scenario} ${GATE_METRICS[one.metric].title}: ${changeWords(change)}\n  see it again: ${confirmCommand(one, change)}`,
    ),
  );
  const unlinked = [...new Set(series.flatMap(({ unlinkedAnchors }) => unlinkedAnchors))].map(
    (anchor) =>
      `points against ${shortCommit(anchor)} are left out: add a gate of --baseline it --candidate the newer anchor, which links the two`,
  );
  return [...changes, ...unlinked];
}
