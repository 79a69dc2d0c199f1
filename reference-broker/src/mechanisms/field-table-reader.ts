/**
 * Reads AMQP 0-9-1's elementary types (4.2.5) from a part of a buffer. No length is trusted: each is compared with what
 * is left before anything is made, and whatever does not fit throws a FieldSyntaxError. What is returned is a copy.
 */
import { isUtf8 } from "node:buffer";
import { FieldSyntaxError, MAX_FIELD_DEPTH } from "./field-table-errors.ts";
import { FIXED_BY_OCTET, FIXED_TYPES } from "./field-table-types.ts";
import { recentName } from "./field-table-names.ts";
import type { FieldTable, FieldValue } from "./message.ts";

const TWO_POW_32 = 2 ** 32;
const S = "S".charCodeAt(0);
const X = "x".charCodeAt(0);
const A = "A".charCodeAt(0);
const F = "F".charCodeAt(0);

const NOTHING = Buffer.alloc(0);

export class FieldReader {
  #bytes: Buffer;
  #at: number;
  #end: number;

  constructor(bytes: Buffer = NOTHING, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Goes on with other bytes: a reader can be used again. */
  reset(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Moves past `count` bytes and returns where they begin. */
  #take(count: number): number {
    const start = this.#at;
    if (count > this.#end - start) {
      throw new FieldSyntaxError(`${count} octets expected, ${this.#end - start} left`);
    }
    this.#at = start + count;
    return start;
  }

  octet(): number {
    return this.#bytes[this.#take(1)]!;
  }

  short(): number {
    const at = this.#take(2);
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  long(): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  /** Unsigned: exact to 2^53, beyond that the nearest double. */
  longlong(): number {
    const high = this.long();
    return high * TWO_POW_32 + this.long();
  }

  /** Seconds since 1970, unsigned 64 bits; a bigint from 2^53 on. */
  timestamp(): number | bigint {
    return FIXED_TYPES.T.read(this.#bytes, this.#take(FIXED_TYPES.T.bytes));
  }

  /** Throws for what is no UTF-8: as a string it would not be what it was. */
  shortstr(): string {
    const length = this.octet();
    const at = this.#take(length);
    const end = at + length;
    return recentName(this.#bytes, at, end) ?? utf8(this.#bytes, at, end) ?? notUtf8();
  }

  longstr(): Buffer {
    const length = this.long();
    const at = this.#take(length);
    return Buffer.from(this.#bytes.subarray(at, at + length));
  }

  table(): FieldTable {
    return this.#table(MAX_FIELD_DEPTH);
  }

  #table(depth: number): FieldTable {
    const end = this.#nest(depth);
    const outerEnd = this.#end;
    this.#end = end;
    const fields: (readonly [string, FieldValue])[] = [];
    while (this.#at < end) fields.push([this.shortstr(), this.#value(depth - 1)]);
    this.#end = outerEnd;
    return fields;
  }

  #array(depth: number): FieldValue[] {
    const end = this.#nest(depth);
    const outerEnd = this.#end;
    this.#end = end;
    const values: FieldValue[] = [];
    while (this.#at < end) values.push(this.#value(depth - 1));
    this.#end = outerEnd;
    return values;
  }

  /** Where the table or array that begins here ends. */
  #nest(depth: number): number {
    if (depth === 0) throw new FieldSyntaxError(`more than ${MAX_FIELD_DEPTH} tables in one another`);
    const length = this.long();
    if (length > this.#end - this.#at) {
      throw new FieldSyntaxError(`a table of ${length} octets, ${this.#end - this.#at} left`);
    }
    return this.#at + length;
  }

  #value(depth: number): FieldValue {
    const octet = this.octet();
    const fixed = FIXED_BY_OCTET[octet];
    if (fixed !== undefined) {
      const [type, { bytes, read }] = fixed;
      return { type, value: read(this.#bytes, this.#take(bytes)) } as FieldValue;
    }
    switch (octet) {
      case S:
        return { type: "S", value: this.#text() };
      case X:
        return { type: "x", value: this.longstr() };
      case A:
        return { type: "A", value: this.#array(depth) };
      case F:
        return { type: "F", value: this.#table(depth) };
      default:
        throw new FieldSyntaxError(`unknown field type ${octet}`);
    }
  }

  #text(): string | Buffer {
    const length = this.long();
    const at = this.#take(length);
    return utf8(this.#bytes, at, at + length) ?? Buffer.from(this.#bytes.subarray(at, at + length));
  }

  expectEnd(): void {
    if (this.#at !== this.#end) throw new FieldSyntaxError(`${this.#end - this.#at} octets too many`);
  }
}

/** Longer strings are checked and made by native code. */
const SHORT_BYTES = 32;

/** null: no UTF-8. */
function utf8(bytes: Buffer, start: number, end: number): string | null {
  if (end - start <= SHORT_BYTES && isAscii(bytes, start, end)) return bytes.toString("latin1", start, end);
  return isUtf8(bytes.subarray(start, end)) ? bytes.toString("utf8", start, end) : null;
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! >= 0x80) return false;
  return true;
}

function notUtf8(): never {
  throw new FieldSyntaxError("a short string is not UTF-8");
}
