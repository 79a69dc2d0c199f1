/** Which mutant of the reference broker is killed by which case. */
import type { ConformanceCase } from "./case.ts";
import type { Outcome } from "./outcome.ts";

export interface MutantRow {
  readonly mutant: string;
  /** Claimed by `kills` of the case. */
  readonly claimed: readonly string[];
  readonly killedBy: readonly string[];
  /** Claimed, but the case passed all the same (or could not run). */
  readonly survived: readonly string[];
}

export interface KillMatrix {
  readonly schemaVersion: 1;
  readonly rows: readonly MutantRow[];
  readonly alive: readonly string[];
  /** Cases that kill no mutant: nothing has shown yet that they can fail. */
  readonly unproven: readonly string[];
}

/** Mutant -> the cases that claim it, mutants in order of their first claim. */
export function claims(
  cases: readonly Pick<ConformanceCase<never>, "id" | "kills">[],
): Map<string, string[]> {
  const claimed = new Map<string, string[]>();
  for (const { id, kills = [] } of cases) {
    for (const mutant of kills) claimed.set(mutant, [...(claimed.get(mutant) ?? []), id]);
  }
  return claimed;
}

export function mutantRow(
  mutant: string,
  claimed: readonly string[],
  outcomes: readonly Pick<Outcome, "id" | "status">[],
): MutantRow {
  const killedBy = outcomes.filter(({ status }) => status === "fail").map(({ id }) => id);
  return { mutant, claimed, killedBy, survived: claimed.filter((id) => !killedBy.includes(id)) };
}

export function killMatrix(
  rows: readonly MutantRow[],
  cases: readonly Pick<ConformanceCase<never>, "id">[],
): KillMatrix {
  const proven = new Set(rows.flatMap(({ killedBy }) => killedBy));
  return {
    schemaVersion: 1,
    rows,
    alive: rows.filter(({ killedBy }) => killedBy.length === 0).map(({ mutant }) => mutant),
    unproven: cases.map(({ id }) => id).filter((id) => !proven.has(id)),
  };
}

export function renderKillMatrix({ rows, alive, unproven }: KillMatrix): string {
  const width = Math.max(6, ...rows.map(({ mutant }) => mutant.length));
  const lines = rows.map(({ mutant, killedBy, survived }) => {
    const missed = survived.length === 0 ? "" : `  (not by ${survived.join(", ")})`;
    return `${mutant.padEnd(width)}  ${killedBy.length === 0 ? "ALIVE" : `killed by ${killedBy.join(", ")}`}${missed}`;
  });
  const dead = rows.length - alive.length;
  return [
    ...lines,
    "",
    `${dead} of ${rows.length} mutants killed${alive.length === 0 ? "" : `; alive: ${alive.join(", ")}`}`,
    `unproven cases (they kill no mutant): ${unproven.length}${unproven.length === 0 ? "" : `: ${unproven.join(", ")}`}`,
  ].join("\n");
}
