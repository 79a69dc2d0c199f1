/** The trend as one HTML page. */
import { readChartLibrary } from "../../../../reports/src/chart-library.ts";
import type { ReportCell, ReportChart, ReportModel, ReportSection } from "../../../../reports/src/model.ts";
import { renderReport } from "../../../../reports/src/render.ts";
import { GATE_METRICS } from "../metrics.ts";
import { changeWords, lastWords, shortCommit } from "./words.ts";
import type { TrendSeries } from "./trend.ts";

export function renderTrendPage(series: readonly TrendSeries[], command: string): string {
  return renderReport(trendModel(series, command), readChartLibrary());
}

export function trendModel(series: readonly TrendSeries[], command: string): ReportModel {
  const changed = series.filter(({ changes }) => (changes ?? []).length > 0);
  const dates = series.flatMap(({ points }) => points.map(({ point }) => point.measuredAt)).sort();
  return {
    ...{ title: "Trend against the anchor", command },
    measuredAt: dates.length === 0 ? "nothing measured yet" : `${dates[0]} to ${dates.at(-1)}`,
    verdict: {
      tone: changed.length === 0 ? "good" : "warn",
      headline:
        changed.length === 0 ? "no change found" : `changes in ${changed.length} of ${series.length} series`,
      statements: changed.flatMap((one) =>
        one.changes!.map((change) => ({
          ...{ label: `${one.scenario} ${GATE_METRICS[one.metric].title}`, text: changeWords(change) },
          tone: change.step > 0 ? ("warn" as const) : ("good" as const),
        })),
      ),
    },
    facts: [["series", String(series.length)]],
    glossary: [
      [
        "against the anchor",
        "ratio to a pinned version that ran beside it in the same job; above 0 is worse",
      ],
      [
        "change",
        "E-divisive with block permutation: p at most 0.005, a step of 1.5 % or more, Holm over series",
      ],
    ],
    sections: [...Map.groupBy(series, ({ scenario, machineClass }) => `${scenario} on ${machineClass}`)].map(
      ([heading, group]) => section(heading, group),
    ),
  };
}

function section(heading: string, series: readonly TrendSeries[]): ReportSection {
  return {
    ...{ heading, question: "Has it become slower, commit by commit?" },
    facts: [["anchor", shortCommit(series[0]!.anchor)]],
    tables: [
      {
        caption: "Series",
        columns: [
          { heading: "metric", align: "left" },
          { heading: "points", align: "right" },
          { heading: "last", align: "right" },
          { heading: "changes", align: "left" },
        ],
        groups: [{ label: null, rows: series.map(row) }],
      },
    ],
    charts: series.map(chart),
    notes: series.flatMap(({ unlinkedAnchors, metric }) =>
      unlinkedAnchors.map(
        (anchor) =>
          `${metric}: points against ${shortCommit(anchor)} are left out, no job links it to the anchor`,
      ),
    ),
  };
}

function row(series: TrendSeries): readonly ReportCell[] {
  const { metric, points, changes } = series;
  const words = changes?.map(changeWords).join("; ");
  return [
    { text: GATE_METRICS[metric].title, colourKey: metric },
    { text: String(points.length) },
    { text: lastWords(series) },
    words === undefined ? { text: "too few points", tone: "muted" } : { text: words === "" ? "none" : words },
  ];
}

function chart({ metric, points, changes }: TrendSeries): ReportChart {
  return {
    caption: GATE_METRICS[metric].title,
    kind: "line",
    xLabel: "job",
    yLabel: "worse than the anchor, %",
    yScale: "linear",
    ...(changes?.length ? { note: changes.map(changeWords).join("; ") } : {}),
    series: [
      {
        ...{ name: GATE_METRICS[metric].title, colourKey: metric },
        points: points.map(({ value }, index) => [index + 1, 100 * Math.expm1(value)] as const),
      },
    ],
    mark: { y: 0, label: "anchor" },
  };
}
