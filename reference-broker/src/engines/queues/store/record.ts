/**
 * One stored message: a header of fixed size, exchange, routing key, encoded properties, body. Little-endian.
 *
 *     0 u32 size of the whole record      18 f64 deadline (ms since 1970, -1)   34 u8 priority
 *     4 u32 checksum                      26 u32 bytes of properties            35 u8 format, 5 or 6
 *     8 u16 ordinal in the segment        30 u16 bytes of exchange
 *    10 f64 sequence                      32 u16 bytes of routing key
 *
 * Format 6 has instead of the body f64 the body's number among the shared ones, u32 its size.
 *
 * The checksum is the CRC-32 of all behind the ordinal, with the ordinal and the stamp of the segment (stampRecord), so that a
 * record which another segment left in the same file is not intact here. The ordinal tells how many records stood in bytes that
 * are damaged. zlib's CRC, not CRC32C: called once for each message, what counts is the cost of a call.
 */
import { crc32 } from "node:zlib";
import { invariant } from "../../../base/invariant.ts";
import type { Message } from "../../../mechanisms/message.ts";

export const RECORD_HEADER_BYTES = 36;
const WHOLE = 5;
const BODY_ELSEWHERE = 6;
const BODY_REFERENCE_BYTES = 12;
/** Where the body stands with the message. */
export const NOT_SHARED = -1;
const CRC_START = 10;
/** Odd, so that each stamp and each ordinal gives a number of its own; they spread it over all bits. */
const STAMP_FACTOR = 0x9e3779b1;
const ORDINAL_FACTOR = 0x85ebca6b;
const MAX_NAME_BYTES = 0xffff;

