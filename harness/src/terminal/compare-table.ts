import type { ComparedLoad, TargetColumn } from "../compare/comparison.ts";
import { type CommonMetricName, METRICS, type MetricName } from "../compare/metrics.ts";
import type { Spread } from "../compare/statistics.ts";
import { ALL_FIGURES } from "../result/figures/index.ts";
import { parameterList, varyingKeys } from "./load-words.ts";
import { NOT_MEASURED, ratio, UNIT_FORMATS } from "./quantities.ts";
import { type Column, renderTable, wrap } from "./table.ts";

const WIDTH = 110;

const COMMON_TITLES: Readonly<Record<CommonMetricName, string>> = {
  throughput: "messages delivered intact",
  payloadRate: "payload",
  responseP50: "response time p50",
  responseP99: "response time p99",
  publishP50: "publish latency p50",
  publishP99: "publish latency p99",
  cpu: "broker CPU s per million",
  peakRss: "broker peak RSS",
  subscriberRss: "broker RSS per idle subscriber",
  bytesWritten: "bytes written per payload byte",
};

function titleOf(metric: MetricName): string {
  return metric in COMMON_TITLES
    ? COMMON_TITLES[metric as CommonMetricName]
    : ALL_FIGURES[metric as keyof typeof ALL_FIGURES].title;
}

/** One block per load: targets as columns, each followed by its ratio to the reference; remarks below. */
export function renderCompareTable(loads: readonly ComparedLoad[]): string {
  if (loads.length === 0) return "nothing to compare";
  const alike = Map.groupBy(loads, ({ scenario, profile }) => `${scenario} ${profile}`);
  return loads
    .map((load) => {
      const siblings = alike.get(`${load.scenario} ${load.profile}`)!;
      const varying = varyingKeys(siblings.map(({ parameters }) => parameters));
      return renderLoad(load, varying);
    })
    .join("\n\n\n");
}

function renderLoad(load: ComparedLoad, varying: readonly string[]): string {
  const point = varying.length > 0 ? `, ${parameterList(load.parameters, varying)}` : "";
  const head = `${load.scenario} ${load.profile}: ${load.mode} loop, driver ${load.drivers.join(" or ")}${point}`;
  const columns: Column[] = [{ heading: "median (min to max)", align: "left" }];
  for (const column of load.columns) {
    columns.push({ heading: heading(column, load), align: "right" });
    if (column.ratios !== null) columns.push({ heading: "x reference", align: "right" });
  }
  const durability = [
    "durability class",
    ...load.columns.flatMap((column) => [classOf(column), ...ratioCells(column, "")]),
  ];
  const counts = [
    "runs used of all",
    ...load.columns.flatMap((column) => [usedOf(column), ...ratioCells(column, "")]),
  ];
  const names = [...new Set(load.columns.flatMap(({ metrics }) => Object.keys(metrics)))] as MetricName[];
  const measured = names.filter((metric) =>
    load.columns.some(({ metrics }) => (metrics[metric] ?? null) !== null),
  );
  const figures = measured.map((metric) => [
    titleOf(metric),
    ...load.columns.flatMap((column) => [
      spreadText(column.metrics[metric] ?? null, UNIT_FORMATS[METRICS[metric].unit]),
      ...ratioCells(column, spreadText(column.ratios?.[metric] ?? null, ratio)),
    ]),
  ]);
  const table = renderTable(columns, [durability, counts, ...figures]);
  return [head, table, ...remarks(load)].join("\n\n");
}

const several = ({ protocols }: ComparedLoad) => protocols.length > 1;
/** With its protocol where the load went over several. */
const heading = ({ target, protocol }: TargetColumn, load: ComparedLoad) =>
  `${target.name} ${target.version}${several(load) ? ` over ${protocol}` : ""}`;
const classOf = ({ target, durabilityDiffers }: TargetColumn) =>
  `${target.durability ?? "unknown"}${durabilityDiffers ? " (!)" : ""}`;
const usedOf = ({ used, excluded }: TargetColumn) => `${used} of ${used + excluded.length}`;
const ratioCells = ({ ratios }: TargetColumn, text: string) => (ratios === null ? [] : [text]);

function spreadText(spread: Spread | null, format: (value: number) => string): string {
  if (spread === null) return NOT_MEASURED;
  if (spread.count === 1) return format(spread.median);
  return `${format(spread.median)} (${format(spread.min)} to ${format(spread.max)})`;
}

function remarks(load: ComparedLoad): string[] {
  const lines: string[] = [];
  if (load.durabilityDiffers) {
    lines.push("(!) The targets do not promise the same durability; their ratios compare unequal things.");
  }
  for (const column of load.columns) {
    if (column.ratios !== null) lines.push(intervalRemark(column, load));
    lines.push(...column.notes.map((note) => `${heading(column, load)}: ${note}`));
    lines.push(
      ...column.excluded.map(
        ({ repetition, reasons, source }) =>
          `${heading(column, load)}: run ${repetition} is not counted (${reasons.join("; ")}) ${source}`,
      ),
    );
  }
  if (!load.columns.some(({ target }) => target.name === "reference")) {
    lines.push("No run of the reference broker under this load: no ratios.");
  }
  return lines.length > 0 ? [lines.map((line) => wrap(line, WIDTH)).join("\n")] : [];
}

/** How sure the throughput ratio is; other ratios rest on the same repetitions. */
function intervalRemark(column: TargetColumn, load: ComparedLoad): string {
  const spread = column.ratios?.throughput ?? null;
  const who = `${heading(column, load)} x reference`;
  if (spread === null) return `${who}: no repetition in which both ran, valid and intact.`;
  const { count, interval, median } = spread;
  if (interval === null) {
    return `${who}: throughput ${ratio(median)} in the median of n = ${count} paired repetitions, from ${ratio(spread.min)} to ${ratio(spread.max)}; no 95 % interval exists below n = 6.`;
  }
  const confidence = (interval.confidence * 100).toFixed(1);
  return `${who}: throughput ${ratio(median)}, between ${ratio(interval.low)} and ${ratio(interval.high)} with ${confidence} % confidence (sign test, n = ${count} paired repetitions).`;
}
