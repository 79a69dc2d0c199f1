/**
 * The frames of a message that are the same for every consumer, kept in message.wire from the second delivery on: what
 * follows the redelivered bit of basic.deliver (exchange, routing key, end octet), content header frame, body frame. Channel
 * numbers are 0 until the bytes are copied to a connection. Only for messages that fit the frame-max that every peer takes,
 * so that they serve all.
 */
import { allocateUnpooled } from "../../../base/allocate.ts";
import type { Message } from "../../../mechanisms/message.ts";
import {
  BASIC_CLASS_ID,
  CONTENT_HEADER_BYTES,
  FRAME,
  FRAME_END,
  FRAME_HEADER_BYTES,
  FRAME_MIN_BYTES,
  FRAME_OVERHEAD_BYTES,
} from "./frame.ts";
import { MAX_SHORTSTR_BYTES, writeShortString } from "./short-string.ts";

const MAX_BODY_BYTES = FRAME_MIN_BYTES - FRAME_OVERHEAD_BYTES;
const MAX_PROPERTIES_BYTES = MAX_BODY_BYTES - CONTENT_HEADER_BYTES;
const MAX_NAMES_BYTES = 2 * (1 + MAX_SHORTSTR_BYTES) + 1;

/** In message.wire after the first delivery: most messages are delivered once, and then their frames are not kept. */
const DELIVERED_ONCE = Buffer.alloc(0);

const names = Buffer.alloc(MAX_NAMES_BYTES);

/** The frames, or null for a message that is to be encoded directly. Called once per delivery. */
export function sharedFrames(message: Message): Buffer | null {
  const { wire } = message;
  if (wire === null) message.wire = DELIVERED_ONCE;
  else if (wire !== DELIVERED_ONCE) return wire;
  else if (message.body.length <= MAX_BODY_BYTES && message.properties.length <= MAX_PROPERTIES_BYTES) {
    message.wire = encode(message);
    return message.wire;
  }
  return null;
}

/** Bytes before the content header frame, the method's end octet included. */
export function namesBytes(wire: Buffer): number {
  const routingKeyAt = 1 + wire[0]!;
  return routingKeyAt + 1 + wire[routingKeyAt]! + 1;
}

function encode({ exchange, routingKey, properties, body }: Message): Buffer {
  const namesEnd = writeShortString(names, writeShortString(names, 0, exchange), routingKey);
  names[namesEnd] = FRAME_END;
  const contentAt = namesEnd + 1;
  const wire = allocateUnpooled(contentAt + headerFrameBytes(properties) + bodyFrameBytes(body));
  names.copy(wire, 0, 0, contentAt);
  const bodyAt = writeHeaderFrame(wire, contentAt, 0, properties, body.length);
  if (body.length === 0) return wire;
  const payloadAt = writeFrameHeader(wire, bodyAt, FRAME.body, 0, body.length);
  body.copy(wire, payloadAt);
  wire[payloadAt + body.length] = FRAME_END;
  return wire;
}

export function headerFrameBytes(properties: Buffer): number {
  return FRAME_OVERHEAD_BYTES + CONTENT_HEADER_BYTES + properties.length;
}

/** An empty body has no frame. */
function bodyFrameBytes(body: Buffer): number {
  return body.length === 0 ? 0 : FRAME_OVERHEAD_BYTES + body.length;
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
