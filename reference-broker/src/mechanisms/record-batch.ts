/**
 * The record batch header, format 2 (KIP-98): wire and storage format in one. Batches are opaque; only this header is
 * read. Base offset and partition leader epoch lie before the CRC's range, so the broker sets them in place.
 */
import { crc32c } from "@node-rs/crc32";

const BATCH_LENGTH = 8;
const PARTITION_LEADER_EPOCH = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const RECORD_COUNT = 57;

const FORMAT = 2;
const NONE = -1;

/** Bytes before the part that batchLength counts. */
export const LOG_OVERHEAD_BYTES = 12;
export const BATCH_HEADER_BYTES = 61;

const CODEC_MASK = 0x07;
const LOG_APPEND_TIME_FLAG = 0x08;
const TRANSACTIONAL_FLAG = 0x10;
const CONTROL_FLAG = 0x20;
const HIGHEST_CODEC = 4;
/** A record takes at least this: seven one-byte fields. */
const SMALLEST_RECORD_BYTES = 7;
/** How much none, gzip, snappy, lz4 and zstd can expand at the very most: bounds the records that a batch can hold. */
const LARGEST_EXPANSION = [1, 1032, 64, 255, 32_768] as const;
const TWO_32 = 2 ** 32;

function readInt64(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position) * TWO_32 + buffer.readUInt32BE(position + 4);
}

function writeInt64(buffer: Buffer, value: number, position: number): void {
  buffer.writeInt32BE(Math.floor(value / TWO_32), position);
  buffer.writeUInt32BE(value - Math.floor(value / TWO_32) * TWO_32, position + 4);
}

/** Reads header fields of the batch that begins at `at` in `buffer`. No allocation. */
export const batchHeader = {
  baseOffset: (buffer: Buffer, at: number): number => readInt64(buffer, at),
  /** Whole batch on wire and disk. */
  sizeBytes: (buffer: Buffer, at: number): number =>
    buffer.readInt32BE(at + BATCH_LENGTH) + LOG_OVERHEAD_BYTES,
  leaderEpoch: (buffer: Buffer, at: number): number => buffer.readInt32BE(at + PARTITION_LEADER_EPOCH),
  magic: (buffer: Buffer, at: number): number => buffer.readInt8(at + MAGIC),
  codec: (buffer: Buffer, at: number): number => buffer.readInt16BE(at + ATTRIBUTES) & CODEC_MASK,
  isLogAppendTime: (buffer: Buffer, at: number): boolean =>
    (buffer.readInt16BE(at + ATTRIBUTES) & LOG_APPEND_TIME_FLAG) !== 0,
  lastOffsetDelta: (buffer: Buffer, at: number): number => buffer.readInt32BE(at + LAST_OFFSET_DELTA),
  baseTimestampMs: (buffer: Buffer, at: number): number => readInt64(buffer, at + BASE_TIMESTAMP),
  maxTimestampMs: (buffer: Buffer, at: number): number => readInt64(buffer, at + MAX_TIMESTAMP),
  producerId: (buffer: Buffer, at: number): number => readInt64(buffer, at + PRODUCER_ID),
  producerEpoch: (buffer: Buffer, at: number): number => buffer.readInt16BE(at + PRODUCER_EPOCH),
  baseSequence: (buffer: Buffer, at: number): number => buffer.readInt32BE(at + BASE_SEQUENCE),
  recordCount: (buffer: Buffer, at: number): number => buffer.readInt32BE(at + RECORD_COUNT),
};

/** Whether the batch comes from an idempotent producer (KIP-98). */
export function isSequenced(buffer: Buffer, at: number): boolean {
  return batchHeader.producerId(buffer, at) >= 0;
}

/** Stored bytes are not what was written: the disk's fault, never a client's. */
export class DamagedLog extends Error {
  override readonly name = "DamagedLog";
}

/** Size of the stored batch at `at`. Throws DamagedLog for one that no batch can have, so that no walk goes in circles. */
export function storedBatchBytes(buffer: Buffer, at: number): number {
  const sizeBytes = batchHeader.sizeBytes(buffer, at);
  if (sizeBytes < BATCH_HEADER_BYTES) throw new DamagedLog(`a batch of ${sizeBytes} bytes`);
  return sizeBytes;
}

