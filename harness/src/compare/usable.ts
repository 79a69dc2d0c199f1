import type { RunSummary } from "../result/schema.ts";

/** Why this run's figures may not be compared; empty when they may. */
export function reasonsAgainst(run: RunSummary): string[] {
  const reasons: string[] = [];
  if (run.integrity.verdict !== "valid") reasons.push(`integrity ${run.integrity.verdict}${violations(run)}`);
  if (run.validity.verdict !== "valid") {
    const because = run.validity.reasons.length > 0 ? `: ${run.validity.reasons.join("; ")}` : "";
    reasons.push(`${run.validity.verdict}${because}`);
  }
  return reasons;
}

function violations({ integrity }: RunSummary): string {
  const found = (["lost", "duplicated", "reordered", "corrupted"] as const)
    .filter((kind) => integrity[kind] > 0)
    .map((kind) => `${integrity[kind]} ${kind}`);
  return found.length > 0 ? `: ${found.join(", ")}` : "";
}
