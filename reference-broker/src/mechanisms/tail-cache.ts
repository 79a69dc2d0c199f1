import { allocateUnpooled } from "../base/allocate.ts";

/** Small extents share memory: one allocation each would make V8 collect all of its heap several times a second. */
const SLAB_BYTES = 256 * 1024;
const SHARED_UP_TO_BYTES = 32 * 1024;

/**
 * Recently appended bytes of all partitions, kept for readers that follow the end of the log. One byte budget for the
 * broker; the oldest extent of all goes first. An extent is a buffer as it was written, at its position in its log.
 */
export interface Extent {
  readonly tail: PartitionTail;
  readonly segmentBaseOffset: number;
  readonly position: number;
  readonly buffer: Buffer;
}

export class TailCache {
  readonly #budgetBytes: number;
  #extents: Extent[] = [];
  #head = 0;
  #bytes = 0;
  #slab: Buffer = allocateUnpooled(0);
  #slabUsedBytes = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `bytes` bytes of `parts`, joined in memory that `add` may keep. */
  join(parts: readonly Buffer[], bytes: number): Buffer {
    const joined = this.#allocate(bytes);
    let at = 0;
    for (const part of parts) at += part.copy(joined, at);
    return joined;
  }

  #allocate(bytes: number): Buffer {
    if (bytes > SHARED_UP_TO_BYTES) return allocateUnpooled(bytes);
    if (this.#slabUsedBytes + bytes > this.#slab.length) {
      this.#slab = allocateUnpooled(SLAB_BYTES);
      this.#slabUsedBytes = 0;
    }
    const at = this.#slabUsedBytes;
    this.#slabUsedBytes += bytes;
    return this.#slab.subarray(at, at + bytes);
  }

  /** Takes the buffer over: it must be nobody else's, and pin no more memory than it shows or come from `join`. */
  add(tail: PartitionTail, segmentBaseOffset: number, position: number, buffer: Buffer): void {
    const extent = { tail, segmentBaseOffset, position, buffer };
    this.#extents.push(extent);
    tail.push(extent);
    this.#bytes += buffer.length;
    while (this.#bytes > this.#budgetBytes) this.#evictOldest();
  }

  #evictOldest(): void {
    const oldest = this.#extents[this.#head]!;
    this.#extents[this.#head++] = undefined as never;
    this.#bytes -= oldest.buffer.length;
    oldest.tail.dropOldest(oldest);
    if (this.#head > 1024 && this.#head * 2 > this.#extents.length) {
      this.#extents = this.#extents.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** One partition's extents, oldest first, without gaps inside a segment. */
export class PartitionTail {
  #extents: Extent[] = [];
  #head = 0;

  push(extent: Extent): void {
    this.#extents.push(extent);
  }

  /** The cache evicts in global order; after `clear` its extents are no longer here. */
  dropOldest(extent: Extent): void {
    if (this.#extents[this.#head] !== extent) return;
    this.#extents[this.#head++] = undefined as never; // its buffer is free now, not when the array is next cut
    if (this.#head > 64 && this.#head * 2 > this.#extents.length) {
      this.#extents = this.#extents.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#extents = [];
    this.#head = 0;
  }

  /** The bytes from `position` on, at most about `maxBytes` but at least one extent's rest; null when not cached. */
  read(segmentBaseOffset: number, position: number, maxBytes: number): Buffer[] | null {
    let at = this.#find(segmentBaseOffset, position);
    if (at < 0) return null;
    const buffers: Buffer[] = [];
    let remaining = maxBytes;
    let from = position;
    for (; at < this.#extents.length && remaining > 0; at++) {
      const extent = this.#extents[at]!;
      if (extent.segmentBaseOffset !== segmentBaseOffset || extent.position > from) break;
      const slice = extent.buffer.subarray(from - extent.position, from - extent.position + remaining);
      buffers.push(slice);
      remaining -= slice.length;
      from += slice.length;
    }
    return buffers;
  }

  #find(segmentBaseOffset: number, position: number): number {
    let low = this.#head;
    let high = this.#extents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const extent = this.#extents[middle]!;
      const before =
        extent.segmentBaseOffset < segmentBaseOffset ||
        (extent.segmentBaseOffset === segmentBaseOffset && extent.position <= position);
      if (before) low = middle + 1;
      else high = middle;
    }
    const found = low - 1;
    if (found < this.#head) return -1;
    const extent = this.#extents[found]!;
    const inside =
      extent.segmentBaseOffset === segmentBaseOffset && position < extent.position + extent.buffer.length;
    return inside ? found : -1;
  }
}
