/**
 * The same series for Apache Otava, whose detector reads CSV files and is told of their columns by a configuration in YAML. A
 * value is percent of the anchor in the metric's own direction: a throughput of 98 is 2 % less.
 */
import { stringify } from "yaml";
import { GATE_METRICS, type GateMetricName } from "../metrics.ts";
import type { TrendSeries } from "./trend.ts";

export interface CsvFile {
  readonly name: string;
  readonly text: string;
}

export const OTAVA_CONFIGURATION = "otava.yaml";

/** A file for each scenario and machine class, and the configuration that names their columns. */
export function otavaFiles(series: readonly TrendSeries[]): readonly CsvFile[] {
  const tests = [...Map.groupBy(series, testName)].map(([name, group]) => ({ name, ...table(group) }));
  const configuration = Object.fromEntries(
    tests.map(({ name, metrics }) => [
      name,
      {
        ...{ type: "csv", file: `${name}.csv`, time_column: "time", attributes: ["commit"] },
        metrics: Object.fromEntries(
          metrics.map((metric) => [
            metric,
            { column: metric, direction: -GATE_METRICS[metric].direction, scale: 1 },
          ]),
        ),
      },
    ]),
  );
  return [
    ...tests.map(({ name, text }) => ({ name: `${name}.csv`, text })),
    { name: OTAVA_CONFIGURATION, text: stringify({ tests: configuration }) },
  ];
}

function testName({ scenario, machineClass }: TrendSeries): string {
  return `${scenario}.${machineClass}`.replaceAll(/[^\w.-]+/g, "-");
}

/** Otava takes no empty fields: rows are the jobs that measured every metric of the latest one. */
function table(series: readonly TrendSeries[]): { metrics: readonly GateMetricName[]; text: string } {
  const rows = new Map<string, Map<GateMetricName, string>>();
  const heads = new Map<string, readonly string[]>();
  for (const { metric, points } of series) {
    for (const { point, value } of points) {
      const job = `${point.job} ${point.attempt}`;
      heads.set(job, [point.measuredAt, point.commit]);
      const row = rows.get(job) ?? new Map<GateMetricName, string>();
      rows.set(job, row.set(metric, percentOfAnchor(metric, value)));
    }
  }
  const ordered = [...rows].sort(([a], [b]) => (heads.get(a)![0]! < heads.get(b)![0]! ? -1 : 1));
  const metrics = [...ordered.at(-1)![1].keys()];
  const lines = ordered
    .filter(([, row]) => metrics.every((metric) => row.has(metric)))
    .map(([job, row]) => [...heads.get(job)!, ...metrics.map((metric) => row.get(metric)!)].join(","));
  return { metrics, text: `${[["time", "commit", ...metrics].join(","), ...lines].join("\n")}\n` };
}

function percentOfAnchor(metric: GateMetricName, value: number): string {
  return (100 * Math.exp(GATE_METRICS[metric].direction * value)).toFixed(3);
}
