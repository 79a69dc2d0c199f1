/**
 * Offsets and timestamps of the records inside one batch. The only place that looks into a batch: a search by time
 * must name a record, not a batch. Never on the path of produce or fetch.
 */
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { BATCH_HEADER_BYTES, batchHeader } from "./record-batch.ts";

export interface RecordTime {
  readonly offset: number;
  readonly timestampMs: number;
}

/** A compressed batch may not grow beyond this when it is opened. */
const MAX_UNCOMPRESSED_BYTES = 256 * 1024 * 1024;
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** Throws what the decompressor throws when the content is damaged in spite of a right CRC. */
export async function readRecordTimes(batch: Buffer): Promise<RecordTime[]> {
  const records = await decompress(batchHeader.codec(batch, 0), batch.subarray(BATCH_HEADER_BYTES));
  const baseOffset = batchHeader.baseOffset(batch, 0);
  const appendTime = batchHeader.isLogAppendTime(batch, 0);
  const baseTimestampMs = appendTime
    ? batchHeader.maxTimestampMs(batch, 0)
    : batchHeader.baseTimestampMs(batch, 0);
  const cursor = { buffer: records, at: 0 };
  const times: RecordTime[] = [];
  for (let i = batchHeader.recordCount(batch, 0); i > 0; i--) {
    const length = readVarint(cursor);
    const end = cursor.at + length;
    cursor.at += 1; // attributes, unused
    const timestampDelta = readVarint(cursor);
    const offsetDelta = readVarint(cursor);
    times.push({
      offset: baseOffset + offsetDelta,
      timestampMs: appendTime ? baseTimestampMs : baseTimestampMs + timestampDelta,
    });
    cursor.at = end;
  }
  return times;
}

/** Zigzag varint up to 64 bits as a number. */
function readVarint(cursor: { readonly buffer: Buffer; at: number }): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = cursor.buffer.readUInt8(cursor.at++);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    scale *= 128;
  }
}

async function decompress(codec: number, data: Buffer): Promise<Buffer> {
  switch (codec) {
    case 0:
      return data;
    case 1:
      return gunzipSync(data, { maxOutputLength: MAX_UNCOMPRESSED_BYTES });
    case 2:
      return decompressSnappy(data);
    case 3:
      return (await import("lz4-napi")).decompressFrameSync(data);
    default:
      return zstdDecompressSync(data, { maxOutputLength: MAX_UNCOMPRESSED_BYTES });
  }
}

/** Java frames snappy in length-prefixed chunks behind a header (xerial); others send one raw block. */
async function decompressSnappy(data: Buffer): Promise<Buffer> {
  const { uncompressSync } = await import("snappy");
  if (!data.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return uncompressSync(data) as Buffer;
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < data.length; ) {
    const blockBytes = data.readInt32BE(at);
    blocks.push(uncompressSync(data.subarray(at + 4, at + 4 + blockBytes)) as Buffer);
    at += 4 + blockBytes;
  }
  return Buffer.concat(blocks);
}
