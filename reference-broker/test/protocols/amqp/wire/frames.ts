/** Frames put together by hand: what is tested must not vouch for itself. */
import assert from "node:assert/strict";
import type { FrameParser } from "../../../../src/protocols/amqp/wire/frame-parser.ts";

export interface TestFrame {
  readonly type: number;
  readonly channel: number;
  /** Hexadecimal. */
  readonly payload: string;
}

export function frame({ type, channel, payload }: TestFrame): Buffer {
  const bytes = Buffer.from(payload.replaceAll(" ", ""), "hex");
  const header = Buffer.alloc(7);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(channel, 1);
  header.writeUInt32BE(bytes.length, 3);
  return Buffer.concat([header, bytes, Buffer.of(0xce)]);
}

/** A whole stream, cut into its frames without the parser. */
export function framesOf(bytes: Buffer): TestFrame[] {
  const frames: TestFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 7 + bytes.readUInt32BE(at + 3);
    assert.equal(bytes[end], 0xce, "the end octet");
    const payload = bytes.toString("hex", at + 7, end);
    frames.push({ type: bytes[at]!, channel: bytes.readUInt16BE(at + 1), payload });
    at = end + 1;
  }
  return frames;
}

/** The frames that the parser finds when the stream comes in chunks of these sizes, over and over, in memory that is reused. */
export function parsed(parser: FrameParser, bytes: Buffer, sizes: readonly number[]): TestFrame[] {
  const frames: TestFrame[] = [];
  const shared = Buffer.alloc(Math.max(...sizes));
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    const chunk = shared.subarray(0, bytes.copy(shared, 0, at, at + size));
    parser.push(chunk, (type, channel, from, start, end) => {
      frames.push({ type, channel, payload: from.toString("hex", start, end) });
    });
    chunk.fill(0xee);
    at += size;
  }
  return frames;
}
