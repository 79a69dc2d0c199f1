/** Frame headers and content header frames (AMQP 4.2.3, 4.2.6.1), written where they are to stand. */
import {
  BASIC_CLASS_ID,
  CONTENT_HEADER_BYTES,
  FRAME,
  FRAME_END,
  FRAME_HEADER_BYTES,
  FRAME_OVERHEAD_BYTES,
} from "./frame.ts";

export function headerFrameBytes(properties: Buffer): number {
  return FRAME_OVERHEAD_BYTES + CONTENT_HEADER_BYTES + properties.length;
}

/** Returns where the payload begins. */
export function writeFrameHeader(
  bytes: Buffer,
  at: number,
  type: number,
  channel: number,
  payloadBytes: number,
): number {
  bytes[at] = type;
  bytes[at + 1] = channel >> 8;
  bytes[at + 2] = channel;
  writeLong(bytes, at + 3, payloadBytes);
  return at + FRAME_HEADER_BYTES;
}

export function writeLong(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
}

/** Below this a loop is faster than a call of native code. */
const LOOP_BELOW_BYTES = 48;

/** The whole content header frame; returns where it ends. */
export function writeHeaderFrame(
  bytes: Buffer,
  start: number,
  channel: number,
  properties: Buffer,
  bodyBytes: number,
): number {
  const { length } = properties;
  let at = writeFrameHeader(bytes, start, FRAME.header, channel, CONTENT_HEADER_BYTES + length);
  writeLong(bytes, at, BASIC_CLASS_ID << 16);
  writeLong(bytes, at + 4, 0);
  writeLong(bytes, at + 8, bodyBytes);
  at += CONTENT_HEADER_BYTES;
  if (length < LOOP_BELOW_BYTES) for (let i = 0; i < length; i++) bytes[at + i] = properties[i]!;
  else properties.copy(bytes, at);
  bytes[at + length] = FRAME_END;
  return at + length + 1;
}
