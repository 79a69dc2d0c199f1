import type { RunSummary } from "../result/schema.ts";
import { type CommonMetricName, METRICS, type MetricName, metricNames } from "./metrics.ts";
import { loadKey, pairByRepetition, quotient, REFERENCE } from "./pairing.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { reasonsAgainst } from "./usable.ts";

/** A run as read from somewhere. */
export interface ComparedRun {
  readonly run: RunSummary;
  /** What its target does or skips that others do not. */
  readonly notes: readonly string[];
  /** The file it was read from. */
  readonly source: string;
}

/** One load, all targets side by side. */
export interface ComparedLoad {
  readonly scenario: string;
  readonly profile: string;
  /** What it was carried over, in order of appearance. */
  readonly protocols: readonly string[];
  readonly drivers: readonly string[];
  readonly mode: "open" | "closed";
  readonly parameters: RunSummary["parameters"];
  /** The targets do not promise the same: their ratios compare unequal things. */
  readonly durabilityDiffers: boolean;
  /** Reference first, then in order of appearance. */
  readonly columns: readonly TargetColumn[];
}

/** Figures of staged workloads are there where the load has them. */
export type MetricSpreads = Readonly<
  Record<CommonMetricName, Spread | null> & Partial<Record<MetricName, Spread | null>>
>;

export interface TargetColumn {
  readonly target: RunSummary["target"];
  readonly protocol: string;
  /** Runs whose figures are used. */
  readonly used: number;
  readonly excluded: readonly ExcludedRun[];
  readonly metrics: MetricSpreads;
  /** This target / reference, one value per repetition that both have. null in the reference's column. */
  readonly ratios: MetricSpreads | null;
  /** Class other than the reference's; null without a reference. */
  readonly durabilityDiffers: boolean | null;
  readonly notes: readonly string[];
}

export interface ExcludedRun {
  readonly source: string;
  readonly repetition: number;
  readonly reasons: readonly string[];
}

/** Runs -> one comparison per load, in order of first appearance. Pure. */
export function compareRuns(runs: readonly ComparedRun[]): ComparedLoad[] {
  return [...Map.groupBy(runs, ({ run }) => loadKey(run)).values()].map(compareLoad);
}

function compareLoad(runs: readonly ComparedRun[]): ComparedLoad {
  const byTarget = [...Map.groupBy(runs, ({ run }) => targetKey(run)).values()];
  const references = byTarget.filter(isReference);
  const ordered = [...references, ...byTarget.filter((column) => !isReference(column))];
  const columns = ordered.map((column) => columnOf(column, referenceOf(column, references)));
  const { scenario, profile, mode, parameters } = runs[0]!.run;
  const distinct = (of: (run: RunSummary) => string) => [...new Set(runs.map(({ run }) => of(run)))];
  const classes = new Set(columns.map(({ target }) => target.durability));
  return {
    scenario,
    profile,
    protocols: distinct((run) => run.protocol),
    drivers: distinct((run) => run.driver),
    mode,
    parameters,
    durabilityDiffers: classes.size > 1,
    columns,
  };
}

const targetKey = ({ target: { name, version, durability }, protocol }: RunSummary) =>
  JSON.stringify([name, version, durability, protocol]);
const isReference = (column: readonly ComparedRun[]) => column[0]!.run.target.name === REFERENCE;

/** Over the same protocol; where it ran with several classes or versions, the one of the same class, else the first. */
function referenceOf(
  column: readonly ComparedRun[],
  references: readonly (readonly ComparedRun[])[],
): readonly ComparedRun[] | null {
  const { target, protocol } = column[0]!.run;
  const alike = references.filter(([first]) => first!.run.protocol === protocol);
  return alike.find(([first]) => first!.run.target.durability === target.durability) ?? alike[0] ?? null;
}

function columnOf(all: readonly ComparedRun[], reference: readonly ComparedRun[] | null): TargetColumn {
  const usable = (runs: readonly ComparedRun[]) => runs.filter(({ run }) => reasonsAgainst(run).length === 0);
  const used = usable(all);
  const { target, protocol } = all[0]!.run;
  const names = metricNames(all.map(({ run }) => run));
  const pairs = reference === null || isReference(all) ? null : usablePairs(all, reference);
  return {
    target,
    protocol,
    used: used.length,
    excluded: all
      .filter((run) => !used.includes(run))
      .map(({ run, source }) => ({ source, repetition: run.repetition, reasons: reasonsAgainst(run) })),
    metrics: byMetric(names, (metric) => measuredSpread(used.map(({ run }) => METRICS[metric].of(run)))),
    ratios:
      pairs &&
      byMetric(names, (metric) =>
        measuredSpread(
          pairs.map(([one, other]) => quotient(METRICS[metric].of(one), METRICS[metric].of(other))),
        ),
      ),
    durabilityDiffers: reference && reference[0]!.run.target.durability !== target.durability,
    notes: [...new Set(all.flatMap(({ notes }) => notes))],
  };
}

/** Paired before the unusable are dropped, so that a dropped run never shifts who is compared with whom. */
function usablePairs(
  all: readonly ComparedRun[],
  reference: readonly ComparedRun[],
): [RunSummary, RunSummary][] {
  return pairByRepetition(all, reference)
    .map(([one, other]): [RunSummary, RunSummary] => [one.run, other.run])
    .filter((pair) => pair.every((run) => reasonsAgainst(run).length === 0));
}

function byMetric(names: readonly MetricName[], of: (metric: MetricName) => Spread | null): MetricSpreads {
  return Object.fromEntries(names.map((metric) => [metric, of(metric)])) as MetricSpreads;
}

function measuredSpread(values: readonly (number | null)[]): Spread | null {
  return spreadOf(values.filter((value) => value !== null));
}
