/**
 * The table of field types with a fixed size: RabbitMQ's meaning of the type octets, which differs from AMQP 0-9-1's own
 * (errata, section 3). Strings, binaries, arrays and tables have a 32-bit length before them; field-table-reader.ts.
 */
import type { FieldDecimal, FieldType, FieldValue } from "./message.ts";

interface FixedType<Value = unknown> {
  readonly bytes: number;
  read(from: Buffer, at: number): Value;
  /** Throws RangeError for what does not fit: a mistake of ours. */
  write(to: Buffer, at: number, value: Value): void;
}

export type FixedFieldType = Exclude<FieldType, "S" | "x" | "A" | "F">;
type ValueOf<T extends FieldType, V = FieldValue> = V extends { type: infer U; value: infer Value }
  ? T extends U
    ? Value
    : never
  : never;

const int8: FixedType<number | bigint> = {
  bytes: 1,
  read: (from, at) => from.readInt8(at),
  write: (to, at, value) => to.writeInt8(Number(value), at),
};
const uint8: FixedType<number | bigint> = {
  bytes: 1,
  read: (from, at) => from[at]!,
  write: (to, at, value) => to.writeUInt8(Number(value), at),
};
const int16: FixedType<number | bigint> = {
  bytes: 2,
  read: (from, at) => from.readInt16BE(at),
  write: (to, at, value) => to.writeInt16BE(Number(value), at),
};
const uint16: FixedType<number | bigint> = {
  bytes: 2,
  read: (from, at) => from.readUInt16BE(at),
  write: (to, at, value) => to.writeUInt16BE(Number(value), at),
};
const int32: FixedType<number | bigint> = {
  bytes: 4,
  read: (from, at) => from.readInt32BE(at),
  write: (to, at, value) => to.writeInt32BE(Number(value), at),
};
const uint32: FixedType<number | bigint> = {
  bytes: 4,
  read: (from, at) => from.readUInt32BE(at),
  write: (to, at, value) => to.writeUInt32BE(Number(value), at),
};
const int64: FixedType<number | bigint> = {
  bytes: 8,
  read: (from, at) => numberIfSafe(from.readBigInt64BE(at)),
  write: (to, at, value) => to.writeBigInt64BE(BigInt(value), at),
};
const uint64: FixedType<number | bigint> = {
  bytes: 8,
  read: (from, at) => numberIfSafe(from.readBigUInt64BE(at)),
  write: (to, at, value) => to.writeBigUInt64BE(BigInt(value), at),
};
const float32: FixedType<number> = {
  bytes: 4,
  read: (from, at) => from.readFloatBE(at),
  write: (to, at, value) => to.writeFloatBE(value, at),
};
const float64: FixedType<number> = {
  bytes: 8,
  read: (from, at) => from.readDoubleBE(at),
  write: (to, at, value) => to.writeDoubleBE(value, at),
};
const boolean: FixedType<boolean> = {
  bytes: 1,
  read: (from, at) => from[at] !== 0,
  write: (to, at, value) => to.writeUInt8(value ? 1 : 0, at),
};
const decimal: FixedType<FieldDecimal> = {
  bytes: 5,
  read: (from, at) => ({ scale: from[at]!, unscaled: from.readUInt32BE(at + 1) }),
  write: (to, at, { scale, unscaled }) => {
    to.writeUInt8(scale, at);
    to.writeUInt32BE(unscaled, at + 1);
  },
};
const nothing: FixedType<null> = { bytes: 0, read: () => null, write: () => {} };

function numberIfSafe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export const FIXED_TYPES: { readonly [T in FixedFieldType]: FixedType<ValueOf<T>> } = {
  ...{ t: boolean, b: int8, B: uint8, s: int16, u: uint16, I: int32, i: uint32, l: int64 },
  ...{ f: float32, d: float64, D: decimal, T: uint64, V: nothing },
};

const TYPE_OCTETS = 256;

/** By type octet; undefined for the types with a length before them and for what is no type. */
export const FIXED_BY_OCTET: readonly (readonly [FixedFieldType, FixedType] | undefined)[] = Array.from(
  { length: TYPE_OCTETS },
  (_, octet) => {
    const type = String.fromCharCode(octet) as FixedFieldType;
    return Object.hasOwn(FIXED_TYPES, type) ? [type, FIXED_TYPES[type] as FixedType] : undefined;
  },
);
