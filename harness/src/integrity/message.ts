/**
 * What a message's value holds, little endian:
 *
 *      0  u32  checksum of everything else in the value
 *      4  u32  batch template
 *      8  u32  index in the batch
 *     12       payload; in message 0 of a batch the stamp comes first:
 *     12  u32  run            16  u32  producer      20  u32  batch sequence
 *     24  f64  intended send time of message 0, µs   32  f64  actual send time, µs
 *
 * A message's identity is its batch's stamp and its index. The checksum takes the bytes from 40 on first and the
 * head last, so that stamping a prepared message costs its head only.
 */
export const MIN_VALUE_BYTES = 48;
export const HEAD_BYTES = 40;
export const PAYLOAD_OFFSET = 12;

/** Where the stamp's fields lie in a value. */
export const STAMP = { runId: 12, producer: 16, sequence: 20, intendedUs: 24, sentUs: 32 } as const;

export interface Stamp {
  readonly runId: number;
  readonly producer: number;
  readonly sequence: number;
  readonly intendedUs: number;
  readonly sentUs: number;
}

const SEED = 0x9e3779b9 | 0;
const FACTOR = 0x85ebca6b | 0;

function mix(state: number, word: number): number {
  const mixed = Math.imul(state ^ word, FACTOR);
  return mixed ^ (mixed >>> 15);
}

/** State of the checksum after the bytes from 40 on; depends on nothing that a stamp changes. */
export function payloadState(view: DataView, offset: number, valueBytes: number): number {
  let even = SEED;
  let odd = valueBytes;
  let at = offset + HEAD_BYTES;
  const end = offset + valueBytes;
  // Two chains, because one waits for its multiplication.
  for (; at + 8 <= end; at += 8) {
    even = mix(even, view.getInt32(at, true));
    odd = mix(odd, view.getInt32(at + 4, true));
  }
  for (; at < end; at++) even = mix(even, view.getUint8(at));
  return mix(even, odd);
}

export function headChecksum(view: DataView, offset: number, state: number): number {
  let even = state;
  let odd = mix(state, view.getInt32(offset + 4, true));
  for (let at = offset + 8; at < offset + HEAD_BYTES; at += 8) {
    even = mix(even, view.getInt32(at, true));
    odd = mix(odd, view.getInt32(at + 4, true));
  }
  return mix(even, odd) >>> 0;
}

export function checksum(view: DataView, offset: number, valueBytes: number): number {
  return headChecksum(view, offset, payloadState(view, offset, valueBytes));
}

/** Writes the head of a message but the stamp, and its checksum. The payload must be in place. */
export function sealMessage(view: DataView, offset: number, valueBytes: number, id: MessageId): void {
  view.setUint32(offset + 4, id.template, true);
  view.setUint32(offset + 8, id.index, true);
  view.setUint32(offset, checksum(view, offset, valueBytes), true);
}

export interface MessageId {
  readonly template: number;
  readonly index: number;
}

/** Stamps message 0 in place; `state` is its `payloadState`. */
export function writeStamp(
  view: DataView,
  offset: number,
  state: number,
  runId: number,
  producer: number,
  sequence: number,
  intendedUs: number,
  sentUs: number,
): void {
  view.setUint32(offset + STAMP.runId, runId, true);
  view.setUint32(offset + STAMP.producer, producer, true);
  view.setUint32(offset + STAMP.sequence, sequence, true);
  view.setFloat64(offset + STAMP.intendedUs, intendedUs, true);
  view.setFloat64(offset + STAMP.sentUs, sentUs, true);
  view.setUint32(offset, headChecksum(view, offset, state), true);
}

export function readStamp(view: DataView, offset: number): Stamp {
  return {
    runId: view.getUint32(offset + STAMP.runId, true),
    producer: view.getUint32(offset + STAMP.producer, true),
    sequence: view.getUint32(offset + STAMP.sequence, true),
    intendedUs: view.getFloat64(offset + STAMP.intendedUs, true),
    sentUs: view.getFloat64(offset + STAMP.sentUs, true),
  };
}
