/** What the broker stored, read from the raw bytes: proof of which codec and which batch sizes travelled. */
import type { Codec } from "./message.ts";

export interface StoredBatch {
  readonly baseOffset: number;
  readonly recordCount: number;
  readonly codec: Codec;
  readonly bytes: number;
}

const CODEC_BY_BITS: readonly Codec[] = ["none", "gzip", "snappy", "lz4", "zstd"];

export function storedBatches(log: Buffer): StoredBatch[] {
  const batches: StoredBatch[] = [];
  for (let at = 0; at < log.length; ) {
    const bytes = 12 + log.readInt32BE(at + 8);
    batches.push({
      baseOffset: Number(log.readBigInt64BE(at)),
      recordCount: log.readInt32BE(at + 57),
      codec: CODEC_BY_BITS[log.readInt16BE(at + 21) & 7]!,
      bytes,
    });
    at += bytes;
  }
  return batches;
}