/** Bytes with a view of them, made once for many records. */
export interface RecordBuffer {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export function recordBuffer(bytes: Buffer): RecordBuffer {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** The most that a message takes as a record: a UTF-16 unit is three bytes at most. */
export function recordBytesBound(message: Message, bodyId: number): number {
  const names = message.exchange.length + message.routingKey.length;
  const bodyBytes = bodyId === NOT_SHARED ? message.bodyBytes : BODY_REFERENCE_BYTES;
  return RECORD_HEADER_BYTES + 3 * names + message.properties.length + bodyBytes;
}

/**
 * Writes a record at `at`, where `recordBytesBound` bytes are free. Returns its size. It belongs to no segment before
 * `stampRecord`, which is given what `recordChecksum` says now.
 */
export function encodeRecord(
  target: RecordBuffer,
  at: number,
  message: Message,
  sequence: number,
  deadlineMs: number,
  bodyId: number,
): number {
  const { bytes, view } = target;
  const { properties } = message;
  const exchangeAt = at + RECORD_HEADER_BYTES;
  const routingKeyAt = exchangeAt + writeName(bytes, exchangeAt, message.exchange);
  const propertiesAt = routingKeyAt + writeName(bytes, routingKeyAt, message.routingKey);
  const bodyAt = propertiesAt + properties.length;
  const isWhole = bodyId === NOT_SHARED;
  const end = bodyAt + (isWhole ? message.bodyBytes : BODY_REFERENCE_BYTES);
  bytes.set(properties, propertiesAt);
  if (isWhole) message.copyBody(bytes, bodyAt);
  else {
    view.setFloat64(bodyAt, bodyId, true);
    view.setUint32(bodyAt + 8, message.bodyBytes, true);
  }
  view.setUint32(at, end - at, true);
  view.setFloat64(at + 10, sequence, true);
  view.setFloat64(at + 18, deadlineMs, true);
  view.setUint32(at + 26, properties.length, true);
  view.setUint16(at + 30, routingKeyAt - exchangeAt, true);
  view.setUint16(at + 32, propertiesAt - routingKeyAt, true);
  bytes[at + 34] = message.priority;
  bytes[at + 35] = isWhole ? WHOLE : BODY_ELSEWHERE;
  view.setUint32(at + 4, crc32(bytes.subarray(at + CRC_START, end)), true);
  return end - at;
}

export function recordChecksum({ view }: RecordBuffer, at: number): number {
  return view.getUint32(at + 4, true);
}

/** The record is this one of the segment with this stamp. May be called again with another one. */
export function stampRecord(
  { view }: RecordBuffer,
  at: number,
  checksum: number,
  stamp: number,
  ordinal: number,
): void {
  view.setUint16(at + 8, ordinal, true);
  view.setUint32(at + 4, stamped(checksum, stamp, ordinal), true);
}

/** An intact record of one segment becomes one of another. */
export function restampRecord(
  source: RecordBuffer,
  at: number,
  from: number,
  stamp: number,
  ordinal: number,
): void {
  const checksum = stamped(recordChecksum(source, at), from, record.ordinal(source, at));
  stampRecord(source, at, checksum, stamp, ordinal);
}

/** Of two stamps, and of two ordinals, never the same. Twice is the checksum again. */
function stamped(checksum: number, stamp: number, ordinal: number): number {
  return (checksum ^ Math.imul(stamp, STAMP_FACTOR) ^ Math.imul(ordinal, ORDINAL_FACTOR)) >>> 0;
}

/** Names are short and nearly always ASCII: a loop beats a call out of the engine. */
function writeName(bytes: Buffer, at: number, name: string): number {
  const length = name.length;
  for (let i = 0; i < length; i++) {
    const unit = name.charCodeAt(i);
    if (unit > 0x7f) return checkedLength(bytes.write(name, at, "utf8"));
    bytes[at + i] = unit;
  }
  return checkedLength(length);
}

function checkedLength(length: number): number {
  invariant(length <= MAX_NAME_BYTES, "an exchange name or routing key has at most 65535 bytes");
  return length;
}

/** Reads fields of a record that was checked. */
export const record = {
  sizeBytes: (source: RecordBuffer, at: number) => source.view.getUint32(at, true),
  ordinal: (source: RecordBuffer, at: number) => source.view.getUint16(at + 8, true),
  sequence: (source: RecordBuffer, at: number) => source.view.getFloat64(at + 10, true),
  deadlineMs: (source: RecordBuffer, at: number) => source.view.getFloat64(at + 18, true),
  priority: (source: RecordBuffer, at: number) => source.bytes[at + 34]!,
  exchangeAt: (at: number) => at + RECORD_HEADER_BYTES,
  routingKeyAt: ({ view }: RecordBuffer, at: number) =>
    at + RECORD_HEADER_BYTES + view.getUint16(at + 30, true),
  propertiesAt: (source: RecordBuffer, at: number) =>
    record.routingKeyAt(source, at) + source.view.getUint16(at + 32, true),
  /** Of the body, or of what refers to it. */
  bodyAt: (source: RecordBuffer, at: number) => bodyStart(source, at),
  bodyBytes: (source: RecordBuffer, at: number) =>
    isWholeRecord(source, at)
      ? at + record.sizeBytes(source, at) - bodyStart(source, at)
      : source.view.getUint32(bodyStart(source, at) + 8, true),
  /** NOT_SHARED: the body is in the record. */
  bodyId: (source: RecordBuffer, at: number) =>
    isWholeRecord(source, at) ? NOT_SHARED : source.view.getFloat64(bodyStart(source, at), true),
} as const;

function isWholeRecord({ bytes }: RecordBuffer, at: number): boolean {
  return bytes[at + 35] === WHOLE;
}

function bodyStart({ view }: RecordBuffer, at: number): number {
  const names = view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  return at + RECORD_HEADER_BYTES + names + view.getUint32(at + 26, true);
}

/** Whether a whole, unchanged record of the segment with this stamp begins at `at` and ends at or before `end`. */
export function isIntactRecord(source: RecordBuffer, at: number, end: number, stamp: number): boolean {
  if (end - at < RECORD_HEADER_BYTES) return false;
  const { bytes, view } = source;
  const recordEnd = at + view.getUint32(at, true);
  if (recordEnd > end || recordEnd - at < RECORD_HEADER_BYTES) return false;
  if (bytes[at + 35] !== WHOLE && bytes[at + 35] !== BODY_ELSEWHERE) return false;
  const referenceBytes = bytes[at + 35] === WHOLE ? 0 : BODY_REFERENCE_BYTES;
  if (bodyStart(source, at) + referenceBytes > recordEnd) return false;
  const checksum = crc32(bytes.subarray(at + CRC_START, recordEnd));
  return stamped(checksum, stamp, view.getUint16(at + 8, true)) === view.getUint32(at + 4, true);
}

/** Whether a record may begin at `at`, whose header is there and which ends at or before `end`: a quick look. */
export function mayBeRecord({ bytes, view }: RecordBuffer, at: number, end: number): boolean {
  const format = bytes[at + 35];
  if (format !== WHOLE && format !== BODY_ELSEWHERE) return false;
  const recordEnd = at + view.getUint32(at, true);
  return recordEnd <= end && recordEnd - at >= RECORD_HEADER_BYTES;
}
