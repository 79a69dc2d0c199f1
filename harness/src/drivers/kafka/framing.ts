/**
 * How a codec's stream can begin with bytes that are stored, not compressed, so that they can be changed later
 * without compressing again. Each framing is what Kafka's clients write, or a legal sibling every reader accepts.
 */
import { deflateRawSync, zstdCompressSync } from "node:zlib";
import { compressSync as lz4CompressSync } from "lz4-napi";
import { compressSync as snappyCompressSync } from "snappy";
import { invariant } from "../../errors.ts";
import type { Codec } from "../../scenario/plan.ts";

export interface FramedStream {
  /** In front of the stored bytes. */
  readonly head: Buffer;
  /** After them: the rest, compressed. */
  readonly tail: Buffer;
  /** gzip ends with a CRC-32 and length of everything, in 8 bytes that change with the stored ones. */
  readonly endsWithCrc: boolean;
}

/** Stored bytes are the first of a record, well below every codec's block limit. */
const MAX_STORED_BYTES = 1024;

export const GZIP_TRAILER_BYTES = 8;

export function frameStream(codec: Codec, storedBytes: number, rest: Buffer): FramedStream {
  invariant(storedBytes > 0 && storedBytes <= MAX_STORED_BYTES, `${storedBytes} stored bytes`);
  return FRAMINGS[codec](storedBytes, rest);
}

const FRAMINGS: Readonly<Record<Codec, (storedBytes: number, rest: Buffer) => FramedStream>> = {
  none: (_, rest) => ({ head: Buffer.alloc(0), tail: rest, endsWithCrc: false }),
  lz4: frameLz4,
  snappy: frameSnappy,
  zstd: frameZstd,
  gzip: frameGzip,
};

/**
 * LZ4 frame format 1.6: independent blocks of up to 64 KiB, no checksums or content size, as Kafka's Java client
 * writes. The last header byte is bits 8 to 15 of xxHash32 of the two before.
 */
const LZ4_HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
const LZ4_BLOCK_BYTES = 64 * 1024;
const LZ4_STORED = 0x80000000;
/** lz4-napi puts the uncompressed size, 4 bytes, in front of a block. */
const LZ4_NAPI_PREFIX_BYTES = 4;

function frameLz4(storedBytes: number, rest: Buffer): FramedStream {
  const head = Buffer.concat([LZ4_HEADER, uint32LE((LZ4_STORED | storedBytes) >>> 0)]);
  const parts: Buffer[] = [];
  for (const chunk of chunks(rest, LZ4_BLOCK_BYTES)) {
    const block = lz4CompressSync(chunk).subarray(LZ4_NAPI_PREFIX_BYTES);
    if (block.length < chunk.length) parts.push(uint32LE(block.length), block);
    else parts.push(uint32LE((LZ4_STORED | chunk.length) >>> 0), chunk);
  }
  return { head, tail: Buffer.concat([...parts, uint32LE(0)]), endsWithCrc: false };
}

/** The framing of xerial's snappy-java, which Java clients write: magic, version 1, compatible 1, sized blocks. */
const XERIAL_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
const XERIAL_BLOCK_BYTES = 32 * 1024;

function frameSnappy(storedBytes: number, rest: Buffer): FramedStream {
  const literal = Buffer.concat([snappyLength(storedBytes), snappyLiteralTag(storedBytes)]);
  const head = Buffer.concat([XERIAL_HEADER, uint32BE(literal.length + storedBytes), literal]);
  const parts: Buffer[] = [];
  for (const chunk of chunks(rest, XERIAL_BLOCK_BYTES)) {
    const block = snappyCompressSync(chunk);
    parts.push(uint32BE(block.length), block);
  }
  return { head, tail: Buffer.concat(parts), endsWithCrc: false };
}

function snappyLength(length: number): Buffer {
  return Buffer.from(length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >>> 7]);
}

/** A literal's tag: up to 60 bytes the length is in it, else in the one or two bytes after it. */
function snappyLiteralTag(length: number): Buffer {
  const last = length - 1;
  if (last < 60) return Buffer.from([last << 2]);
  return Buffer.from(last < 0x100 ? [60 << 2, last] : [61 << 2, last & 0xff, last >>> 8]);
}

/**
 * RFC 8878: one frame, windowed, without content size or checksum (as Java's streaming writer), whose first block is
 * raw. The blocks after it are those of an ordinary frame: a raw block changes neither entropy tables nor repeat
 * offsets, and their matches reach back within `rest` only.
 */
const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_RAW_BLOCK = 0;
const ZSTD_MIN_WINDOW_LOG = 18;

function frameZstd(storedBytes: number, rest: Buffer): FramedStream {
  const reach = rest.length + storedBytes;
  const windowLog = Math.max(ZSTD_MIN_WINDOW_LOG, Math.ceil(Math.log2(reach)));
  const windowDescriptor = (windowLog - 10) << 3;
  const last = rest.length === 0 ? 1 : 0;
  const head = Buffer.concat([
    uint32LE(ZSTD_MAGIC),
    Buffer.from([0, windowDescriptor]),
    zstdBlockHeader(last, ZSTD_RAW_BLOCK, storedBytes),
  ]);
  return { head, tail: rest.length === 0 ? rest : zstdBlocks(zstdCompressSync(rest)), endsWithCrc: false };
}

function zstdBlockHeader(last: number, type: number, size: number): Buffer {
  const word = (size << 3) | (type << 1) | last;
  return Buffer.from([word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff]);
}

/** A frame's blocks without its header. Node's zlib writes no checksum unless asked. */
function zstdBlocks(frame: Buffer): Buffer {
  const descriptor = frame[4]!;
  const singleSegment = (descriptor >> 5) & 1;
  const contentSizeFlag = descriptor >> 6;
  invariant((descriptor & 0b111) === 0, "zstd frame with checksum or dictionary");
  const contentSizeBytes = contentSizeFlag === 0 ? singleSegment : 1 << contentSizeFlag;
  return frame.subarray(5 + (singleSegment ? 0 : 1) + contentSizeBytes);
}

/** RFC 1952 and 1951: one member; a stored block, then the blocks of the rest, which starts on a byte boundary. */
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

function frameGzip(storedBytes: number, rest: Buffer): FramedStream {
  const block = Buffer.alloc(5);
  block.writeUInt16LE(storedBytes, 1);
  block.writeUInt16LE(~storedBytes & 0xffff, 3);
  return { head: Buffer.concat([GZIP_HEADER, block]), tail: deflateRawSync(rest), endsWithCrc: true };
}

function* chunks(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function uint32LE(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint32BE(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
