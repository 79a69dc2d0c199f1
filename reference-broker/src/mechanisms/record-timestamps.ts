/**
 * Timestamps of the records inside one batch. The only place that looks into a batch: a search by time must name a
 * record, not a batch. Never on the path of produce or fetch. What a client put into a batch is not to be trusted: its
 * CRC may be right over records that are not.
 */
import { BATCH_HEADER_BYTES, batchHeader, DamagedLog } from "./record-batch.ts";
import { decompressRecords } from "./record-decompression.ts";

export interface RecordTime {
  readonly offset: number;
  readonly timestampMs: number;
}

/** Attributes, two deltas, key and value lengths, header count: a byte each. */
const MIN_RECORD_BYTES = 6;
const MAX_VARINT_BYTES = 10;

/** The first record at or after `atLeastMs`, or null. Throws DamagedLog when the records cannot be decoded. */
export async function findRecordTime(batch: Buffer, atLeastMs: number): Promise<RecordTime | null> {
  const baseOffset = batchHeader.baseOffset(batch, 0);
  if (batchHeader.isLogAppendTime(batch, 0)) {
    const timestampMs = batchHeader.maxTimestampMs(batch, 0); // of every record (KIP-32)
    return timestampMs >= atLeastMs ? { offset: baseOffset, timestampMs } : null;
  }
  const records = await decompressRecords(
    batchHeader.codec(batch, 0),
    batch.subarray(BATCH_HEADER_BYTES),
  ).catch((error: unknown) => {
    throw new DamagedLog(`batch at offset ${baseOffset} cannot be opened: ${String(error)}`);
  });
  const baseTimestampMs = batchHeader.baseTimestampMs(batch, 0);
  const cursor = { buffer: records, at: 0 };
  for (let i = batchHeader.recordCount(batch, 0); i > 0; i--) {
    const length = readVarint(cursor);
    const end = cursor.at + length;
    if (length < MIN_RECORD_BYTES || end > records.length) {
      throw new DamagedLog(`batch at offset ${baseOffset} has a record of ${length} bytes`);
    }
    cursor.at += 1; // attributes, unused
    const timestampMs = baseTimestampMs + readVarint(cursor);
    const offset = baseOffset + readVarint(cursor);
    if (timestampMs >= atLeastMs) return { offset, timestampMs };
    cursor.at = end;
  }
  return null;
}

/** Zigzag varint up to 64 bits as a number. */
function readVarint(cursor: { readonly buffer: Buffer; at: number }): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < MAX_VARINT_BYTES && cursor.at < cursor.buffer.length; i++) {
    const byte = cursor.buffer[cursor.at++]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    scale *= 128;
  }
  throw new DamagedLog("a number that does not end");
}