/** Gives an accepted batch its place in the log. Both fields lie outside the CRC. */
export function placeBatch(batch: Buffer, baseOffset: number, leaderEpoch: number): void {
  writeInt64(batch, baseOffset, 0);
  batch.writeInt32BE(leaderEpoch, PARTITION_LEADER_EPOCH);
}

/** LogAppendTime topics (KIP-32): the broker's clock replaces the producer's, so the CRC is made anew. */
export function stampLogAppendTime(batch: Buffer, nowMs: number): void {
  batch.writeInt16BE(batch.readInt16BE(ATTRIBUTES) | LOG_APPEND_TIME_FLAG, ATTRIBUTES);
  writeInt64(batch, nowMs, MAX_TIMESTAMP);
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES)), CRC);
}

/** Writes the header before `recordCount` uncompressed records of nobody's sequence, which fill the rest of `batch`. */
export function sealBatch(batch: Buffer, recordCount: number, timestampMs: number): void {
  writeInt64(batch, 0, 0);
  batch.writeInt32BE(batch.length - LOG_OVERHEAD_BYTES, BATCH_LENGTH);
  batch.writeInt32BE(NONE, PARTITION_LEADER_EPOCH);
  batch.writeInt8(FORMAT, MAGIC);
  batch.writeInt16BE(0, ATTRIBUTES);
  batch.writeInt32BE(recordCount - 1, LAST_OFFSET_DELTA);
  writeInt64(batch, timestampMs, BASE_TIMESTAMP);
  writeInt64(batch, timestampMs, MAX_TIMESTAMP);
  writeInt64(batch, NONE, PRODUCER_ID);
  batch.writeInt16BE(NONE, PRODUCER_EPOCH);
  batch.writeInt32BE(NONE, BASE_SEQUENCE);
  batch.writeInt32BE(recordCount, RECORD_COUNT);
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES)), CRC);
}

const BLOCK_BYTES = 64 * 1024;
const LONGEST_VARINT_SHIFT = 28;

/** Steps from record to record by their lengths alone. */
class RecordWalk {
  readonly #batch: Buffer;
  #at = BATCH_HEADER_BYTES;
  #left: number;

  constructor(batch: Buffer, count: number) {
    this.#batch = batch;
    this.#left = count;
  }

  get isComplete(): boolean {
    return this.#left === 0 && this.#at === this.#batch.length;
  }

  /** Over every record that begins before `end`. A record that cannot be ends the walk short of completion. */
  advance(end: number): void {
    const batch = this.#batch;
    let at = this.#at;
    let left = this.#left;
    while (at < end && left > 0) {
      let byte = batch[at++]!;
      let zigzag = byte & 0x7f;
      for (let shift = 7; byte >= 0x80 && shift <= LONGEST_VARINT_SHIFT && at < batch.length; shift += 7) {
        byte = batch[at++]!;
        zigzag |= (byte & 0x7f) << shift;
      }
      at += byte >= 0x80 || (zigzag & 1) !== 0 ? batch.length : zigzag >>> 1;
      left--;
    }
    this.#at = at;
    this.#left = left;
  }
}

export type BatchFault =
  | "CORRUPT_MESSAGE"
  | "INVALID_RECORD"
  | "MESSAGE_TOO_LARGE"
  | "UNSUPPORTED_FOR_MESSAGE_FORMAT"
  | "UNSUPPORTED_COMPRESSION_TYPE"
  | "INVALID_TXN_STATE"
  | "INVALID_TIMESTAMP";

export interface BatchLimits {
  readonly maxMessageBytes: number;
  /** null with LogAppendTime: the producer's clock does not matter. */
  readonly timestampBounds: { readonly beforeMaxMs: number; readonly afterMaxMs: number } | null;
}

