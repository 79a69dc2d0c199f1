/** Reads what a broker decides by out of encoded properties, in one pass and without making anything of the rest. */
import {
  BASIC_PROPERTIES,
  FLAGS_BYTES,
  flagOf,
  PROPERTY_INDEX,
  UNKNOWN_FLAGS,
} from "./basic-properties-table.ts";
import { checkFieldTable } from "./field-table-check.ts";
import { FieldSyntaxError } from "./field-table-errors.ts";

/** Values of PropertyScan.expirationMs. */
export const NO_EXPIRATION = -1;
export const INVALID_EXPIRATION = -2;

const COUNT = BASIC_PROPERTIES.length;
const SHORTSTR = 0;
const OCTET = 1;
const TABLE = 2;
const TIMESTAMP = 3;
const KIND_CODES = { shortstr: SHORTSTR, octet: OCTET, table: TABLE, timestamp: TIMESTAMP };
const KINDS = Uint8Array.from(BASIC_PROPERTIES, ([, kind]) => KIND_CODES[kind]);
const TIMESTAMP_BYTES = 8;

const DELIVERY_MODE = PROPERTY_INDEX.deliveryMode;
const PRIORITY = PROPERTY_INDEX.priority;
const EXPIRATION = PROPERTY_INDEX.expiration;

/** What one scan found. Made once and used again, so that a publish makes none. */
export class PropertyScan {
  flags = 0;
  /** 0 when absent. */
  deliveryMode = 0;
  /** 0 when absent. */
  priority = 0;
  /** Or NO_EXPIRATION, INVALID_EXPIRATION. */
  expirationMs = NO_EXPIRATION;
  /** Where the value of each property in the table begins (meaningless when it is absent), and where the last ends. */
  readonly starts = new Int32Array(COUNT + 1);

  /** `index` of PROPERTY_INDEX. */
  has(index: number): boolean {
    return (this.flags & flagOf(index)) !== 0;
  }

  /**
   * Properties from `start` to `end`, flags first. All of it is checked, headers too: what passed can be decoded later.
   * Throws FieldSyntaxError.
   */
  read(bytes: Buffer, start: number, end: number): void {
    if (end - start < FLAGS_BYTES) throw new FieldSyntaxError("no property flags");
    const flags = (bytes[start]! << 8) | bytes[start + 1]!;
    if ((flags & UNKNOWN_FLAGS) !== 0) throw new FieldSyntaxError("flags of unknown properties");
    this.flags = flags;
    this.deliveryMode = 0;
    this.priority = 0;
    this.expirationMs = NO_EXPIRATION;
    const { starts } = this;
    let at = start + FLAGS_BYTES;
    let rest = flags;
    // The highest flag that is left, until none is.
    for (let index = 0; index < COUNT; index++, rest <<= 1) {
      starts[index] = at;
      if ((rest & 0x8000) === 0) continue;
      const next = endOf(KINDS[index]!, bytes, at, end);
      if (index === DELIVERY_MODE) this.deliveryMode = bytes[at]!;
      else if (index === PRIORITY) this.priority = bytes[at]!;
      else if (index === EXPIRATION) this.expirationMs = parseExpiration(bytes, at + 1, next);
      at = next;
    }
    starts[COUNT] = at;
    if (at !== end) throw new FieldSyntaxError(`${end - at} octets behind the properties`);
  }
}

function endOf(kind: number, bytes: Buffer, at: number, limit: number): number {
  if (at >= limit) throw cutShort();
  if (kind === TABLE) return checkFieldTable(bytes, at, limit);
  const end = at + (kind === SHORTSTR ? 1 + bytes[at]! : kind === OCTET ? 1 : TIMESTAMP_BYTES);
  if (end > limit) throw cutShort();
  return end;
}

function cutShort(): FieldSyntaxError {
  return new FieldSyntaxError("properties are longer than their frame");
}

const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;

/** Decimal digits with or without a sign, as RabbitMQ takes them; beyond 2^53 the number is that. */
function parseExpiration(bytes: Buffer, start: number, end: number): number {
  const first = start < end ? bytes[start]! : 0;
  let at = first === PLUS || first === MINUS ? start + 1 : start;
  if (at === end) return INVALID_EXPIRATION;
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return INVALID_EXPIRATION;
    value = value * 10 + digit;
  }
  if (first === MINUS && value > 0) return INVALID_EXPIRATION;
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}
