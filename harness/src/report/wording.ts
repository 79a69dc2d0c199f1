import { exact, significant, whole } from "./format.ts";

const SUFFIXES: readonly (readonly [suffix: string, text: (value: number) => string])[] = [
  ["Bytes", bytes],
  ["Ms", (value) => `${whole(value)} ms`],
  ["PerSecond", (value) => `${exact(value)}/s`],
];

/** The name of a field as words, its unit left to the value: `payloadBytes` is `payload`. */
export function fieldWords(name: string): string {
  const suffix = SUFFIXES.find(([ending]) => name.endsWith(ending))?.[0] ?? "";
  const stem = name.slice(0, name.length - suffix.length);
  return stem.replace(/[A-Z]+/g, (letters) => ` ${letters.toLowerCase()}`).trim();
}

/** The value of a field with the unit that its name ends in: 16384 of `batchBytes` is `16 KiB`. */
export function fieldText(name: string, value: unknown): string {
  if (name === "ratePerSecond" && value === null) return "as fast as possible";
  if (name === "mode") return `${String(value)} loop`;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") {
    const [, text] = SUFFIXES.find(([ending]) => name.endsWith(ending)) ?? [];
    return text ? text(value) : exact(value);
  }
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Exact: in the largest unit that divides it, or else to the byte with a rounded reading beside it. */
function bytes(value: number): string {
  let power = 0;
  while (power < BINARY.length - 1 && value > 0 && value % 1024 ** (power + 1) === 0) power += 1;
  if (power > 0 || value < 2 ** 20) return `${whole(value / 1024 ** power)} ${BINARY[power]}`;
  const rounded = Math.min(BINARY.length - 1, Math.floor(Math.log2(value) / 10));
  return `${whole(value)} B (${significant(value / 1024 ** rounded)} ${BINARY[rounded]})`;
}
