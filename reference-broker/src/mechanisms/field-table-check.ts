import { isUtf8 } from "node:buffer";
import { FieldSyntaxError, MAX_FIELD_DEPTH } from "./field-table-errors.ts";
import { FIXED_BY_OCTET } from "./field-table-types.ts";

/** How long a value is by its type octet; the lengths below are not fixed. */
const UNKNOWN = -1;
const SIZED = -2;
const ARRAY = -3;
const TABLE = -4;

const SIZES = Int8Array.from(FIXED_BY_OCTET, (fixed) => (fixed === undefined ? UNKNOWN : fixed[1].bytes));
SIZES["S".charCodeAt(0)] = SIZED;
SIZES["x".charCodeAt(0)] = SIZED;
SIZES["A".charCodeAt(0)] = ARRAY;
SIZES["F".charCodeAt(0)] = TABLE;

/**
 * Where the table that begins at `at` ends. Whatever a reader would refuse throws the same FieldSyntaxError here, so that
 * a table that passed can be decoded whenever it is needed. Nothing is made.
 */
export function checkFieldTable(bytes: Buffer, at: number, end: number): number {
  return checkTable(bytes, at, end, MAX_FIELD_DEPTH);
}

function checkTable(bytes: Buffer, start: number, limit: number, depth: number): number {
  const end = nestedEnd(bytes, start, limit, depth);
  let at = start + 4;
  while (at < end) at = checkValue(bytes, checkName(bytes, at, end), end, depth - 1);
  return end;
}

function checkArray(bytes: Buffer, start: number, limit: number, depth: number): number {
  const end = nestedEnd(bytes, start, limit, depth);
  let at = start + 4;
  while (at < end) at = checkValue(bytes, at, end, depth - 1);
  return end;
}

function nestedEnd(bytes: Buffer, at: number, limit: number, depth: number): number {
  if (depth === 0) throw new FieldSyntaxError(`more than ${MAX_FIELD_DEPTH} tables in one another`);
  return sizedEnd(bytes, at, limit);
}

/** End of what has a 32-bit length before it. */
function sizedEnd(bytes: Buffer, at: number, limit: number): number {
  if (at + 4 > limit) throw cutShort();
  const length = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  if (length > limit - at - 4) throw cutShort();
  return at + 4 + length;
}

function checkName(bytes: Buffer, at: number, limit: number): number {
  const end = at + 1 + bytes[at]!;
  if (end > limit) throw cutShort();
  for (let i = at + 1; i < end; i++) {
    if (bytes[i]! < 0x80) continue;
    if (isUtf8(bytes.subarray(at + 1, end))) break;
    throw new FieldSyntaxError("a field name is not UTF-8");
  }
  return end;
}

function checkValue(bytes: Buffer, at: number, limit: number, depth: number): number {
  if (at >= limit) throw cutShort();
  const size = SIZES[bytes[at]!]!;
  if (size >= 0) {
    if (at + 1 + size > limit) throw cutShort();
    return at + 1 + size;
  }
  if (size === SIZED) return sizedEnd(bytes, at + 1, limit);
  if (size === ARRAY) return checkArray(bytes, at + 1, limit, depth);
  if (size === TABLE) return checkTable(bytes, at + 1, limit, depth);
  throw new FieldSyntaxError(`unknown field type ${bytes[at]}`);
}

function cutShort(): FieldSyntaxError {
  return new FieldSyntaxError("a field table is longer than what holds it");
}
