import type { RunSummary } from "../result/schema.ts";
import { METRICS, type MetricName } from "./metrics.ts";
import { loadKey, pairByRepetition, quotient, REFERENCE } from "./pairing.ts";
import { reasonsAgainst } from "./usable.ts";

/**
 * The same runs with `ratioToReference` filled: each against the reference run of equal load, protocol and repetition.
 * null where there is none, or where either of the two is not valid and intact. Pure.
 */
export function ratioToReference(runs: readonly RunSummary[]): RunSummary[] {
  const ratios = new Map<RunSummary, RunSummary["ratioToReference"]>();
  const alike = Map.groupBy(runs, (run) => `${run.protocol} ${loadKey(run)}`);
  for (const group of alike.values()) {
    const references = group.filter(({ target }) => target.name === REFERENCE).map((run) => ({ run }));
    for (const sameTarget of Map.groupBy(group, ({ target }) => target.name).values()) {
      const candidates = sameTarget.map((run) => ({ run }));
      for (const [candidate, reference] of pairByRepetition(candidates, references)) {
        ratios.set(candidate.run, ratioOf(candidate.run, reference.run));
      }
    }
  }
  return runs.map((run) => ({ ...run, ratioToReference: ratios.get(run) ?? null }));
}

function ratioOf(candidate: RunSummary, reference: RunSummary): RunSummary["ratioToReference"] {
  if (reasonsAgainst(candidate).length > 0 || reasonsAgainst(reference).length > 0) return null;
  const of = (metric: MetricName) => quotient(METRICS[metric].of(candidate), METRICS[metric].of(reference));
  return { throughput: of("throughput"), responseP99: of("responseP99"), cpu: of("cpu") };
}
