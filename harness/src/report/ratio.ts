import { METRICS } from "../compare/metrics.ts";
import { pairByRepetition, quotient, REFERENCE } from "../compare/pairing.ts";
import type { Spread } from "../compare/statistics.ts";
import { reasonsAgainst } from "../compare/usable.ts";
import type { ResultFile } from "../result/schema.ts";
import type { RunSet, SweepPoint } from "./group.ts";
import { spreadOfMeasured } from "./spread.ts";

export type RatioMetric = "throughput" | "responseP99" | "cpu";

export interface RatioToReference {
  /** Target divided by reference. */
  readonly spread: Spread;
  /** Set where the two did not promise the same: both classes, target first. */
  readonly unequal: readonly [target: string, reference: string] | null;
}

export function isReference(set: RunSet): boolean {
  return set.runs[0]!.summary.target.name === REFERENCE;
}

/**
 * A target against the reference at the same sweep point, as `compare` takes it: one ratio per repetition, of runs
 * that are both valid and intact. Null for the reference itself and without such a pair. Where the results hold no
 * reference run, the ratio that each run carries is taken.
 */
export function ratioToReference(
  point: SweepPoint,
  set: RunSet,
  metric: RatioMetric,
): RatioToReference | null {
  if (isReference(set)) return null;
  const reference = referenceFor(point, set);
  const ratios = reference
    ? pairedRatios(set.runs, reference.runs, metric)
    : set.runs.map(({ summary }) => summary.ratioToReference?.[metric] ?? null);
  const spread = spreadOfMeasured(ratios);
  if (!spread) return null;
  const classes = reference && ([durabilityOf(set), durabilityOf(reference)] as const);
  return { spread, unequal: classes && classes[0] !== classes[1] ? classes : null };
}

/** The reference over the same protocol: of the same durability class if there is one, else any. */
function referenceFor(point: SweepPoint, set: RunSet): RunSet | null {
  const protocolOf = ({ runs }: RunSet) => runs[0]!.summary.protocol;
  const references = point.sets.filter(
    (other) => isReference(other) && protocolOf(other) === protocolOf(set),
  );
  return references.find((other) => durabilityOf(other) === durabilityOf(set)) ?? references[0] ?? null;
}

export function durabilityOf(set: RunSet): string {
  return set.runs[0]!.summary.target.durability ?? "unknown";
}

function pairedRatios(
  targets: readonly ResultFile[],
  references: readonly ResultFile[],
  metric: RatioMetric,
): readonly (number | null)[] {
  const runs = (results: readonly ResultFile[]) => results.map(({ summary }) => ({ run: summary }));
  return pairByRepetition(runs(targets), runs(references))
    .filter((pair) => pair.every(({ run }) => reasonsAgainst(run).length === 0))
    .map(([target, reference]) =>
      quotient(METRICS[metric].of(target.run), METRICS[metric].of(reference.run)),
    );
}
