import type { RunSummary } from "../result/schema.ts";

/** The target that ratios are taken to: the reference broker as shipped. */
export const REFERENCE = "reference";

/**
 * Which client carried the load, whatever the protocol: `own` for our driver of it, which is called as the protocol is,
 * or the library's name.
 */
export function clientOf({ driver, protocol }: Pick<RunSummary, "driver" | "protocol">): string {
  return driver === protocol ? "own" : driver;
}

/**
 * Runs with the same key carried the same load, whatever the target and the repetition, and over whatever protocol:
 * parameters that two protocols share say the same of both.
 */
export function loadKey(run: RunSummary): string {
  const sorted = Object.entries(run.parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([run.scenario, run.profile, clientOf(run), run.mode, sorted]);
}

/**
 * Runs of one repetition were neighbours in time, so they are compared with each other. Where several runs have the
 * same repetition (files of several sessions) the first is paired with the first, the second with the second.
 */
export function pairByRepetition<A extends { run: RunSummary }, B extends { run: RunSummary }>(
  candidates: readonly A[],
  references: readonly B[],
): [candidate: A, reference: B][] {
  const waiting = Map.groupBy(references, ({ run }) => run.repetition);
  const taken = new Map<number, number>();
  return candidates.flatMap((candidate): [A, B][] => {
    const { repetition } = candidate.run;
    const nth = taken.get(repetition) ?? 0;
    taken.set(repetition, nth + 1);
    const reference = waiting.get(repetition)?.[nth];
    return reference === undefined ? [] : [[candidate, reference]];
  });
}

/** candidate / reference; null where either was not measured or the reference is 0. */
export function quotient(candidate: number | null, reference: number | null): number | null {
  return candidate === null || reference === null || reference === 0 ? null : candidate / reference;
}
