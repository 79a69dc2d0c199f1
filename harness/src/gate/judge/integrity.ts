import type { RoundLine, RoundSide } from "../evidence.ts";
import type { IntegrityFinding } from "../judgement.ts";

const FAULTS = ["lost", "duplicated", "reordered", "corrupted"] as const;

/** A round in which a side lost, doubled, reordered or spoilt messages is a finding, whatever its speed. */
export function integrityFindings(rounds: readonly RoundLine[]): IntegrityFinding[] {
  return rounds.flatMap(({ scenario, round, sides }) =>
    Object.entries(sides).flatMap(([side, { integrity }]) => {
      const what = faultsInWords(integrity);
      return what === "" ? [] : [{ scenario, round, side, what, examples: integrity.examples }];
    }),
  );
}

function faultsInWords(integrity: RoundSide["integrity"]): string {
  return FAULTS.filter((fault) => integrity[fault] > 0)
    .map((fault) => `${integrity[fault]} ${fault}`)
    .join(", ");
}
