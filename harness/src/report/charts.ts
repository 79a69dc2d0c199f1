import type { ReportChart, ReportSeries } from "../../../reports/src/model.ts";
import type { Spread } from "../compare/statistics.ts";
import type { ResultFile } from "../result/schema.ts";
import type { ProfileGroup, RunSet, SweepPoint } from "./group.ts";
import { latencySpectrum } from "./latency.ts";
import { spreadOfMeasured } from "./spread.ts";
import { rateOverTime } from "./windows.ts";

/** The charts of a scenario profile: bars over its sweep points, then each point over time, then its latency. */
export function profileCharts(group: ProfileGroup): readonly ReportChart[] {
  const bars = [
    barChart(
      group,
      "Throughput",
      "messages per second",
      ({ summary }) => summary.throughput.messagesPerSecond,
    ),
    barChart(
      group,
      "Broker CPU per message",
      "CPU seconds per million",
      ({ summary }) => summary.cost.cpuSecondsPerMillionMessages,
    ),
  ];
  const perPoint = [...group.points.flatMap(overTimeCharts), ...group.points.map(spectrumChart)];
  return [...bars, ...perPoint].filter((chart) => chart !== null);
}

function barChart(
  group: ProfileGroup,
  caption: string,
  yLabel: string,
  metric: (result: ResultFile) => number | null,
): ReportChart | null {
  const spreads = group.points.map(
    ({ sets }) => new Map(sets.map((set) => [set.target, spreadOfMeasured(set.used.map(metric))])),
  );
  const series = barSeries(spreads);
  if (series.length === 0) return null;
  return {
    caption,
    note: series.some(({ ranges }) => ranges)
      ? "Bars are medians of the repetitions; whiskers run from the lowest to the highest."
      : "One repetition each.",
    kind: "bar",
    xLabel: "sweep point",
    yLabel,
    yScale: "linear",
    categories: group.points.map(({ label }) => label || group.profile),
    series,
  };
}

/** One series per target from the spreads of every category; targets without any figure are left out. */
export function barSeries(
  categories: readonly ReadonlyMap<string, Spread | null>[],
): readonly ReportSeries[] {
  const targets = [...new Set(categories.flatMap((category) => [...category.keys()]))];
  return targets.flatMap((target) => {
    const spreads = categories.flatMap((category, index) => {
      const spread = category.get(target);
      return spread ? [[index, spread] as const] : [];
    });
    if (spreads.length === 0) return [];
    const ranges = spreads
      .filter(([, { count }]) => count > 1)
      .map(([index, { min, max }]) => [index, min, max] as const);
    return [
      {
        name: target,
        colourKey: target,
        points: spreads.map(([index, { median }]) => [index, median] as const),
        ...(ranges.length > 0 ? { ranges } : {}),
      },
    ];
  });
}

/**
 * Deliveries in open loop; in closed loop what was published, since reading back may trail far behind. A run in stages is
 * about either, one after the other.
 */
function overTimeCharts(point: SweepPoint): (ReportChart | null)[] {
  const all = point.sets.flatMap(({ runs }) => runs);
  if (all.some(({ summary }) => summary.phases.length > 0)) {
    return [overTimeChart(point, "publish"), overTimeChart(point, "consume")];
  }
  const delivered = all.every(
    ({ summary, windows }) => summary.mode === "open" && windows.consume.length > 0,
  );
  return [overTimeChart(point, delivered ? "consume" : "publish")];
}

function overTimeChart(point: SweepPoint, side: "publish" | "consume"): ReportChart | null {
  const all = point.sets.flatMap(({ runs }) => runs);
  const series = point.sets.flatMap((set) => overTimeSeries(set, side));
  if (series.length === 0) return null;
  return {
    caption: titled(side === "consume" ? "Delivered over time" : "Published over time", point),
    note: all.some(({ summary }) => summary.repetition !== all[0]!.summary.repetition)
      ? "The repetition nearest the median is drawn strong, the others thin."
      : "Messages per second in windows of about a second.",
    kind: "line",
    xLabel: "seconds since the first window",
    yLabel: "messages per second",
    yScale: "linear",
    series,
  };
}

function overTimeSeries(set: RunSet, side: "publish" | "consume"): readonly ReportSeries[] {
  const typical = typicalRun(set);
  return set.used.flatMap((run) => {
    const points = rateOverTime(run.windows[side]);
    if (points.length === 0) return [];
    const strong = run === typical;
    return [
      {
        name: strong ? set.target : `${set.target}, repetition ${run.summary.repetition}`,
        colourKey: set.target,
        points,
        ...(strong ? {} : { faint: true as const }),
      },
    ];
  });
}

function typicalRun(set: RunSet): ResultFile | null {
  const rate = ({ summary }: ResultFile): number => summary.throughput.messagesPerSecond ?? 0;
  const median = spreadOfMeasured(set.used.map(rate))?.median ?? 0;
  const byDistance = set.used.toSorted((a, b) => Math.abs(rate(a) - median) - Math.abs(rate(b) - median));
  return byDistance[0] ?? null;
}

/** Response time where it was measured, else publish latency, and named so. */
function spectrumChart(point: SweepPoint): ReportChart | null {
  const runs = point.sets.flatMap(({ used }) => used);
  const kind = runs.some(({ histograms }) => histograms.response !== null) ? "response" : "publish";
  const series = point.sets.flatMap((set): ReportSeries[] => {
    const points = latencySpectrum(set.used, kind);
    return points.length > 0 ? [{ name: set.target, colourKey: set.target, points }] : [];
  });
  if (series.length === 0) return null;
  const closed = runs.some(({ summary }) => summary.mode === "closed");
  return {
    caption: titled(kind === "response" ? "Response time" : "Publish latency", point),
    note: spectrumNote(kind, closed),
    kind: "percentile",
    xLabel: "percentile",
    yLabel: kind === "response" ? "response time, ms" : "publish latency, ms",
    yScale: "logarithmic",
    series,
  };
}

function spectrumNote(kind: "response" | "publish", closed: boolean): string {
  if (kind === "response") return "From intended send to delivery. All repetitions pooled.";
  return closed
    ? "From actual send to confirmation, in closed loop: a slow answer delays the next send, so this is not a response time. All repetitions pooled."
    : "From actual send to confirmation: waiting before the send is not in it. All repetitions pooled.";
}

function titled(caption: string, point: SweepPoint): string {
  return point.label ? `${caption}: ${point.label}` : caption;
}
