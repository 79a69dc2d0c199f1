/** Frames in words, for failure reports: one line each. */
import { decodeHeader, decodeMethod, FRAME } from "./codec.ts";

export interface RecordedFrame {
  readonly atMs: number;
  /** `>` sent, `<` received, `#` something else that happened. */
  readonly direction: ">" | "<" | "#";
  readonly connection: string;
  readonly bytes: Buffer | string;
}

const TEXT_LIMIT = 300;

export function describeFrame({ atMs, direction, connection, bytes }: RecordedFrame): string {
  const what = typeof bytes === "string" ? bytes : describeBytes(bytes);
  return `${atMs.toFixed(1).padStart(9)} ms ${connection} ${direction} ${clip(what)}`;
}

function clip(text: string): string {
  return text.length <= TEXT_LIMIT ? text : `${text.slice(0, TEXT_LIMIT)}… (${text.length} characters)`;
}

function describeBytes(bytes: Buffer): string {
  try {
    return describeWhole(bytes);
  } catch {
    return `${bytes.length} bytes ${bytes.subarray(0, 48).toString("hex")}`;
  }
}

function describeWhole(bytes: Buffer): string {
  if (bytes.length < 8 || bytes.readUInt32BE(3) + 8 !== bytes.length) throw new RangeError("not one frame");
  const channel = bytes.readUInt16BE(1);
  const payload = bytes.subarray(7, -1);
  const end = bytes.at(-1) === 0xce ? "" : ` frame-end ${bytes.at(-1)}`;
  return `channel ${channel} ${describePayload(bytes.readUInt8(0), payload)}${end}`;
}

function describePayload(type: number, payload: Buffer): string {
  switch (type) {
    case FRAME.method: {
      const method = decodeMethod(payload);
      if (method === null) return `method ${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`;
      return `${method.name} ${argumentsInWords(method.args)}`;
    }
    case FRAME.header: {
      const { classId, bodySize, properties } = decodeHeader(payload);
      return `header class ${classId} body ${bodySize} ${inWords(properties)}`;
    }
    case FRAME.body:
      return `body ${payload.length} bytes ${JSON.stringify(payload.toString("latin1", 0, 24))}`;
    case FRAME.heartbeat:
      return `heartbeat ${payload.length === 0 ? "" : payload.toString("hex")}`;
    default:
      return `frame type ${type}, ${payload.length} bytes ${payload.subarray(0, 24).toString("hex")}`;
  }
}

function argumentsInWords(args: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(args).filter(
    ([name, value]) => !name.startsWith("reserved") && value !== false && !isEmptyTable(value),
  );
  return told.map(([name, value]) => `${name}=${inWords(value)}`).join(" ");
}

function isEmptyTable(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

export function inWords(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}n` : inner)) ?? "undefined"
  );
}
