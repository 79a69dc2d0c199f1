/**
 * Field tables with RabbitMQ's meaning of the type octets (its errata of 0-9-1, section 3): `b` signed and `B` unsigned
 * octet, `s`/`u` short, `I`/`i` int, `l` long, `x` bytes. Values are plain JavaScript, or a Field where the octet matters.
 */
export type FieldTag =
  | "t"
  | "b"
  | "B"
  | "s"
  | "u"
  | "I"
  | "i"
  | "l"
  | "f"
  | "d"
  | "D"
  | "S"
  | "A"
  | "T"
  | "F"
  | "V"
  | "x";

/** A value with its type octet. `D` is `{ scale, unscaled }`, `l` and `T` are bigints, `x` is a Buffer. */
export class Field {
  readonly tag: FieldTag;
  readonly value: unknown;

  constructor(tag: FieldTag, value: unknown) {
    this.tag = tag;
    this.value = value;
  }
}

export function field(tag: FieldTag, value: unknown): Field {
  return new Field(tag, value);
}

/** As read from the wire: order and repeated names kept. */
export type DecodedTable = (readonly [name: string, field: Field])[];

const FIXED: Partial<
  Record<FieldTag, { bytes: number; write(b: Buffer, v: never): void; read(b: Buffer, at: number): unknown }>
> = {
  t: { bytes: 1, write: (b, v: boolean) => b.writeUInt8(v ? 1 : 0), read: (b, at) => b.readUInt8(at) !== 0 },
  b: { bytes: 1, write: (b, v: number) => b.writeInt8(v), read: (b, at) => b.readInt8(at) },
  B: { bytes: 1, write: (b, v: number) => b.writeUInt8(v), read: (b, at) => b.readUInt8(at) },
  s: { bytes: 2, write: (b, v: number) => b.writeInt16BE(v), read: (b, at) => b.readInt16BE(at) },
  u: { bytes: 2, write: (b, v: number) => b.writeUInt16BE(v), read: (b, at) => b.readUInt16BE(at) },
  I: { bytes: 4, write: (b, v: number) => b.writeInt32BE(v), read: (b, at) => b.readInt32BE(at) },
  i: { bytes: 4, write: (b, v: number) => b.writeUInt32BE(v), read: (b, at) => b.readUInt32BE(at) },
  l: { bytes: 8, write: (b, v: bigint) => b.writeBigInt64BE(v), read: (b, at) => b.readBigInt64BE(at) },
  f: { bytes: 4, write: (b, v: number) => b.writeFloatBE(v), read: (b, at) => b.readFloatBE(at) },
  d: { bytes: 8, write: (b, v: number) => b.writeDoubleBE(v), read: (b, at) => b.readDoubleBE(at) },
  T: { bytes: 8, write: (b, v: bigint) => b.writeBigUInt64BE(v), read: (b, at) => b.readBigUInt64BE(at) },
};

export function encodeTable(table: Readonly<Record<string, unknown>>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(table)) {
    const bytes = Buffer.from(name);
    parts.push(Buffer.from([bytes.length]), bytes, encodeField(asField(value)));
  }
  return prefixed(Buffer.concat(parts));
}

function prefixed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function asField(value: unknown): Field {
  if (value instanceof Field) return value;
  if (typeof value === "string") return field("S", value);
  if (typeof value === "boolean") return field("t", value);
  if (typeof value === "number") return Number.isSafeInteger(value) ? integerField(value) : field("d", value);
  if (value === null) return field("V", null);
  if (Buffer.isBuffer(value)) return field("x", value);
  if (Array.isArray(value)) return field("A", value);
  return field("F", value);
}

function integerField(value: number): Field {
  return value === (value | 0) ? field("I", value) : field("l", BigInt(value));
}

function encodeField({ tag, value }: Field): Buffer {
  return Buffer.concat([Buffer.from(tag), encodeValue(tag, value)]);
}

function encodeValue(tag: FieldTag, value: unknown): Buffer {
  const fixed = FIXED[tag];
  if (fixed !== undefined) {
    const bytes = Buffer.alloc(fixed.bytes);
    fixed.write(bytes, value as never);
    return bytes;
  }
  switch (tag) {
    case "D": {
      const { scale, unscaled } = value as { scale: number; unscaled: number };
      const bytes = Buffer.alloc(5);
      bytes.writeUInt8(scale);
      bytes.writeUInt32BE(unscaled, 1);
      return bytes;
    }
    case "S":
      return prefixed(Buffer.isBuffer(value) ? value : Buffer.from(value as string));
    case "x":
      return prefixed(value as Buffer);
    case "A":
      return prefixed(Buffer.concat((value as unknown[]).map((element) => encodeField(asField(element)))));
    case "F":
      return encodeTable(value as Record<string, unknown>);
    default:
      return Buffer.alloc(0);
  }
}

/** Reads a table that begins with its length at `at`. Throws RangeError when it does not fit. */
export function decodeTable(bytes: Buffer, at: number): { table: DecodedTable; end: number } {
  const end = at + 4 + bytes.readUInt32BE(at);
  if (end > bytes.length) throw new RangeError("field table past the end");
  const table: DecodedTable = [];
  let position = at + 4;
  while (position < end) {
    const nameEnd = position + 1 + bytes.readUInt8(position);
    const name = bytes.toString("utf8", position + 1, nameEnd);
    const read = decodeField(bytes, nameEnd);
    table.push([name, read.field]);
    position = read.end;
  }
  return { table, end };
}

function decodeField(bytes: Buffer, at: number): { field: Field; end: number } {
  const tag = String.fromCharCode(bytes.readUInt8(at)) as FieldTag;
  const start = at + 1;
  const fixed = FIXED[tag];
  if (fixed !== undefined) return { field: field(tag, fixed.read(bytes, start)), end: start + fixed.bytes };
  if (tag === "V") return { field: field(tag, null), end: start };
  if (tag === "D") {
    const value = { scale: bytes.readUInt8(start), unscaled: bytes.readUInt32BE(start + 1) };
    return { field: field(tag, value), end: start + 5 };
  }
  if (tag === "F") {
    const { table, end } = decodeTable(bytes, start);
    return { field: field(tag, table), end };
  }
  const end = start + 4 + bytes.readUInt32BE(start);
  if (end > bytes.length) throw new RangeError("field value past the end");
  if (tag === "S") return { field: field(tag, bytes.toString("utf8", start + 4, end)), end };
  if (tag === "x") return { field: field(tag, Buffer.from(bytes.subarray(start + 4, end))), end };
  if (tag !== "A") throw new RangeError(`field type ${JSON.stringify(tag)}`);
  const elements: Field[] = [];
  for (let position = start + 4; position < end; ) {
    const read = decodeField(bytes, position);
    elements.push(read.field);
    position = read.end;
  }
  return { field: field(tag, elements), end };
}

/** The table as plain values; numbers of 64 bits become numbers. */
export function plainTable(table: DecodedTable): Record<string, unknown> {
  return Object.fromEntries(table.map(([name, value]) => [name, plainValue(value)]));
}

function plainValue({ tag, value }: Field): unknown {
  if (tag === "F") return plainTable(value as DecodedTable);
  if (tag === "A") return (value as Field[]).map(plainValue);
  if (typeof value === "bigint") return Number(value);
  return value;
}
