import type { ReportChart, ReportLimit, ReportSeries } from "./model.ts";

/** Where the percentile axis has its ticks. */
export const PERCENTILE_TICKS = [50, 90, 99, 99.9, 99.99] as const;

/** Line patterns and point shapes, so that colour is never the only difference. */
const DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 4], [12, 3]];
const SHAPES = ["circle", "rectRot", "triangle", "rect", "star", "crossRot"] as const;

/** Where the points of a category lie in `dots`, in widths of a category from its middle: one by one, and their summary. */
const DOTS = { from: -0.38, to: 0.14, summary: 0.3 } as const;

/** What the page's script needs to draw one chart: a Chart.js configuration but for colours and functions. */
export interface ChartConfig {
  readonly type: "line" | "bar" | "scatter";
  readonly data: { readonly labels?: readonly string[]; readonly datasets: readonly ChartDataset[] };
  readonly x: {
    readonly label: string;
    readonly ticks: readonly { readonly value: number; readonly label: string }[] | null;
    /** null: categories, not numbers. */
    readonly min: number | null;
    readonly max: number | null;
  };
  readonly y: { readonly label: string; readonly scale: "linear" | "logarithmic" };
  readonly mark: { readonly y: number; readonly label: string } | null;
  readonly limits: readonly ReportLimit[];
}

export interface ChartDataset {
  readonly label: string;
  readonly colour: number;
  readonly faint: boolean;
  readonly data: readonly { readonly x: number; readonly y: number }[] | readonly (number | null)[];
  readonly ranges: readonly (readonly [number, number, number])[];
  readonly borderDash: readonly number[];
  readonly pointStyle: string;
}

/** Position of a percentile (0 to below 100) on an axis that gives every further nine the same room. */
export function percentilePosition(percentile: number): number {
  return -Math.log10(1 - percentile / 100);
}

/** One chart as data; `colours` gives every colour key its index. */
export function chartConfig(chart: ReportChart, colours: ReadonlyMap<string, number>): ChartConfig {
  const datasets = chart.series.map((series) => dataset(chart, series, colours.get(series.colourKey) ?? 0));
  return {
    type: chart.kind === "bar" ? "bar" : chart.kind === "dots" ? "scatter" : "line",
    data: chart.kind === "bar" ? { labels: chart.categories ?? [], datasets } : { datasets },
    x: { label: chart.xLabel, ...axis(chart) },
    y: { label: chart.yLabel, scale: chart.yScale },
    mark: chart.mark ?? null,
    limits: chart.limits ?? [],
  };
}

function dataset(chart: ReportChart, series: ReportSeries, colour: number): ChartDataset {
  return {
    label: series.name,
    colour,
    faint: series.faint === true,
    data: datasetPoints(chart, series),
    ranges: ranges(chart, series),
    borderDash: DASHES[colour % DASHES.length]!,
    pointStyle: SHAPES[colour % SHAPES.length]!,
  };
}

function datasetPoints(chart: ReportChart, series: ReportSeries): ChartDataset["data"] {
  if (chart.kind === "bar") {
    const values = new Map(series.points);
    return (chart.categories ?? []).map((_, index) => values.get(index) ?? null);
  }
  if (chart.kind === "dots") return dotPoints(series);
  const position = chart.kind === "percentile" ? percentilePosition : (x: number) => x;
  return series.points.map(([x, y]) => ({ x: position(x), y }));
}

function dotPoints(series: ReportSeries): readonly { readonly x: number; readonly y: number }[] {
  if (series.ranges !== undefined) return series.points.map(([x, y]) => ({ x: x + DOTS.summary, y }));
  const byCategory = Map.groupBy(series.points, ([category]) => category);
  return [...byCategory].flatMap(([category, points]) =>
    points.map(([, y], index) => {
      const share = points.length === 1 ? 0.5 : index / (points.length - 1);
      return { x: category + DOTS.from + share * (DOTS.to - DOTS.from), y };
    }),
  );
}

function ranges(chart: ReportChart, series: ReportSeries): ChartDataset["ranges"] {
  const given = series.ranges ?? [];
  return chart.kind === "dots" ? given.map(([x, low, high]) => [x + DOTS.summary, low, high]) : given;
}

function axis(chart: ReportChart): Omit<ChartConfig["x"], "label"> {
  if (chart.kind === "dots") {
    const categories = chart.categories ?? [];
    const ticks = categories.map((label, value) => ({ value, label }));
    return { ticks, min: -0.5, max: categories.length - 0.5 };
  }
  if (chart.kind !== "percentile") return { ticks: null, min: chart.kind === "bar" ? null : 0, max: null };
  const last = Math.max(0, ...chart.series.flatMap(({ points }) => points.map(([x]) => x)));
  return {
    ticks: PERCENTILE_TICKS.map((tick) => ({ value: percentilePosition(tick), label: String(tick) })),
    min: 0,
    max: Math.max(percentilePosition(last), percentilePosition(99)),
  };
}
