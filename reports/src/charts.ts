import type { ReportChart, ReportSeries } from "./model.ts";

/** Where the percentile axis has its ticks. */
export const PERCENTILE_TICKS = [50, 90, 99, 99.9, 99.99] as const;

/** Line patterns and point shapes, so that colour is never the only difference. */
const DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 4], [12, 3]];
const SHAPES = ["circle", "rectRot", "triangle", "rect", "star", "crossRot"] as const;

/** What the page's script needs to draw one chart: a Chart.js configuration but for colours and functions. */
export interface ChartConfig {
  readonly type: "line" | "bar";
  readonly data: { readonly labels?: readonly string[]; readonly datasets: readonly ChartDataset[] };
  readonly x: {
    readonly label: string;
    readonly ticks: readonly { readonly value: number; readonly label: string }[] | null;
    readonly max: number | null;
  };
  readonly y: { readonly label: string; readonly scale: "linear" | "logarithmic" };
  readonly mark: { readonly y: number; readonly label: string } | null;
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
    type: chart.kind === "bar" ? "bar" : "line",
    data: chart.categories === undefined ? { datasets } : { labels: chart.categories, datasets },
    x: { label: chart.xLabel, ...percentileAxis(chart) },
    y: { label: chart.yLabel, scale: chart.yScale },
    mark: chart.mark ?? null,
  };
}

function dataset(chart: ReportChart, series: ReportSeries, colour: number): ChartDataset {
  return {
    label: series.name,
    colour,
    faint: series.faint === true,
    data: datasetPoints(chart, series),
    ranges: series.ranges ?? [],
    borderDash: DASHES[colour % DASHES.length]!,
    pointStyle: SHAPES[colour % SHAPES.length]!,
  };
}

function datasetPoints(chart: ReportChart, series: ReportSeries): ChartDataset["data"] {
  if (chart.kind === "bar") {
    const values = new Map(series.points);
    return (chart.categories ?? []).map((_, index) => values.get(index) ?? null);
  }
  const position = chart.kind === "percentile" ? percentilePosition : (x: number) => x;
  return series.points.map(([x, y]) => ({ x: position(x), y }));
}

function percentileAxis(chart: ReportChart): Pick<ChartConfig["x"], "ticks" | "max"> {
  if (chart.kind !== "percentile") return { ticks: null, max: null };
  const last = Math.max(0, ...chart.series.flatMap(({ points }) => points.map(([x]) => x)));
  return {
    ticks: PERCENTILE_TICKS.map((tick) => ({ value: percentilePosition(tick), label: String(tick) })),
    max: Math.max(percentilePosition(last), percentilePosition(99)),
  };
}
