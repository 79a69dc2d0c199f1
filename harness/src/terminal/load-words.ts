import { givenSize } from "./quantities.ts";

type Parameters = Readonly<Record<string, unknown>>;

/** How one load parameter is said, unit included: `batchBytes` 1048576 -> "1 MiB". */
export function parameterText(key: string, value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (typeof value !== "number") return String(value);
  if (key.endsWith("Bytes")) return givenSize(value);
  if (key.endsWith("Ms")) return `${value} ms`;
  if (key === "ratePerSecond") return `${value.toLocaleString("en-US")}/s`;
  return String(value);
}

/** Keys whose values are not the same in all of these; they tell the loads of a table apart. */
export function varyingKeys(all: readonly Parameters[]): string[] {
  const keys = [...new Set(all.flatMap((parameters) => Object.keys(parameters)))];
  return keys.filter((key) => new Set(all.map((parameters) => JSON.stringify(parameters[key]))).size > 1);
}

/** "acks all, codec lz4" */
export function parameterList(parameters: Parameters, keys: readonly string[]): string {
  return keys.map((key) => `${key} ${parameterText(key, parameters[key])}`).join(", ");
}
