/** Each mutant of the reference broker meets only the cases that claim to notice it. */
import { HarnessError } from "../errors.ts";
import type { ConformanceCase } from "./case.ts";
import { type ConductOptions, conduct } from "./conduct.ts";
import type { JudgedOutcome } from "./expectations.ts";
import { claims, type KillMatrix, killMatrix, type MutantRow, mutantRow } from "./kill-matrix.ts";

/** Most of what they do is wait for what a mutant never sends. */
const BROKERS_AT_ONCE = 4;

export type MutantOptions = Omit<ConductOptions<unknown>, "cases" | "mutant" | "finished">;

export async function runMutants(
  cases: readonly ConformanceCase<unknown>[],
  options: MutantOptions,
  progress: (line: string) => void,
): Promise<KillMatrix> {
  const waiting = [...claims(cases)];
  const rows = new Map<string, MutantRow>();
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      options.signal.throwIfAborted();
      const [mutant, claimed] = next;
      const row = mutantRow(mutant, claimed, await outcomesOf(mutant, claimed, cases, options, progress));
      rows.set(mutant, row);
      progress(`${mutant}: ${row.killedBy.length === 0 ? "ALIVE" : `killed by ${row.killedBy.join(", ")}`}`);
    }
  };
  const mutants = waiting.map(([mutant]) => mutant);
  await Promise.all(Array.from({ length: BROKERS_AT_ONCE }, work));
  return killMatrix(
    mutants.map((mutant) => rows.get(mutant)!),
    cases,
  );
}

/** Nobody has noticed a mutant with which the broker does not even start: it is none then. */
async function outcomesOf(
  mutant: string,
  claimed: readonly string[],
  cases: readonly ConformanceCase<unknown>[],
  options: MutantOptions,
  progress: (line: string) => void,
): Promise<readonly JudgedOutcome[]> {
  try {
    const wanted = cases.filter(({ id }) => claimed.includes(id));
    const report = await conduct({ ...options, cases: wanted, mutant, finished: () => undefined });
    return report.outcomes;
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    progress(`${mutant}: ${error.message}`);
    return [];
  }
}
