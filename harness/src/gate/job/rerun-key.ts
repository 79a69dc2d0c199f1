/** What a job asks: jobs with the same key ask the same, and what one measured counts in the other. */
import { createHash } from "node:crypto";
import type { JudgingRules, SideName } from "../evidence.ts";
import type { Side } from "../sides/prepare-sides.ts";

const KEY_LENGTH = 32;

export type JobSides = Readonly<Partial<Record<SideName, Side>>>;

/** Hexadecimal. The same commit or the same bytes are the same side, however it was written. */
export function rerunKey(
  sides: JobSides,
  scenarios: readonly { readonly name: string; readonly plan: object }[],
  rules: JudgingRules,
): string {
  const asked = {
    sides: Object.entries(sides)
      .map(([name, side]) => [name, side.commit ?? side.spec, side.commit === null ? side.contentHash : null])
      .sort(),
    scenarios: scenarios.map(({ name, plan }) => [name, plan]).sort(),
    rules,
  };
  return createHash("sha256").update(canonical(asked)).digest("hex").slice(0, KEY_LENGTH);
}

/** JSON with the fields of every object in one order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === "object" && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}
