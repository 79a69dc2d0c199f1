/**
 * Opens the records of a compressed batch, whatever client wrote them, within a bound on what they may grow to. What
 * decompresses is loaded when the first such batch is met, which is after the start.
 */
import { promisify } from "node:util";

const MAX_UNCOMPRESSED_BYTES = 256 * 1024 * 1024;
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** Throws what the decompressor throws, and RangeError beyond the bound. The codec is the batch header's (KIP-98). */
export async function decompressRecords(codec: number, data: Buffer): Promise<Buffer> {
  switch (codec) {
    case 0:
      return data;
    case 1:
      return promisify((await import("node:zlib")).gunzip)(data, { maxOutputLength: MAX_UNCOMPRESSED_BYTES });
    case 2:
      return decompressSnappy(data);
    case 3:
      checkBound(lz4BoundBytes(data));
      return (await import("lz4-napi")).decompressFrame(data);
    default:
      return promisify((await import("node:zlib")).zstdDecompress)(data, {
        maxOutputLength: MAX_UNCOMPRESSED_BYTES,
      });
  }
}

function checkBound(uncompressedBytes: number): void {
  if (uncompressedBytes > MAX_UNCOMPRESSED_BYTES)
    throw new RangeError(`${uncompressedBytes} bytes of records`);
}

/** Java frames snappy in length-prefixed chunks behind a header (xerial); others send one raw block. */
async function decompressSnappy(data: Buffer): Promise<Buffer> {
  const { uncompress } = await import("snappy");
  const compressed: Buffer[] = [];
  if (data.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) {
    for (let at = XERIAL_HEADER_BYTES; at < data.length; ) {
      const blockBytes = data.readInt32BE(at);
      if (blockBytes <= 0 || blockBytes > data.length - at - 4)
        throw new RangeError(`a block of ${blockBytes} bytes`);
      compressed.push(data.subarray(at + 4, at + 4 + blockBytes));
      at += 4 + blockBytes;
    }
  } else compressed.push(data);
  checkBound(compressed.reduce((sum, block) => sum + snappyBytes(block), 0));
  const blocks: Buffer[] = [];
  for (const block of compressed) blocks.push((await uncompress(block)) as Buffer);
  return Buffer.concat(blocks);
}

/** A snappy block begins with its uncompressed size as a varint; the decompressor takes that memory at once. */
function snappyBytes(block: Buffer): number {
  let value = 0;
  for (let i = 0, scale = 1; i < 5 && i < block.length; i++, scale *= 128) {
    value += (block[i]! & 0x7f) * scale;
    if (block[i]! < 0x80) return value;
  }
  throw new RangeError("a snappy block without a size");
}

const LZ4_HEADER_BYTES = 7;
const LZ4_CONTENT_SIZE_FLAG = 0x08;
const LZ4_BLOCK_CHECKSUM_FLAG = 0x10;
/** By the block-size code of the frame's BD byte, 4 to 7 (LZ4 frame format 1.6). */
const LZ4_BLOCK_BYTES = [64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024];

/** What a frame can grow to at most: its blocks, each as large as the frame allows and at most 255 times its size. */
function lz4BoundBytes(data: Buffer): number {
  if (data.length < LZ4_HEADER_BYTES) throw new RangeError("a cut lz4 frame");
  const flags = data[4]!;
  const blockLimit = LZ4_BLOCK_BYTES[((data[5]! >> 4) & 7) - 4];
  if (blockLimit === undefined) throw new RangeError("an lz4 frame without a block size");
  let at = LZ4_HEADER_BYTES + ((flags & LZ4_CONTENT_SIZE_FLAG) === 0 ? 0 : 8);
  let bound = 0;
  while (at + 4 <= data.length) {
    const blockBytes = data.readUInt32LE(at) & 0x7fffffff;
    if (blockBytes === 0) break;
    bound += Math.min(blockLimit, blockBytes * 255);
    at += 4 + blockBytes + ((flags & LZ4_BLOCK_CHECKSUM_FLAG) === 0 ? 0 : 4);
  }
  return bound;
}
