/** Values of field tables compared as RabbitMQ compares them: by value, not by type tag. */
import type { FieldTable, FieldValue } from "../../../mechanisms/message.ts";

export function findField(table: FieldTable, name: string): FieldValue | undefined {
  for (const [key, value] of table) if (key === name) return value;
  return undefined;
}

/** Numbers of any width and kind are equal by their value; strings, binaries, arrays and tables by their content. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint equals the number of the same value only so
  if (isNumeric(a) && isNumeric(b)) return a == b;
  if (a instanceof Uint8Array || b instanceof Uint8Array) return sameBytes(a, b);
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return sameElements(a, b);
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => sameValue((a as Fields)[key], (b as Fields)[key]));
}

type Fields = Record<string, unknown>;

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function sameBytes(a: unknown, b: unknown): boolean {
  const left = bytesOf(a);
  const right = bytesOf(b);
  return left !== null && right !== null && left.equals(right);
}

function bytesOf(value: unknown): Buffer | null {
  if (typeof value === "string") return Buffer.from(value);
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : null;
}

function sameElements(a: object, b: object): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((element, index) => sameValue(element, b[index]));
}
