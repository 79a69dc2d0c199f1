import { type Spread, spreadOf } from "../compare/statistics.ts";

/** Over what was measured; null when nothing was. */
export function spreadOfMeasured(values: readonly (number | null)[]): Spread | null {
  return spreadOf(values.filter((value) => value !== null));
}

/** For ratios, where twice and half must cancel out; null for none or where a value is not positive. */
export function geometricMean(values: readonly number[]): number | null {
  if (values.length === 0 || values.some((value) => value <= 0)) return null;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
