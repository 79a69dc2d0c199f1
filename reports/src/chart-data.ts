import type { ReportCell, ReportChart, ReportTable } from "./model.ts";

/** The chart's figures as a table: what a screen reader, a printout or a spreadsheet gets instead of the drawing. */
export function chartDataTable(chart: ReportChart): ReportTable {
  if (chart.kind === "dots") return dotsTable(chart);
  const categories = chart.kind === "bar" ? (chart.categories ?? []) : null;
  const xs = categories
    ? categories.map((_, index) => index)
    : [...new Set(chart.series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const values = chart.series.map(({ points }) => new Map(points));
  const ranges = chart.series.map(
    (series) => new Map((series.ranges ?? []).map(([x, ...range]) => [x, range])),
  );
  const cell = (x: number, series: number): ReportCell => {
    const y = values[series]!.get(x);
    const range = ranges[series]!.get(x);
    if (y === undefined) return { text: "–", tone: "muted" };
    return range
      ? { text: figure(y), detail: `${figure(range[0])} to ${figure(range[1])}` }
      : { text: figure(y) };
  };
  return {
    caption: `${chart.caption}: ${chart.yLabel}`,
    columns: [
      { heading: chart.xLabel, align: "left" },
      ...chart.series.map(({ name, colourKey }) => ({ heading: name, align: "right" as const, colourKey })),
    ],
    groups: [
      {
        label: null,
        rows: xs.map((x) => [
          { text: categories ? (categories[x] ?? "") : figure(x) },
          ...chart.series.map((_, series) => cell(x, series)),
        ]),
      },
    ],
  };
}

/** Categories as columns; a row for the first point of each, the second and so on. */
function dotsTable(chart: ReportChart): ReportTable {
  const { caption, yLabel, xLabel, categories = [], series, limits = [] } = chart;
  const rows = series.flatMap(({ name, points, ranges = [] }) => {
    const columns = categories.map((_, index) => points.filter(([category]) => category === index));
    const most = Math.max(0, ...columns.map(({ length }) => length));
    return Array.from({ length: most }, (_, nth) => [
      { text: most === 1 ? name : `${name} ${nth + 1}` },
      ...columns.map((column, index): ReportCell => {
        const y = column[nth]?.[1];
        if (y === undefined) return { text: "–", tone: "muted" };
        const range = ranges.find(([category]) => category === index);
        return range === undefined
          ? { text: figure(y) }
          : { text: figure(y), detail: `${figure(range[1])} to ${figure(range[2])}` };
      }),
    ]);
  });
  const limitRow = [
    { text: "limit" },
    ...categories.map((_, index): ReportCell => {
      const limit = limits.find(({ category }) => category === index);
      return limit === undefined ? { text: "–", tone: "muted" } : { text: figure(limit.y) };
    }),
  ];
  return {
    caption: `${caption}: ${yLabel}`,
    columns: [
      { heading: xLabel, align: "left" },
      ...categories.map((heading) => ({ heading, align: "right" as const })),
    ],
    groups: [{ label: null, rows: limits.length > 0 ? [...rows, limitRow] : rows }],
  };
}

/** Every digit that was given; grouping only, so that the text is the datum. */
function figure(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 20 });
}
