import { crc32c } from "@node-rs/crc32";
import { checksum, MIN_VALUE_BYTES, readStamp, type Stamp } from "../../integrity/message.ts";
import { decompress } from "./decompress.ts";
import type { KnownBatches } from "./known-batches.ts";
import { HEADER, HEADER_BYTES, LENGTH_EXCLUDED_BYTES } from "./record-batch.ts";

/** Hears of every record of a batch once, in runs. */
export interface RecordSink {
  /** Records [first, first + count) of the stamped batch, in this order and intact. */
  intact(stamp: Stamp, first: number, count: number): void;
  /** `stamp` null: nobody can tell which batch it was. */
  corrupted(stamp: Stamp | null, first: number, count: number, reason: string): void;
}

const UINT32 = 2 ** 32;
const CODEC_MASK = 0b111;
const MAGIC = 2;

/** Offset after the last complete batch in `records`, or `offset` when there is none. */
export function nextOffset(records: Buffer, offset: number): number {
  let next = offset;
  for (let at = 0; ; ) {
    const end = batchEnd(records, at);
    if (end === null) return next;
    next = baseOffset(records, at) + records.readInt32BE(at + HEADER.lastOffsetDelta) + 1;
    at = end;
  }
}

/** Decodes every complete batch in a partition's fetched records; a cut one at the end is fetched again. */
export function readBatches(records: Buffer, sink: RecordSink, known: KnownBatches | null = null): void {
  for (let at = 0; ; ) {
    const end = batchEnd(records, at);
    if (end === null) return;
    readBatch(records.subarray(at, end), sink, known);
    at = end;
  }
}

function batchEnd(records: Buffer, at: number): number | null {
  if (at + HEADER_BYTES > records.length) return null;
  const end = at + LENGTH_EXCLUDED_BYTES + records.readInt32BE(at + HEADER.batchLength);
  return end < at + HEADER_BYTES || end > records.length ? null : end;
}

function baseOffset(records: Buffer, at: number): number {
  return records.readInt32BE(at) * UINT32 + records.readUInt32BE(at + 4);
}

function readBatch(batch: Buffer, sink: RecordSink, known: KnownBatches | null): void {
  const count = batch.readInt32BE(HEADER.recordCount);
  const magic = batch.readInt8(HEADER.magic);
  if (magic !== MAGIC) {
    sink.corrupted(null, 0, Math.max(1, count), `batch of magic ${magic}`);
    return;
  }
  if (crc32c(batch.subarray(HEADER.attributes)) !== batch.readUInt32BE(HEADER.crc)) {
    sink.corrupted(null, 0, Math.max(1, count), "wrong CRC-32C of the batch");
    return;
  }
  const stamp = known?.recognise(batch) ?? null;
  if (stamp !== null) {
    sink.intact(stamp, 0, count);
    return;
  }
  let stream: Buffer;
  try {
    stream = decompress(batch.readInt16BE(HEADER.attributes) & CODEC_MASK, batch.subarray(HEADER_BYTES));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    sink.corrupted(null, 0, count, `does not decompress: ${reason}`);
    return;
  }
  const first = new RecordWalk(stream, count, sink).run();
  if (first !== null) known?.learn(batch, stream, first.at, first.bytes);
}

/** Where a value lies in a decompressed batch. */
interface ValueRange {
  readonly at: number;
  readonly bytes: number;
}

/**
 * One pass over the records of a batch. Positions are kept in fields and nothing is allocated per record: this is
 * the reader's hot loop.
 */
class RecordWalk {
  readonly #view: DataView;
  readonly #bytes: Buffer;
  readonly #count: number;
  readonly #sink: RecordSink;
  #at = 0;
  #valueBytes = 0;

  constructor(stream: Buffer, count: number, sink: RecordSink) {
    this.#bytes = stream;
    this.#view = new DataView(stream.buffer, stream.byteOffset, stream.length);
    this.#count = count;
    this.#sink = sink;
  }

  /** Record 0's value where all records are intact and in order, else null. */
  run(): ValueRange | null {
    const view = this.#view;
    const count = this.#count;
    const firstValue = this.#nextValue();
    if (firstValue < 0 || !this.#isIntact(firstValue)) {
      this.#sink.corrupted(null, 0, count, "wrong checksum of the message that carries the stamp");
      return null;
    }
    const first = { at: firstValue, bytes: this.#valueBytes };
    const stamp = readStamp(view, firstValue);
    const template = view.getUint32(firstValue + 4, true);
    // A run is a stretch of intact records with indexes one after the other.
    let runStart = view.getUint32(firstValue + 8, true);
    let runEnd = runStart + 1;
    for (let position = 1; position < count; position++) {
      const value = this.#nextValue();
      if (value < 0) {
        this.#emit(stamp, runStart, runEnd);
        this.#sink.corrupted(stamp, position, count - position, "records do not parse");
        return null;
      }
      const intact = this.#isIntact(value) && view.getUint32(value + 4, true) === template;
      const index = intact ? view.getUint32(value + 8, true) : position;
      if (intact && index === runEnd) {
        runEnd++;
        continue;
      }
      this.#emit(stamp, runStart, runEnd);
      runStart = intact ? index : index + 1;
      runEnd = index + 1;
      if (!intact) this.#sink.corrupted(stamp, position, 1, "wrong checksum");
    }
    this.#emit(stamp, runStart, runEnd);
    return runStart === 0 && runEnd === count ? first : null;
  }

  #emit(stamp: Stamp, runStart: number, runEnd: number): void {
    if (runEnd > runStart) this.#sink.intact(stamp, runStart, runEnd - runStart);
  }

  #isIntact(value: number): boolean {
    const valueBytes = this.#valueBytes;
    return (
      valueBytes >= MIN_VALUE_BYTES &&
      this.#view.getUint32(value, true) === checksum(this.#view, value, valueBytes)
    );
  }

  /** Where the next record's value starts, its size in `#valueBytes`; -1 when there is no such record. */
  #nextValue(): number {
    const length = this.#varint();
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) return -1;
    this.#at++; // attributes
    this.#varint(); // timestamp delta
    this.#varint(); // offset delta
    const keyBytes = this.#varint();
    if (keyBytes > 0) this.#at += keyBytes;
    this.#valueBytes = this.#varint();
    const value = this.#at;
    if (this.#valueBytes < 0 || value + this.#valueBytes > end) return -1;
    this.#at = end; // headers, if any, are skipped
    return value;
  }

  /** A 32-bit zigzag varint. Past the end it reads zeros, which the caller's bounds reject. */
  #varint(): number {
    let byte = this.#bytes[this.#at++]!;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = this.#bytes[this.#at++]!;
      value |= (byte & 0x7f) << shift;
      if (!(byte >= 0x80)) break;
    }
    return (value >>> 1) ^ -(value & 1);
  }
}
