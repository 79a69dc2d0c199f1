/** Encodes and decodes what messages.ts tells, in any of its versions. Throws RangeError on malformed bytes. */
import { type Field, inVersion, type Message, type PartialStruct, type Struct } from "./notation.ts";

type Values = Readonly<Record<string, unknown>>;

const NO_UUID = "00000000000000000000000000000000";

export function encodeFields<const F extends readonly Field[]>(
  fields: F,
  version: number,
  flexible: boolean,
  values: PartialStruct<F>,
): Buffer {
  const writer = new Writer(flexible);
  writeStruct(writer, fields, version, values as Values);
  return writer.toBuffer();
}

export function decodeFields<const F extends readonly Field[]>(
  fields: F,
  version: number,
  flexible: boolean,
  bytes: Buffer,
  at = 0,
): Struct<F> {
  return readStruct(new Reader(bytes, at, flexible), fields, version) as Struct<F>;
}

export interface RequestHeader {
  readonly apiKey: number;
  readonly version: number;
  readonly correlationId: number;
  /** Where the body begins. */
  readonly bodyAt: number;
}

/** A frame's payload without its length. The client id of the header is always in the old form (KIP-482). */
export function encodeRequest<M extends Message>(
  message: M,
  version: number,
  correlationId: number,
  clientId: string,
  values: PartialStruct<M["request"]>,
): Buffer {
  const flexible = version >= message.flexible;
  const id = Buffer.from(clientId);
  const header = Buffer.alloc(10 + id.length + (flexible ? 1 : 0));
  header.writeInt16BE(message.key, 0);
  header.writeInt16BE(version, 2);
  header.writeInt32BE(correlationId, 4);
  header.writeInt16BE(id.length, 8);
  id.copy(header, 10);
  return Buffer.concat([header, encodeFields(message.request, version, flexible, values)]);
}

export function decodeRequestHeader(frame: Buffer, flexibleFrom: (apiKey: number) => number): RequestHeader {
  const apiKey = frame.readInt16BE(0);
  const version = frame.readInt16BE(2);
  const idLength = Math.max(0, frame.readInt16BE(8));
  const reader = new Reader(frame, 10 + idLength, version >= flexibleFrom(apiKey));
  reader.skipTags();
  return { apiKey, version, correlationId: frame.readInt32BE(4), bodyAt: reader.at };
}

/** ApiVersions answers with the old header in every version, so that any client can read it. */
export function responseHeaderLength(message: Message, version: number): number {
  return version >= message.flexible && message.key !== 18 ? 5 : 4;
}

function writeStruct(writer: Writer, fields: readonly Field[], version: number, values: Values): void {
  const tagged: Field[] = [];
  for (const field of fields) {
    if (!inVersion(field, version)) continue;
    if (field.tag !== undefined) tagged.push(field);
    else writeField(writer, field, version, values[field.name]);
  }
  if (!writer.flexible) return;
  const given = tagged.filter((field) => values[field.name] !== undefined);
  writer.unsignedVarint(given.length);
  for (const field of given) {
    const inner = new Writer(true);
    writeField(inner, field, version, values[field.name]);
    const bytes = inner.toBuffer();
    writer.unsignedVarint(field.tag!);
    writer.unsignedVarint(bytes.length);
    writer.raw(bytes);
  }
}

function writeField(writer: Writer, field: Field, version: number, given: unknown): void {
  const nullable = version >= (field.nullableSince ?? Number.POSITIVE_INFINITY);
  const value = given ?? field.fallback ?? (nullable ? null : undefined);
  const type = field.type;
  if (typeof type === "object" || type === "int32[]" || type === "string[]") {
    const items = value as readonly unknown[] | null | undefined;
    writer.length(items === null ? -1 : (items?.length ?? 0), 4);
    for (const item of items ?? []) {
      if (typeof type === "object") writeStruct(writer, type, version, item as Values);
      else if (type === "int32[]") writer.integer(4, item as number);
      else writer.string(item as string);
    }
    return;
  }
  if (type === "string") writer.string(value === null ? null : ((value as string | undefined) ?? ""));
  else if (type === "bytes")
    writer.bytes(value === null ? null : ((value as Buffer | undefined) ?? Buffer.alloc(0)));
  else if (type === "uuid") writer.raw(Buffer.from((value as string | undefined) ?? NO_UUID, "hex"));
  else writer.integer(INTEGER_BYTES[type], Number(value ?? 0));
}

