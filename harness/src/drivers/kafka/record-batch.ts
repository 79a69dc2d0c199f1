/**
 * Record batch, magic 2 (KIP-98): where its header's fields lie, and how a record is laid out. Everything from
 * `attributes` on is covered by the CRC.
 */
export const HEADER = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;
export const HEADER_BYTES = 61;
/** baseOffset and batchLength are not counted in batchLength. */
export const LENGTH_EXCLUDED_BYTES = 12;

/** In the lowest three bits of `attributes`. */
export const CODEC_IDS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

const NO_KEY = 1; // varint of -1
const NO_HEADERS = 0;

export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = zigzag(value); rest >= 0x80; rest >>>= 7) bytes++;
  return bytes;
}

/** Returns the position after it. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let rest = zigzag(value);
  let position = at;
  while (rest >= 0x80) {
    target[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[position++] = rest;
  return position;
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

/** Attributes, timestamp delta and the null key's length: one byte each. */
const FIXED_HEAD_BYTES = 3;

/** Bytes of a record in front of its value. */
export function recordHeadBytes(offsetDelta: number, valueBytes: number): number {
  const lengthBytes = varintBytes(recordBodyBytes(offsetDelta, valueBytes));
  return lengthBytes + FIXED_HEAD_BYTES + varintBytes(offsetDelta) + varintBytes(valueBytes);
}

/** Whole record with null key, no headers, timestamp delta 0. */
export function recordBytes(offsetDelta: number, valueBytes: number): number {
  const body = recordBodyBytes(offsetDelta, valueBytes);
  return varintBytes(body) + body;
}

function recordBodyBytes(offsetDelta: number, valueBytes: number): number {
  const headersBytes = 1;
  return FIXED_HEAD_BYTES + varintBytes(offsetDelta) + varintBytes(valueBytes) + valueBytes + headersBytes;
}

/** Writes everything but the value and returns where the value starts. */
export function writeRecordAround(
  target: Uint8Array,
  at: number,
  offsetDelta: number,
  valueBytes: number,
): number {
  let position = writeVarint(target, at, recordBodyBytes(offsetDelta, valueBytes));
  target[position++] = 0; // attributes
  target[position++] = 0; // timestamp delta
  position = writeVarint(target, position, offsetDelta);
  target[position++] = NO_KEY;
  position = writeVarint(target, position, valueBytes);
  target[position + valueBytes] = NO_HEADERS;
  return position;
}
