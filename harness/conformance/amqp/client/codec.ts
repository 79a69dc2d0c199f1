/** Frames, methods and content headers of AMQP 0-9-1, for the conformance cases. */
import { type DecodedTable, decodeTable, encodeTable, plainTable } from "./field-table.ts";
import {
  type ArgumentType,
  METHODS_BY_NAME,
  type MethodShape,
  methodById,
  PROPERTIES,
  type Properties,
} from "./methods.ts";

export const FRAME = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;
export const FRAME_END = 0xce;
export const FRAME_OVERHEAD = 8;
export const BASIC_CLASS = 60;

export interface Frame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

/** Arguments by name; what is left out is 0, false, "" or {}. */
export type Arguments = Readonly<Record<string, unknown>>;

/** Field values and arguments are checked by the cases, value by value. */
// biome-ignore lint/suspicious/noExplicitAny: what a broker sends has no type until a case looks at it
export type Loose = any;

export interface Method {
  readonly name: string;
  readonly args: Record<string, Loose>;
}

export function encodeFrame(type: number, channel: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(payload.length + FRAME_OVERHEAD);
  frame.writeUInt8(type);
  frame.writeUInt16BE(channel, 1);
  frame.writeUInt32BE(payload.length, 3);
  payload.copy(frame, 7);
  frame.writeUInt8(FRAME_END, frame.length - 1);
  return frame;
}

export function methodFrame(channel: number, name: string, args: Arguments = {}): Buffer {
  return encodeFrame(FRAME.method, channel, encodeMethod(name, args));
}

export function encodeMethod(name: string, args: Arguments): Buffer {
  const shape = METHODS_BY_NAME.get(name);
  if (shape === undefined) throw new Error(`no method is called ${name}`);
  const unknown = Object.keys(args).find((key) => !shape.fields.some(([field]) => field === key));
  if (unknown !== undefined) throw new Error(`${name} has no argument ${unknown}`);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(shape.classId);
  head.writeUInt16BE(shape.methodId, 2);
  const parts: Buffer[] = [head];
  let bits = 0;
  let bitCount = 0;
  const flush = (): void => {
    if (bitCount > 0) parts.push(Buffer.from([bits]));
    bits = bitCount = 0;
  };
  for (const [field, type] of shape.fields) {
    if (type === "bit") {
      bits |= (args[field] ? 1 : 0) << bitCount++;
    } else {
      flush();
      parts.push(encodeArgument(type, args[field]));
    }
  }
  flush();
  return Buffer.concat(parts);
}

function encodeArgument(type: ArgumentType, value: unknown): Buffer {
  switch (type) {
    case "octet":
      return Buffer.from([Number(value ?? 0)]);
    case "short": {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16BE(Number(value ?? 0));
      return bytes;
    }
    case "long": {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(Number(value ?? 0));
      return bytes;
    }
    case "longlong": {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(BigInt((value as number | undefined) ?? 0));
      return bytes;
    }
    case "shortstr":
      return shortString((value as string | undefined) ?? "");
    case "longstr": {
      const text = Buffer.from((value as string | undefined) ?? "");
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      return Buffer.concat([length, text]);
    }
    default:
      return encodeTable((value as Record<string, unknown> | undefined) ?? {});
  }
}

function shortString(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 255) throw new Error("a short string holds 255 bytes");
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** Null for a class or method that is not in the table. Throws RangeError when the arguments do not fit. */
export function decodeMethod(payload: Buffer): Method | null {
  const shape = methodById(payload.readUInt16BE(0), payload.readUInt16BE(2));
  return shape === undefined ? null : { name: shape.name, args: decodeArguments(shape, payload) };
}

function decodeArguments(shape: MethodShape, payload: Buffer): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  let position = 4;
  let bit = 0;
  for (const [field, type] of shape.fields) {
    if (type === "bit") {
      args[field] = (payload.readUInt8(position) & (1 << bit++)) !== 0;
      continue;
    }
    if (bit > 0) position++;
    bit = 0;
    const [value, end] = decodeArgument(type, payload, position);
    args[field] = value;
    position = end;
  }
  return args;
}

function decodeArgument(type: ArgumentType, bytes: Buffer, at: number): [unknown, number] {
  switch (type) {
    case "octet":
      return [bytes.readUInt8(at), at + 1];
    case "short":
      return [bytes.readUInt16BE(at), at + 2];
    case "long":
      return [bytes.readUInt32BE(at), at + 4];
    case "longlong":
      return [Number(bytes.readBigUInt64BE(at)), at + 8];
    case "shortstr": {
      const end = at + 1 + bytes.readUInt8(at);
      return [bytes.toString("utf8", at + 1, end), end];
    }
    case "longstr": {
      const end = at + 4 + bytes.readUInt32BE(at);
      return [bytes.toString("utf8", at + 4, end), end];
    }
    default: {
      const { table, end } = decodeTable(bytes, at);
      return [plainTable(table), end];
    }
  }
}

export interface ContentHeader {
  readonly classId: number;
  readonly bodySize: number;
  readonly properties: Properties;
  /** The headers property with its type octets. */
  readonly headerTable: DecodedTable;
  /** Encoded property flags and list, as they came. */
  readonly raw: Buffer;
}

export function encodeHeader(
  properties: Properties,
  bodySize: number,
  classId: number = BASIC_CLASS,
): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt16BE(classId);
  head.writeBigUInt64BE(BigInt(bodySize), 4);
  let flags = 0;
  const parts: Buffer[] = [head];
  for (const [index, [name, type]] of PROPERTIES.entries()) {
    const value = properties[name];
    if (value === undefined) continue;
    flags |= 1 << (15 - index);
    parts.push(type === "timestamp" ? encodeArgument("longlong", value) : encodeArgument(type, value));
  }
  head.writeUInt16BE(flags, 12);
  return Buffer.concat(parts);
}

export function decodeHeader(payload: Buffer): ContentHeader {
  const flags = payload.readUInt16BE(12);
  const properties: Record<string, unknown> = {};
  let headerTable: DecodedTable = [];
  let position = 14;
  for (const [index, [name, type]] of PROPERTIES.entries()) {
    if ((flags & (1 << (15 - index))) === 0) continue;
    if (type === "table") {
      const read = decodeTable(payload, position);
      headerTable = read.table;
      properties[name] = plainTable(read.table);
      position = read.end;
    } else {
      const read = decodeArgument(type === "timestamp" ? "longlong" : type, payload, position);
      properties[name] = read[0];
      position = read[1];
    }
  }
  return {
    classId: payload.readUInt16BE(0),
    bodySize: Number(payload.readBigUInt64BE(4)),
    properties,
    headerTable,
    raw: Buffer.from(payload.subarray(12)),
  };
}

/** Method, header and as many body frames as `frameMax` asks for. */
export function contentFrames(
  channel: number,
  name: string,
  args: Arguments,
  properties: Properties,
  body: Buffer,
  frameMax: number,
): Buffer {
  const parts = [
    methodFrame(channel, name, args),
    encodeFrame(FRAME.header, channel, encodeHeader(properties, body.length)),
  ];
  const room = frameMax - FRAME_OVERHEAD;
  for (let at = 0; at < body.length; at += room) {
    parts.push(encodeFrame(FRAME.body, channel, body.subarray(at, at + room)));
  }
  return Buffer.concat(parts);
}