/** What is wrong with the bytes a client sent as one partition's records, or null. Kafka's order of checks. */
export function findBatchFault(
  batch: Buffer,
  highestCodec: number,
  limits: BatchLimits,
  nowMs: number,
): BatchFault | null {
  if (batch.length < BATCH_HEADER_BYTES) return "CORRUPT_MESSAGE";
  if (batch.readInt8(MAGIC) !== FORMAT) return "UNSUPPORTED_FOR_MESSAGE_FORMAT";
  const sizeBytes = batchHeader.sizeBytes(batch, 0);
  if (sizeBytes < BATCH_HEADER_BYTES || sizeBytes > batch.length) return "CORRUPT_MESSAGE";
  if (sizeBytes < batch.length) return "INVALID_RECORD"; // a second batch: produce v3+ allows one
  if (sizeBytes > limits.maxMessageBytes) return "MESSAGE_TOO_LARGE";
  const { crc, holdsRecords } = readContent(batch);
  if (batch.readUInt32BE(CRC) !== crc) return "CORRUPT_MESSAGE";
  const fault =
    findHeaderFault(batch, highestCodec) ?? findTimestampFault(batch, limits.timestampBounds, nowMs);
  return fault ?? (holdsRecords ? null : "INVALID_RECORD");
}

/**
 * The CRC, and whether the lengths of an uncompressed batch's records lead to its end in as many steps as it claims.
 * Both in one pass of blocks, so that the second finds the bytes in the processor's cache.
 */
function readContent(batch: Buffer): { readonly crc: number; readonly holdsRecords: boolean } {
  if (batchHeader.codec(batch, 0) !== 0)
    return { crc: crc32c(batch.subarray(ATTRIBUTES)), holdsRecords: true };
  const walk = new RecordWalk(batch, batchHeader.recordCount(batch, 0));
  let crc: number | undefined;
  for (let from = ATTRIBUTES; from < batch.length; from += BLOCK_BYTES) {
    const to = Math.min(batch.length, from + BLOCK_BYTES);
    crc = crc32c(batch.subarray(from, to), crc);
    walk.advance(to);
  }
  return { crc: crc!, holdsRecords: walk.isComplete };
}

function findHeaderFault(batch: Buffer, highestCodec: number): BatchFault | null {
  const attributes = batch.readInt16BE(ATTRIBUTES);
  const count = batch.readInt32BE(RECORD_COUNT);
  if (count <= 0 || batch.readInt32BE(LAST_OFFSET_DELTA) !== count - 1) return "INVALID_RECORD";
  if ((attributes & CONTROL_FLAG) !== 0) return "INVALID_RECORD";
  if ((attributes & TRANSACTIONAL_FLAG) !== 0) return "INVALID_TXN_STATE";
  const codec = attributes & CODEC_MASK;
  if (codec > HIGHEST_CODEC) return "CORRUPT_MESSAGE";
  if (codec > highestCodec) return "UNSUPPORTED_COMPRESSION_TYPE";
  if (isSequenced(batch, 0) && batchHeader.baseSequence(batch, 0) < 0) return "INVALID_RECORD";
  const largestBytes = (batch.length - BATCH_HEADER_BYTES) * LARGEST_EXPANSION[codec]!;
  if (count * SMALLEST_RECORD_BYTES > largestBytes) return "INVALID_RECORD";
  return null;
}

const NO_TIMESTAMP = -1;

function findTimestampFault(
  batch: Buffer,
  bounds: BatchLimits["timestampBounds"],
  nowMs: number,
): BatchFault | null {
  if (bounds === null) return null;
  const maxTimestampMs = readInt64(batch, MAX_TIMESTAMP);
  if (maxTimestampMs - nowMs > bounds.afterMaxMs) return "INVALID_TIMESTAMP";
  const baseTimestampMs = readInt64(batch, BASE_TIMESTAMP);
  const tooOld = baseTimestampMs !== NO_TIMESTAMP && nowMs - baseTimestampMs > bounds.beforeMaxMs;
  return tooOld ? "INVALID_TIMESTAMP" : null;
}

/** On disk: is a whole, undamaged batch at `at`? `end` is where valid bytes of `buffer` stop. */
export function isIntactBatch(buffer: Buffer, at: number, end: number): boolean {
  if (end - at < BATCH_HEADER_BYTES || batchHeader.magic(buffer, at) !== FORMAT) return false;
  const sizeBytes = batchHeader.sizeBytes(buffer, at);
  if (sizeBytes < BATCH_HEADER_BYTES || at + sizeBytes > end) return false;
  if (!hasPlausibleCount(buffer, at)) return false;
  return buffer.readUInt32BE(at + CRC) === crc32c(buffer.subarray(at + ATTRIBUTES, at + sizeBytes));
}

