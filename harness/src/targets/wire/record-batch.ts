/**
 * An uncompressed record batch (magic 2) taken apart into records and put together again, so that single messages can
 * be lost, doubled, swapped or spoilt inside it. Layout: Kafka's protocol guide, "Record Batch".
 */
import { crc32c } from "@node-rs/crc32";

export const BATCH = {
  baseOffset: 0,
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  recordCount: 57,
  records: 61,
} as const;

/** One record without its length: what a batch holds between two length prefixes. */
export interface BatchRecord {
  readonly offsetDelta: number;
  readonly attributes: number;
  readonly timestampDelta: Buffer;
  /** Key, value and headers as encoded. */
  readonly rest: Buffer;
}

export function isCompressed(batch: Buffer): boolean {
  return (batch.readInt16BE(BATCH.attributes) & 7) !== 0;
}

/** Throws RangeError when the batch is not what it says. */
export function splitRecords(batch: Buffer): BatchRecord[] {
  const count = batch.readInt32BE(BATCH.recordCount);
  const records: BatchRecord[] = [];
  let at: number = BATCH.records;
  for (let index = 0; index < count; index++) {
    const length = readVarint(batch, at);
    const end = length.end + length.value;
    const attributes = batch.readInt8(length.end);
    const timestampEnd = skipVarint(batch, length.end + 1);
    const offset = readVarint(batch, timestampEnd);
    if (end > batch.length || offset.end > end) throw new RangeError("record longer than its batch");
    records.push({
      offsetDelta: offset.value,
      attributes,
      timestampDelta: batch.subarray(length.end + 1, timestampEnd),
      rest: batch.subarray(offset.end, end),
    });
    at = end;
  }
  return records;
}

/** A new batch with the header of `batch` but for count, last offset delta, length and CRC. */
export function joinRecords(batch: Buffer, records: readonly BatchRecord[], lastOffsetDelta: number): Buffer {
  const parts: Buffer[] = [Buffer.from(batch.subarray(0, BATCH.records))];
  for (const record of records) {
    const offsetDelta = encodeVarint(record.offsetDelta);
    const length = 1 + record.timestampDelta.length + offsetDelta.length + record.rest.length;
    parts.push(encodeVarint(length), Buffer.of(record.attributes & 0xff));
    parts.push(record.timestampDelta, offsetDelta, record.rest);
  }
  const joined = Buffer.concat(parts);
  joined.writeInt32BE(joined.length - 12, BATCH.length);
  joined.writeInt32BE(lastOffsetDelta, BATCH.lastOffsetDelta);
  joined.writeInt32BE(records.length, BATCH.recordCount);
  joined.writeUInt32BE(crc32c(joined.subarray(BATCH.attributes)), BATCH.crc);
  return joined;
}

/** One uncompressed batch of one message with a value and nothing else, created at `timestampMs`. */
export function encodeSingle(value: Buffer, timestampMs: number): Buffer {
  const header = Buffer.alloc(BATCH.records);
  header.writeInt32BE(-1, 12);
  header.writeInt8(2, BATCH.magic);
  header.writeBigInt64BE(BigInt(timestampMs), 27);
  header.writeBigInt64BE(BigInt(timestampMs), 35);
  // No producer: id, epoch and first sequence are -1.
  header.fill(0xff, 43, BATCH.recordCount);
  const rest = Buffer.concat([encodeVarint(-1), encodeVarint(value.length), value, encodeVarint(0)]);
  return joinRecords(header, [{ offsetDelta: 0, attributes: 0, timestampDelta: encodeVarint(0), rest }], 0);
}

/** Where the value of a record begins and ends in `rest`; null for a null value. */
export function valueRange(rest: Buffer): { start: number; end: number } | null {
  const key = readVarint(rest, 0);
  const value = readVarint(rest, key.end + Math.max(0, key.value));
  return value.value < 0 ? null : { start: value.end, end: value.end + value.value };
}

function readVarint(buffer: Buffer, at: number): { value: number; end: number } {
  let raw = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = buffer.readUInt8(at++);
    raw += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value: raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2, end: at };
  }
  throw new RangeError("varint longer than 5 bytes");
}

function skipVarint(buffer: Buffer, at: number): number {
  for (let length = 1; length <= 10; length++) if (buffer.readUInt8(at++) < 0x80) return at;
  throw new RangeError("varlong longer than 10 bytes");
}

function encodeVarint(value: number): Buffer {
  let raw = value >= 0 ? value * 2 : -value * 2 - 1;
  const bytes: number[] = [];
  while (raw > 0x7f) {
    bytes.push((raw & 0x7f) | 0x80);
    raw = Math.floor(raw / 128);
  }
  bytes.push(raw);
  return Buffer.from(bytes);
}
