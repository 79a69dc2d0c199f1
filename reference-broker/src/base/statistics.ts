/**
 * What a part of the broker counts, as a table: types, metrics and their help texts derive from it, so that one more
 * figure is one more line. Values are plain number fields, added to where things happen and read when somebody asks.
 */
export interface Statistic {
  /** counter: only rises while the process runs; gauge: as it is now. */
  readonly kind: "counter" | "gauge";
  /** What it is counted in; the name of the statistic ends with it unless it counts things. */
  readonly unit: Unit;
  readonly help: string;
}

export type Unit = "things" | "bytes" | "seconds";

export type StatisticTable = Readonly<Record<string, Statistic>>;

/** One value for each row of a table. */
export type Statistics<Table extends StatisticTable> = { readonly [Name in keyof Table]: number };

/** The same where it is counted. */
export type Counters<Table extends StatisticTable> = { -readonly [Name in keyof Table]: number };

export function counter(help: string, unit: Unit = "things"): Statistic {
  return { kind: "counter", unit, help };
}

export function gauge(help: string, unit: Unit = "things"): Statistic {
  return { kind: "gauge", unit, help };
}

/** Every row of `table` at zero. */
export function countersOf<Table extends StatisticTable>(table: Table): Counters<Table> {
  const counters: Record<string, number> = {};
  for (const name in table) counters[name] = 0;
  return counters as Counters<Table>;
}

/** Adds the rows of `table` in `values` to those in `sum`. */
export function addStatistics<Table extends StatisticTable>(
  table: Table,
  sum: Counters<Table>,
  values: Statistics<Table>,
): void {
  for (const name in table) sum[name] += values[name];
}
