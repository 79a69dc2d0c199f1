/** Writes AMQP 0-9-1's elementary types (4.2.5) into memory that grows. What does not fit its type throws RangeError. */
import { FIXED_TYPES } from "./field-table-types.ts";
import type { FieldTable, FieldValue } from "./message.ts";

const INITIAL_BYTES = 256;
const MAX_SHORTSTR_BYTES = 255;
const TWO_POW_32 = 2 ** 32;

export class FieldWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written: a view, valid until the next write. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.#length = 0;
  }

  /** A copy of what was written, with memory of its own. */
  finish(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(copy, 0, 0, this.#length);
    return copy;
  }

  #take(count: number): number {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#bytes.length) this.#grow(at);
    return at;
  }

  #grow(used: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#length, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, used);
    this.#bytes = grown;
  }

  octet(value: number): void {
    const at = this.#take(1);
    this.#bytes[at] = value;
  }

  short(value: number): void {
    const at = this.#take(2);
    this.#bytes.writeUInt16BE(value, at);
  }

  long(value: number): void {
    const at = this.#take(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  longlong(value: number | bigint): void {
    if (typeof value === "bigint") {
      const at = this.#take(8);
      this.#bytes.writeBigUInt64BE(value, at);
    } else {
      const high = Math.floor(value / TWO_POW_32);
      this.long(high);
      this.long(value - high * TWO_POW_32);
    }
  }

  timestamp(seconds: number | bigint): void {
    this.longlong(seconds);
  }

  shortstr(value: string): void {
    const length = Buffer.byteLength(value);
    if (length > MAX_SHORTSTR_BYTES) throw new RangeError(`a short string of ${length} bytes`);
    this.octet(length);
    const at = this.#take(length);
    this.#bytes.write(value, at, length, "utf8");
  }

  longstr(value: string | Buffer): void {
    const bytes = typeof value === "string" ? Buffer.from(value) : value;
    this.long(bytes.length);
    this.raw(bytes, 0, bytes.length);
  }

  /** Bytes that are encoded already. */
  raw(bytes: Buffer, start: number, end: number): void {
    const at = this.#take(end - start);
    bytes.copy(this.#bytes, at, start, end);
  }

  table(fields: FieldTable): void {
    const at = this.#take(4);
    for (const [name, field] of fields) {
      this.shortstr(name);
      this.#value(field);
    }
    this.#bytes.writeUInt32BE(this.#length - at - 4, at);
  }

  #array(values: readonly FieldValue[]): void {
    const at = this.#take(4);
    for (const value of values) this.#value(value);
    this.#bytes.writeUInt32BE(this.#length - at - 4, at);
  }

  #value(field: FieldValue): void {
    this.octet(field.type.charCodeAt(0));
    switch (field.type) {
      case "S":
      case "x":
        this.longstr(field.value);
        break;
      case "A":
        this.#array(field.value);
        break;
      case "F":
        this.table(field.value);
        break;
      default: {
        const fixed = FIXED_TYPES[field.type];
        const at = this.#take(fixed.bytes);
        (fixed.write as (to: Buffer, at: number, value: unknown) => void)(this.#bytes, at, field.value);
      }
    }
  }
}
