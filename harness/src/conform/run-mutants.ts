/** Each mutant of the reference broker meets only the cases that claim to notice it. */
import type { ConformanceCase } from "./case.ts";
import { type ConductOptions, conduct } from "./conduct.ts";
import { claims, type KillMatrix, killMatrix, type MutantRow, mutantRow } from "./kill-matrix.ts";

export type MutantOptions = Omit<ConductOptions<unknown>, "cases" | "mutant" | "finished">;

export async function runMutants(
  cases: readonly ConformanceCase<unknown>[],
  options: MutantOptions,
  progress: (line: string) => void,
): Promise<KillMatrix> {
  const rows: MutantRow[] = [];
  for (const [mutant, claimed] of claims(cases)) {
    const { outcomes } = await conduct({
      ...options,
      cases: cases.filter(({ id }) => claimed.includes(id)),
      mutant,
      finished: () => undefined,
    });
    const row = mutantRow(mutant, claimed, outcomes);
    rows.push(row);
    progress(`${mutant}: ${row.killedBy.length === 0 ? "ALIVE" : `killed by ${row.killedBy.join(", ")}`}`);
  }
  return killMatrix(rows, cases);
}
