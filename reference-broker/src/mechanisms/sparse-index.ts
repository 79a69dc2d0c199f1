/**
 * Offset and time index of one segment: an entry about every `intervalBytes`, in typed arrays, written to disk in
 * Kafka's own `.index` (8 B: relative last offset, position) and `.timeindex` (12 B: timestamp, relative offset) formats.
 */
const OFFSET_ENTRY_BYTES = 8;
const TIME_ENTRY_BYTES = 12;
const INITIAL_ENTRIES = 64;

export class SparseIndex {
  readonly #intervalBytes: number;
  #count = 0;
  #lastOffsets = new Uint32Array(INITIAL_ENTRIES);
  #positions = new Uint32Array(INITIAL_ENTRIES);
  #maxTimestamps = new Float64Array(INITIAL_ENTRIES);
  #maxTimestampOffsets = new Uint32Array(INITIAL_ENTRIES);
  #bytesSinceEntry = 0;

  constructor(intervalBytes: number) {
    this.#intervalBytes = intervalBytes;
  }

  get entries(): number {
    return this.#count;
  }

  /** Notes a batch of `sizeBytes` at `position`; offsets are relative to the segment's base. */
  add(
    lastOffset: number,
    position: number,
    sizeBytes: number,
    maxTimestampMs: number,
    maxTimestampOffset: number,
  ): void {
    if (this.#bytesSinceEntry > this.#intervalBytes) {
      this.#append(lastOffset, position, maxTimestampMs, maxTimestampOffset);
      this.#bytesSinceEntry = 0;
    }
    this.#bytesSinceEntry += sizeBytes;
  }

  /** Where to begin walking batches to find the one that holds `offset` (relative). */
  positionFor(offset: number): number {
    const entry = lastAtMost(this.#lastOffsets, this.#count, offset);
    return entry < 0 ? 0 : this.#positions[entry]!;
  }

  /** Last offset (relative) of the batch at `positionFor(offset)`; -1: that is the beginning of the segment. */
  lastOffsetFor(offset: number): number {
    const entry = lastAtMost(this.#lastOffsets, this.#count, offset);
    return entry < 0 ? -1 : this.#lastOffsets[entry]!;
  }

  /** Beginning of the first indexed batch that holds `offset` (relative) or follows it, or null. */
  positionAtOrBehind(offset: number): number | null {
    const entry = lastAtMost(this.#lastOffsets, this.#count, offset - 1) + 1;
    return entry < this.#count ? this.#positions[entry]! : null;
  }

  /** Where to begin walking batches to find the first record at or after `timestampMs`. */
  positionForTimestamp(timestampMs: number): number {
    const entry = lastAtMost(this.#maxTimestamps, this.#count, timestampMs - 1);
    return entry < 0 ? 0 : this.#positions[entry]!;
  }

  encodeOffsets(): Buffer {
    const buffer = Buffer.alloc(this.#count * OFFSET_ENTRY_BYTES);
    for (let i = 0; i < this.#count; i++) {
      buffer.writeUInt32BE(this.#lastOffsets[i]!, i * OFFSET_ENTRY_BYTES);
      buffer.writeUInt32BE(this.#positions[i]!, i * OFFSET_ENTRY_BYTES + 4);
    }
    return buffer;
  }

  encodeTimes(): Buffer {
    const buffer = Buffer.alloc(this.#count * TIME_ENTRY_BYTES);
    for (let i = 0; i < this.#count; i++) {
      buffer.writeBigInt64BE(toInt64(this.#maxTimestamps[i]!), i * TIME_ENTRY_BYTES);
      buffer.writeUInt32BE(this.#maxTimestampOffsets[i]!, i * TIME_ENTRY_BYTES + 8);
    }
    return buffer;
  }

  /** null when the two files do not belong together; the caller then rebuilds from the log. */
  static decode(intervalBytes: number, offsets: Buffer, times: Buffer): SparseIndex | null {
    const count = offsets.length / OFFSET_ENTRY_BYTES;
    if (!Number.isInteger(count) || times.length !== count * TIME_ENTRY_BYTES) return null;
    const index = new SparseIndex(intervalBytes);
    for (let i = 0; i < count; i++) {
      index.#append(
        offsets.readUInt32BE(i * OFFSET_ENTRY_BYTES),
        offsets.readUInt32BE(i * OFFSET_ENTRY_BYTES + 4),
        Number(times.readBigInt64BE(i * TIME_ENTRY_BYTES)),
        times.readUInt32BE(i * TIME_ENTRY_BYTES + 8),
      );
    }
    index.#bytesSinceEntry = intervalBytes + 1;
    return index;
  }

  #append(lastOffset: number, position: number, maxTimestampMs: number, maxTimestampOffset: number): void {
    if (this.#count === this.#positions.length) this.#grow();
    const i = this.#count++;
    this.#lastOffsets[i] = lastOffset;
    this.#positions[i] = position;
    this.#maxTimestamps[i] = maxTimestampMs;
    this.#maxTimestampOffsets[i] = maxTimestampOffset;
  }

  #grow(): void {
    const length = this.#positions.length * 2;
    this.#lastOffsets = copyInto(new Uint32Array(length), this.#lastOffsets);
    this.#positions = copyInto(new Uint32Array(length), this.#positions);
    this.#maxTimestamps = copyInto(new Float64Array(length), this.#maxTimestamps);
    this.#maxTimestampOffsets = copyInto(new Uint32Array(length), this.#maxTimestampOffsets);
  }
}

/** The largest int64 is read as 2^63, the double next to it. */
function toInt64(value: number): bigint {
  return value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value);
}

function copyInto<T extends Uint32Array | Float64Array>(target: T, source: T): T {
  target.set(source);
  return target;
}

/** Index of the last of the first `count` ascending values that is at most `limit`, or -1. */
function lastAtMost(values: Uint32Array | Float64Array, count: number, limit: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
