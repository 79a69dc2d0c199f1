/** Frames and method arguments of AMQP 0-9-1 (section 4.2 of the specification). For control and templates, not per message. */
import { HarnessError } from "../../errors.ts";
import {
  type FieldTable,
  type FieldType,
  METHODS,
  type MethodArguments,
  type MethodName,
  methodKey,
} from "./methods.ts";

export const FRAME = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;
export const FRAME_END = 0xce;
/** Type, channel and size. */
export const FRAME_HEAD_BYTES = 7;
/** And the end octet. */
export const FRAME_OVERHEAD_BYTES = 8;
export const PROTOCOL_HEADER = Buffer.from("AMQP\0\0\x09\x01", "latin1");

const UINT32 = 2 ** 32;

/** Where the frame that begins at `at` ends; 0 when it has not all arrived by `end`. Throws DRIVER_PROTOCOL. */
export function frameEnd(bytes: Buffer, at: number, end: number, maxBytes: number): number {
  if (end - at < FRAME_HEAD_BYTES) return 0;
  const frameBytes = FRAME_OVERHEAD_BYTES + bytes.readUInt32BE(at + 3);
  if (frameBytes > maxBytes) throw spoilt(`a frame of ${frameBytes} bytes`);
  if (end - at < frameBytes) return 0;
  if (bytes[at + frameBytes - 1] !== FRAME_END) throw spoilt("a frame that does not end as it should");
  return at + frameBytes;
}

function spoilt(what: string): HarnessError {
  return new HarnessError("DRIVER_PROTOCOL", `the broker sent ${what}`);
}

/** A whole frame around `payload`. */
export function encodeFrame(type: number, channel: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_OVERHEAD_BYTES + payload.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt16BE(channel, 1);
  frame.writeUInt32BE(payload.length, 3);
  payload.copy(frame, FRAME_HEAD_BYTES);
  frame.writeUInt8(FRAME_END, FRAME_HEAD_BYTES + payload.length);
  return frame;
}

/** A whole method frame; what is left out of `values` is 0, false or empty. */
export function encodeMethod<N extends MethodName>(
  name: N,
  channel: number,
  values: Partial<MethodArguments<N>> = {},
): Buffer {
  const writer = new FieldWriter();
  writer.long(methodKey(name));
  const given = values as Readonly<Record<string, unknown>>;
  for (const [field, type] of Object.entries(METHODS[name].fields) as [string, FieldType][]) {
    writer.write(type, given[field]);
  }
  return encodeFrame(FRAME.method, channel, writer.finish());
}

/** Arguments of a method frame's payload, which begins with class and method. Throws DRIVER_PROTOCOL when cut short. */
export function decodeArguments<N extends MethodName>(name: N, payload: Buffer): MethodArguments<N> {
  const reader = new FieldReader(payload, 4);
  const values: Record<string, unknown> = {};
  try {
    for (const [field, type] of Object.entries(METHODS[name].fields) as [string, FieldType][]) {
      values[field] = reader.read(type);
    }
  } catch (cause) {
    throw new HarnessError("DRIVER_PROTOCOL", `the arguments of ${name} do not parse`, { cause });
  }
  return values as MethodArguments<N>;
}

/** Neighbouring bits share an octet, the first in its lowest place. */
class FieldWriter {
  readonly #parts: Buffer[] = [];
  #bits = 0;
  #bitCount = 0;

  write(type: FieldType, value: unknown): void {
    if (type === "bit") {
      if (this.#bitCount === 8) this.#endBits();
      if (value === true) this.#bits |= 1 << this.#bitCount;
      this.#bitCount++;
      return;
    }
    this.#endBits();
    if (type === "octet") this.#number(1, (value as number | undefined) ?? 0);
    else if (type === "short") this.#number(2, (value as number | undefined) ?? 0);
    else if (type === "long") this.long((value as number | undefined) ?? 0);
    else if (type === "longlong") this.#longlong((value as number | undefined) ?? 0);
    else if (type === "shortstr") this.#text(1, (value as string | undefined) ?? "");
    else if (type === "longstr") this.#text(4, (value as string | undefined) ?? "");
    else this.#table((value as FieldTable | undefined) ?? {});
  }

  long(value: number): void {
    this.#number(4, value);
  }

  finish(): Buffer {
    this.#endBits();
    return Buffer.concat(this.#parts);
  }

  #endBits(): void {
    if (this.#bitCount === 0) return;
    this.#parts.push(Buffer.of(this.#bits));
    this.#bits = 0;
    this.#bitCount = 0;
  }

  #number(bytes: number, value: number): void {
    const part = Buffer.allocUnsafe(bytes);
    part.writeUIntBE(value, 0, bytes);
    this.#parts.push(part);
  }

  #longlong(value: number): void {
    this.long(Math.floor(value / UINT32));
    this.long(value % UINT32);
  }

  #text(lengthBytes: number, text: string): void {
    const bytes = Buffer.from(text, "utf8");
    this.#number(lengthBytes, bytes.length);
    this.#parts.push(bytes);
  }

  #table(table: FieldTable): void {
    const inner = new FieldWriter();
    for (const [key, value] of Object.entries(table)) {
      inner.#text(1, key);
      if (typeof value === "string") {
        inner.#number(1, 0x53);
        inner.#text(4, value);
      } else if (typeof value === "boolean") {
        inner.#number(1, 0x74);
        inner.#number(1, value ? 1 : 0);
      } else if (typeof value === "number") {
        inner.#number(1, 0x49);
        inner.#number(4, value);
      } else {
        inner.#number(1, 0x46);
        inner.#table(value);
      }
    }
    const bytes = inner.finish();
    this.long(bytes.length);
    this.#parts.push(bytes);
  }
}

class FieldReader {
  readonly #bytes: Buffer;
  #at: number;
  #bits = 0;
  #bitsLeft = 0;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Tables are passed over: nothing that a broker tells in one is needed here. */
  read(type: FieldType): unknown {
    if (type === "bit") return this.#bit();
    this.#bitsLeft = 0;
    switch (type) {
      case "octet":
        return this.#number(1);
      case "short":
        return this.#number(2);
      case "long":
        return this.#number(4);
      case "longlong":
        return this.#number(4) * UINT32 + this.#number(4);
      case "shortstr":
        return this.#text(this.#number(1));
      case "longstr":
        return this.#text(this.#number(4));
      default:
        this.#text(this.#number(4));
        return {};
    }
  }

  #bit(): boolean {
    if (this.#bitsLeft === 0) {
      this.#bits = this.#number(1);
      this.#bitsLeft = 8;
    }
    const bit = (this.#bits & 1) === 1;
    this.#bits >>>= 1;
    this.#bitsLeft--;
    return bit;
  }

  #number(bytes: number): number {
    const value = this.#bytes.readUIntBE(this.#at, bytes);
    this.#at += bytes;
    return value;
  }

  #text(length: number): string {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("text beyond its frame");
    const text = this.#bytes.toString("utf8", this.#at, end);
    this.#at = end;
    return text;
  }
}
