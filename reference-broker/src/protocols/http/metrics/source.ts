/** Where metrics come from: a table of statistics with a prefix, and a way to read its values. */
import type { StatisticTable, Statistics } from "../../../base/statistics.ts";

export interface MetricSource {
  readonly prefix: string;
  readonly table: StatisticTable;
  read(): Statistics<StatisticTable> | Promise<Statistics<StatisticTable>>;
}

/** One of many things of a kind, such as a queue, told apart by labels. */
export interface ObjectValues {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: Statistics<StatisticTable>;
}

export interface ObjectSource {
  readonly prefix: string;
  readonly table: StatisticTable;
  readonly labelNames: readonly string[];
  objects(): Iterable<ObjectValues>;
}

/** Checks that table, type and values belong together. */
export function metricSource<Table extends StatisticTable>(
  prefix: string,
  table: Table,
  read: () => Statistics<Table> | Promise<Statistics<Table>>,
): MetricSource {
  return { prefix, table, read: read as MetricSource["read"] };
}
