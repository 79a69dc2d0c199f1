/** AMQP 0-9-1's data types (spec 4.2.5) and frames (4.2.3), as far as methods.ts needs them. */
import {
  type DecodedMethod,
  type FieldKind,
  type FieldTable,
  type Method,
  METHODS,
  type MethodName,
  type MethodValues,
} from "./methods.ts";

export const PROTOCOL_HEADER = Buffer.from("AMQP\0\0\x09\x01", "latin1");

export const FRAME = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;
const FRAME_END = 0xce;
const FRAME_HEAD_BYTES = 7;
/** Nothing a broker answers here comes near: what claims more is no AMQP broker. */
const MAX_FRAME_BYTES = 1024 * 1024;

export interface Frame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

export function encodeFrame(type: number, channel: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt8(type, 0);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.of(FRAME_END)]);
}

/** The first whole frame of `bytes` and its length on the wire, null when there is none yet. Throws Error. */
export function readFrame(bytes: Buffer): { readonly frame: Frame; readonly length: number } | null {
  if (bytes.length < FRAME_HEAD_BYTES) return null;
  if (bytes.subarray(0, 4).toString("latin1") === "AMQP") {
    throw new Error("it speaks another version of AMQP than 0-9-1");
  }
  const size = bytes.readUInt32BE(3);
  if (size > MAX_FRAME_BYTES) throw new Error(`it answers with a frame of ${size} bytes: no AMQP broker?`);
  const length = FRAME_HEAD_BYTES + size + 1;
  if (bytes.length < length) return null;
  if (bytes[length - 1] !== FRAME_END)
    throw new Error("a frame of it does not end as frames do: no AMQP broker?");
  const payload = bytes.subarray(FRAME_HEAD_BYTES, length - 1);
  return { frame: { type: bytes[0]!, channel: bytes.readUInt16BE(1), payload }, length };
}

/** Fields left out are 0, "" or an empty table. */
export function encodeMethod<N extends MethodName>(name: N, values: Partial<MethodValues<N>>): Buffer {
  const { classId, methodId, fields }: Method = METHODS[name];
  const given = values as Readonly<Record<string, unknown>>;
  const parts = Object.entries(fields).map(([field, kind]) => encodeField(kind, given[field]));
  return Buffer.concat([encodeInteger(2, classId), encodeInteger(2, methodId), ...parts]);
}

/** Null: none of the table. */
export function decodeMethod(payload: Buffer): DecodedMethod | null {
  const reader = new Reader(payload);
  const [classId, methodId] = [reader.integer(2), reader.integer(2)];
  for (const [name, method] of Object.entries(METHODS)) {
    if (method.classId !== classId || method.methodId !== methodId) continue;
    const values = Object.fromEntries(
      Object.entries(method.fields).map(([field, kind]) => [field, reader.field(kind)]),
    );
    return { name, values } as unknown as DecodedMethod;
  }
  return null;
}

/** Persistent: delivery-mode 2 is its only property (bit 12 of the flags). */
export function encodePersistentHeader(bodyBytes: number): Buffer {
  const header = Buffer.alloc(15);
  header.writeUInt16BE(60, 0);
  header.writeBigUInt64BE(BigInt(bodyBytes), 4);
  header.writeUInt16BE(1 << 12, 12);
  header.writeUInt8(2, 14);
  return header;
}

export function bodyBytesOf(header: Buffer): number {
  return Number(header.readBigUInt64BE(4));
}

const INTEGER_BYTES = { octet: 1, short: 2, long: 4, longLong: 8 } as const;

function encodeField(kind: FieldKind, value: unknown): Buffer {
  if (kind === "table") return encodeTable((value ?? {}) as FieldTable);
  if (kind === "shortString" || kind === "longString") {
    const text = Buffer.from((value ?? "") as string);
    return Buffer.concat([encodeInteger(kind === "shortString" ? 1 : 4, text.length), text]);
  }
  return encodeInteger(INTEGER_BYTES[kind], (value ?? 0) as number);
}

function encodeInteger(bytes: number, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeBigUInt64BE(BigInt(value));
  else buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

/** Strings, booleans, small numbers and tables of them are all that is sent. */
function encodeTable(table: FieldTable): Buffer {
  const parts = Object.entries(table).flatMap(([key, value]) => [
    encodeField("shortString", key),
    encodeValue(value),
  ]);
  const body = Buffer.concat(parts);
  return Buffer.concat([encodeInteger(4, body.length), body]);
}

function encodeValue(value: unknown): Buffer {
  if (typeof value === "boolean") return Buffer.from([0x74, value ? 1 : 0]);
  if (typeof value === "number") return Buffer.concat([Buffer.from("I"), encodeInteger(4, value)]);
  if (typeof value === "string") return Buffer.concat([Buffer.from("S"), encodeField("longString", value)]);
  return Buffer.concat([Buffer.from("F"), encodeTable(value as FieldTable)]);
}

/** Beyond its end every read throws RangeError, as Buffer's own do. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  integer(bytes: number): number {
    return Number(BigInt(`0x${this.#take(bytes).toString("hex")}`));
  }

  field(kind: FieldKind): unknown {
    if (kind === "table") return this.#table();
    if (kind === "shortString") return this.#take(this.integer(1)).toString();
    if (kind === "longString") return this.#take(this.integer(4)).toString();
    return this.integer(INTEGER_BYTES[kind]);
  }

  #table(): FieldTable {
    const inside = new Reader(this.#take(this.integer(4)));
    const entries: [string, unknown][] = [];
    while (inside.#at < inside.#bytes.length)
      entries.push([inside.field("shortString") as string, inside.#value()]);
    return Object.fromEntries(entries);
  }

  /** RabbitMQ's field types (its errata to spec 4.2.1). */
  #value(): unknown {
    const type = this.#take(1).toString("latin1");
    if (type === "S" || type === "x") return this.field("longString");
    if (type === "F") return this.#table();
    if (type === "A") return this.#array();
    if (type === "V") return null;
    if (type === "t") return this.integer(1) !== 0;
    if (type === "f") return this.#take(4).readFloatBE();
    if (type === "d") return this.#take(8).readDoubleBE();
    if (type === "D") return this.#decimal();
    const bytes = { b: 1, B: 1, s: 2, u: 2, I: 4, i: 4, l: 8, T: 8 }[type];
    if (bytes === undefined) throw new RangeError(`field type ${JSON.stringify(type)} is not known`);
    return this.integer(bytes);
  }

  #decimal(): number {
    const scale = this.integer(1);
    return this.integer(4) / 10 ** scale;
  }

  #array(): unknown[] {
    const inside = new Reader(this.#take(this.integer(4)));
    const values: unknown[] = [];
    while (inside.#at < inside.#bytes.length) values.push(inside.#value());
    return values;
  }

  #take(bytes: number): Buffer {
    const end = this.#at + bytes;
    if (end > this.#bytes.length) throw new RangeError("the method ends too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
