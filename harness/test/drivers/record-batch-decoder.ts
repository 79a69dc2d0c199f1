/**
 * A decoder of its own for what the tests expect of a record batch: it shares no code with the driver but the
 * decompression libraries, which it uses another way.
 */
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { crc32c } from "@node-rs/crc32";
import { decompressFrameSync } from "lz4-napi";
import { uncompressSync } from "snappy";

export interface DecodedRecord {
  readonly offsetDelta: number;
  readonly timestampDelta: number;
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: number;
}

export interface DecodedBatch {
  readonly batchLength: number;
  readonly crcHolds: boolean;
  readonly codec: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly records: readonly DecodedRecord[];
}

export function decodeBatch(batch: Buffer): DecodedBatch {
  const codec = batch.readInt16BE(21) & 7;
  const count = batch.readInt32BE(57);
  const stream = inflate(codec, batch.subarray(61));
  const records: DecodedRecord[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = stream.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n));
    }
  };
  for (let index = 0; index < count; index++) {
    const end = varint() + at;
    at++;
    const timestampDelta = varint();
    const offsetDelta = varint();
    const keyBytes = varint();
    const key = keyBytes < 0 ? null : stream.subarray(at, (at += keyBytes));
    const valueBytes = varint();
    const value = stream.subarray(at, (at += valueBytes));
    const headers = varint();
    if (at !== end) throw new Error(`record ${index} ends at ${at}, its length says ${end}`);
    records.push({ offsetDelta, timestampDelta, key, value, headers });
  }
  if (at !== stream.length) throw new Error(`${stream.length - at} bytes after the last record`);
  return {
    batchLength: batch.readInt32BE(8),
    crcHolds: batch.readUInt32BE(17) === crc32c(batch.subarray(21)),
    codec,
    lastOffsetDelta: batch.readInt32BE(23),
    baseTimestamp: batch.readBigInt64BE(27),
    maxTimestamp: batch.readBigInt64BE(35),
    producerId: batch.readBigInt64BE(43),
    producerEpoch: batch.readInt16BE(51),
    baseSequence: batch.readInt32BE(53),
    records,
  };
}

function inflate(codec: number, stream: Buffer): Buffer {
  switch (codec) {
    case 0:
      return stream;
    case 1:
      return gunzipSync(stream);
    case 2: {
      const blocks: Buffer[] = [];
      for (let at = 16; at < stream.length; at += 4 + stream.readInt32BE(at)) {
        const block = stream.subarray(at + 4, at + 4 + stream.readInt32BE(at));
        blocks.push(uncompressSync(block, { asBuffer: true }) as Buffer);
      }
      return Buffer.concat(blocks);
    }
    case 3:
      return decompressFrameSync(stream);
    case 4:
      return zstdDecompressSync(stream);
    default:
      throw new Error(`codec ${codec}`);
  }
}
