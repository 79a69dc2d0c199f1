import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { decompressFrameSync } from "lz4-napi";
import { uncompressSync } from "snappy";
import type { Codec } from "../../scenario/plan.ts";
import { CODEC_IDS } from "./record-batch.ts";

/** What a batch may at most decompress to. */
const MAX_STREAM_BYTES = 512 * 1024 * 1024;

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;

const DECOMPRESS: Readonly<Record<Codec, (stream: Buffer) => Buffer>> = {
  none: (stream) => stream,
  gzip: (stream) => gunzipSync(stream, { maxOutputLength: MAX_STREAM_BYTES }),
  snappy: uncompressSnappy,
  lz4: (stream) => decompressFrameSync(stream),
  zstd: (stream) => zstdDecompressSync(stream, { maxOutputLength: MAX_STREAM_BYTES }),
};

const CODECS: ReadonlyMap<number, (stream: Buffer) => Buffer> = new Map(
  Object.entries(CODEC_IDS).map(([codec, id]) => [id, DECOMPRESS[codec as Codec]]),
);

/** `codecId` as in a batch's attributes. Throws when the stream is damaged or the codec unknown. */
export function decompress(codecId: number, stream: Buffer): Buffer {
  const decode = CODECS.get(codecId);
  if (decode === undefined) throw new Error(`unknown codec ${codecId}`);
  return decode(stream);
}

/** Java frames snappy as xerial does; others write one raw block. */
function uncompressSnappy(stream: Buffer): Buffer {
  if (!stream.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappyBlock(stream);
  const parts: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < stream.length; ) {
    const size = stream.readUInt32BE(at);
    parts.push(snappyBlock(stream.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  return Buffer.concat(parts);
}

function snappyBlock(block: Buffer): Buffer {
  return uncompressSync(block, { asBuffer: true }) as Buffer;
}
