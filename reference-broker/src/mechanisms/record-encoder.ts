/** Makes an uncompressed record batch (KIP-98) of records that came as text: for publishers that speak no Kafka protocol. */
import { BATCH_HEADER_BYTES, sealBatch } from "./record-batch.ts";

/** Key and value are in the same encoding; null is no key, and no value (a tombstone). */
export interface TextRecord {
  readonly key: string | null;
  readonly value: string | null;
}

/** base64 must have been checked. */
export type TextEncoding = "utf8" | "base64";

/** Attributes, timestamp delta and header count: one byte each, all zero. */
const FIXED_RECORD_BYTES = 3;
const NO_BYTES = -1;

/** All records carry `timestampMs`. At least one record; the batch has no producer, and no place in a log yet. */
export function encodeRecordBatch(
  records: readonly TextRecord[],
  encoding: TextEncoding,
  timestampMs: number,
): Buffer {
  const sizes = new Array<number>(records.length * 2);
  let bytes = BATCH_HEADER_BYTES;
  for (let i = 0; i < records.length; i++) {
    const { key, value } = records[i]!;
    const keyBytes = key === null ? NO_BYTES : Buffer.byteLength(key, encoding);
    const valueBytes = value === null ? NO_BYTES : Buffer.byteLength(value, encoding);
    sizes[i * 2] = keyBytes;
    sizes[i * 2 + 1] = valueBytes;
    const recordBytes = recordLength(i, keyBytes, valueBytes);
    bytes += varintBytes(recordBytes) + recordBytes;
  }
  // Lives until it is written: the pool serves small ones.
  const batch = Buffer.allocUnsafe(bytes);
  let at = BATCH_HEADER_BYTES;
  for (let i = 0; i < records.length; i++) {
    const keyBytes = sizes[i * 2]!;
    const valueBytes = sizes[i * 2 + 1]!;
    at = writeVarint(batch, at, recordLength(i, keyBytes, valueBytes));
    batch[at++] = 0; // attributes
    batch[at++] = 0; // timestamp delta
    at = writeVarint(batch, at, i);
    at = writeText(batch, at, records[i]!.key, keyBytes, encoding);
    at = writeText(batch, at, records[i]!.value, valueBytes, encoding);
    batch[at++] = 0; // headers
  }
  sealBatch(batch, records.length, timestampMs);
  return batch;
}

function recordLength(offsetDelta: number, keyBytes: number, valueBytes: number): number {
  const texts =
    varintBytes(keyBytes) + Math.max(keyBytes, 0) + varintBytes(valueBytes) + Math.max(valueBytes, 0);
  return FIXED_RECORD_BYTES + varintBytes(offsetDelta) + texts;
}

function writeText(
  batch: Buffer,
  at: number,
  text: string | null,
  bytes: number,
  encoding: TextEncoding,
): number {
  const start = writeVarint(batch, at, bytes);
  if (text === null) return start;
  batch.write(text, start, bytes, encoding);
  return start + bytes;
}

function varintBytes(value: number): number {
  let rest = zigzag(value);
  let bytes = 1;
  for (; rest >= 0x80; rest >>>= 7) bytes++;
  return bytes;
}

function writeVarint(batch: Buffer, at: number, value: number): number {
  let rest = zigzag(value);
  let end = at;
  for (; rest >= 0x80; rest >>>= 7) batch[end++] = (rest & 0x7f) | 0x80;
  batch[end++] = rest;
  return end;
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}