/** Only a batch that stands in for lost ones may stand for more offsets than it has records. */
export function hasPlausibleCount(buffer: Buffer, at: number): boolean {
  const count = batchHeader.recordCount(buffer, at);
  const lastOffsetDelta = batchHeader.lastOffsetDelta(buffer, at);
  const isStandIn = count === 0 || (buffer.readInt16BE(at + ATTRIBUTES) & CONTROL_FLAG) !== 0;
  return count >= 0 && (isStandIn ? lastOffsetDelta >= 0 : lastOffsetDelta === count - 1);
}

/** The first place from `at` on where a batch may begin, by its magic byte alone; -1: none with a header before `end`. */
export function findMagic(buffer: Buffer, at: number, end: number): number {
  const found = buffer.subarray(0, end).indexOf(FORMAT, at + MAGIC) - MAGIC;
  return found >= at && found + BATCH_HEADER_BYTES <= end ? found : -1;
}

/** Before the value of a stand-in's only record. */
const STAND_IN_PREFIX_BYTES = 79;
/** Smaller ones have no record, but what stands behind their header: librdkafka does not understand them. */
const SMALLEST_WITH_RECORD_BYTES = STAND_IN_PREFIX_BYTES + 1;
const VARINT_BYTES = 5;
/** Type of a control record that is none of Kafka's. */
const UNKNOWN_CONTROL_TYPE = -1;

/**
 * The beginning of a batch of `sizeBytes` that stands in for records that are lost: one control record (KIP-98), which
 * consumers pass over, with all that stands behind as its value. Its CRC is to be set by `setCrc`.
 */
export function encodeStandIn(baseOffset: number, lastOffset: number, sizeBytes: number): Buffer {
  const hasRecord = sizeBytes >= SMALLEST_WITH_RECORD_BYTES;
  const prefix = Buffer.alloc(hasRecord ? STAND_IN_PREFIX_BYTES : BATCH_HEADER_BYTES);
  writeInt64(prefix, baseOffset, 0);
  prefix.writeInt32BE(sizeBytes - LOG_OVERHEAD_BYTES, BATCH_LENGTH);
  prefix.writeInt8(FORMAT, MAGIC);
  prefix.writeInt32BE(lastOffset - baseOffset, LAST_OFFSET_DELTA);
  writeInt64(prefix, NONE, BASE_TIMESTAMP);
  writeInt64(prefix, NONE, MAX_TIMESTAMP);
  writeInt64(prefix, NONE, PRODUCER_ID);
  prefix.writeInt16BE(NONE, PRODUCER_EPOCH);
  prefix.writeInt32BE(NONE, BASE_SEQUENCE);
  if (!hasRecord) return prefix;
  prefix.writeInt16BE(CONTROL_FLAG, ATTRIBUTES);
  prefix.writeInt32BE(1, RECORD_COUNT);
  const record = BATCH_HEADER_BYTES + VARINT_BYTES;
  writeVarint(prefix, sizeBytes - record, BATCH_HEADER_BYTES);
  // Attributes, deltas of time and offset are 0; the key is a version, 0, and a type.
  const keyAt = record + 4;
  prefix.writeUInt8(4 * 2, keyAt - 1);
  prefix.writeInt16BE(UNKNOWN_CONTROL_TYPE, keyAt + 2);
  writeVarint(prefix, sizeBytes - SMALLEST_WITH_RECORD_BYTES, keyAt + 4);
  return prefix;
}

/** A number from 0 on in zigzag, always in VARINT_BYTES. */
function writeVarint(buffer: Buffer, value: number, position: number): void {
  let rest = value * 2;
  for (let i = 0; i < VARINT_BYTES - 1; i++) {
    buffer[position + i] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  buffer[position + VARINT_BYTES - 1] = rest;
}

/** `blocks`: what stands behind `header`, which may hold more than that, in order. */
export function setCrc(header: Buffer, blocks: Iterable<Buffer>): void {
  let crc = crc32c(header.subarray(ATTRIBUTES));
  for (const block of blocks) crc = crc32c(block, crc);
  header.writeUInt32BE(crc, CRC);
}