const INTEGER_BYTES = { bool: 1, int8: 1, int16: 2, int32: 4, int64: 8 } as const;

function readStruct(reader: Reader, fields: readonly Field[], version: number): Values {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const present = inVersion(field, version) && field.tag === undefined;
    values[field.name] = present ? readField(reader, field, version) : absent(field);
  }
  if (!reader.flexible) return values;
  for (let left = reader.unsignedVarint(); left > 0; left--) {
    const tag = reader.unsignedVarint();
    const end = reader.unsignedVarint() + reader.at;
    const field = fields.find((candidate) => candidate.tag === tag && inVersion(candidate, version));
    if (field !== undefined) values[field.name] = readField(reader, field, version);
    reader.at = end;
  }
  return values;
}

function absent(field: Field): unknown {
  if (field.fallback !== undefined) return field.fallback;
  if (field.nullableSince !== undefined) return null;
  if (typeof field.type === "object" || field.type.endsWith("[]")) return [];
  return field.type === "string" ? "" : field.type === "uuid" ? NO_UUID : field.type === "bool" ? false : 0;
}

function readField(reader: Reader, field: Field, version: number): unknown {
  const type = field.type;
  if (typeof type === "object" || type === "int32[]" || type === "string[]") {
    const count = reader.length(4);
    if (count < 0) return null;
    reader.expect(count);
    return Array.from({ length: count }, () => {
      if (typeof type === "object") return readStruct(reader, type, version);
      return type === "int32[]" ? reader.integer(4) : reader.string();
    });
  }
  if (type === "string") return reader.string();
  if (type === "bytes") return reader.bytes();
  if (type === "uuid") return reader.raw(16).toString("hex");
  const value = reader.integer(INTEGER_BYTES[type]);
  return type === "bool" ? value !== 0 : value;
}

class Writer {
  readonly flexible: boolean;
  readonly #parts: Buffer[] = [];

  constructor(flexible: boolean) {
    this.flexible = flexible;
  }

  raw(bytes: Buffer): void {
    this.#parts.push(bytes);
  }

  integer(size: 1 | 2 | 4 | 8, value: number): void {
    const bytes = Buffer.allocUnsafe(size);
    if (size === 8) bytes.writeBigInt64BE(BigInt(value));
    else bytes.writeIntBE(value, 0, size);
    this.raw(bytes);
  }

  unsignedVarint(value: number): void {
    const bytes: number[] = [];
    for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80);
    this.raw(Buffer.from([...bytes, value]));
  }

  /** Compact lengths are one more than they say, so that 0 can mean null. */
  length(value: number, size: 2 | 4): void {
    if (this.flexible) this.unsignedVarint(value + 1);
    else this.integer(size, value);
  }

  string(value: string | null): void {
    const bytes = Buffer.from(value ?? "");
    this.length(value === null ? -1 : bytes.length, 2);
    this.raw(bytes);
  }

  bytes(value: Buffer | null): void {
    this.length(value === null ? -1 : value.length, 4);
    if (value !== null) this.raw(value);
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

class Reader {
  readonly flexible: boolean;
  readonly #buffer: Buffer;
  at: number;

  constructor(buffer: Buffer, at: number, flexible: boolean) {
    this.#buffer = buffer;
    this.at = at;
    this.flexible = flexible;
  }

  /** A count or length that the rest of the message cannot hold is refused before memory is taken. */
  expect(bytes: number): void {
    if (bytes > this.#buffer.length - this.at) throw new RangeError("length beyond the end of the message");
  }

  raw(length: number): Buffer {
    this.expect(length);
    this.at += length;
    return this.#buffer.subarray(this.at - length, this.at);
  }

  integer(size: 1 | 2 | 4 | 8): number {
    const bytes = this.raw(size);
    return size === 8 ? Number(bytes.readBigInt64BE()) : bytes.readIntBE(0, size);
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer.readUInt8(this.at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("varint longer than 5 bytes");
  }

  length(size: 2 | 4): number {
    return this.flexible ? this.unsignedVarint() - 1 : this.integer(size);
  }

  string(): string | null {
    const length = this.length(2);
    return length < 0 ? null : this.raw(length).toString("utf8");
  }

  bytes(): Buffer | null {
    const length = this.length(4);
    return length < 0 ? null : this.raw(length);
  }

  skipTags(): void {
    if (!this.flexible) return;
    for (let left = this.unsignedVarint(); left > 0; left--) {
      this.unsignedVarint();
      this.raw(this.unsignedVarint());
    }
  }
}
