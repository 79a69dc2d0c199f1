/** Quantities as scenario files and `--set` write them. A bare number is in the unit that the field's name ends with. */
import { z } from "zod";

interface Unit {
  /** What the number is multiplied with, by suffix. */
  readonly factors: Readonly<Record<string, number>>;
  /** Ends the sentence "expected …". */
  readonly expected: string;
  readonly pattern: RegExp;
}

const unit = (factors: Readonly<Record<string, number>>, expected: string): Unit => ({
  factors,
  expected,
  pattern: new RegExp(`^\\d+(\\.\\d+)?(${Object.keys(factors).join("|")})$`),
});

/** The whole numbers that a quantity may have are in the base unit: bytes, milliseconds, messages per second. */
export const UNITS = {
  size: unit(
    { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
    "a size such as 100B, 512KiB, 1MiB or 4GiB",
  ),
  duration: unit({ ms: 1, s: 1000, min: 60_000 }, "a duration such as 15ms, 30s or 2min"),
  rate: unit({ "/s": 1 }, "a rate such as 20000/s"),
} as const;

export type UnitName = keyof typeof UNITS;

/** "512KiB" -> 524288; null when the text is no quantity of this unit or not a whole number of base units. */
export function parseQuantity(text: string, name: UnitName): number | null {
  const { pattern, factors } = UNITS[name];
  const suffix = pattern.exec(text)?.[2];
  if (suffix === undefined) return null;
  const value = Number.parseFloat(text) * factors[suffix]!;
  return Number.isSafeInteger(value) ? value : null;
}

/** zod field: whole number or text with a unit in, whole number in base units out, within the bounds. */
export function quantity(name: UnitName, bounds: { readonly min: number; readonly max: number }) {
  const { expected, pattern } = UNITS[name];
  const error = `expected ${expected}`;
  return z
    .union([z.int().nonnegative(), z.string().regex(pattern, { error })], { error })
    .transform((value, context) => {
      const parsed = typeof value === "number" ? value : parseQuantity(value, name);
      if (parsed !== null) return parsed;
      context.addIssue({ code: "custom", message: `expected ${expected}, without a remainder` });
      return z.NEVER;
    })
    .pipe(z.int().min(bounds.min).max(bounds.max));
}
