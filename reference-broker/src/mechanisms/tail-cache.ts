import { allocateUnpooled } from "../base/allocate.ts";

/**
 * A partition's first chunk is small, each further one twice the one before: thousands of quiet partitions share the
 * budget, a busy one has few chunks. The largest takes any write that is made on the thread.
 */
const SMALLEST_CHUNK_BYTES = 4 * 1024;
const LARGEST_CHUNK_BYTES = 256 * 1024;
/** Evicted memory that waits for its next use. */
const IDLE_LIMIT_BYTES = 1024 * 1024;

/** Whole batches as they lie in one segment from `position` on. */
class Chunk {
  readonly tail: PartitionTail;
  readonly segmentBaseOffset: number;
  readonly position: number;
  readonly buffer: Buffer;
  filledBytes = 0;
  /** A reader may still hold bytes of it. */
  isLent = false;

  constructor(tail: PartitionTail, segmentBaseOffset: number, position: number, buffer: Buffer) {
    this.tail = tail;
    this.segmentBaseOffset = segmentBaseOffset;
    this.position = position;
    this.buffer = buffer;
  }

  get endPosition(): number {
    return this.position + this.filledBytes;
  }

  takes(segmentBaseOffset: number, position: number, bytes: number): boolean {
    return (
      this.segmentBaseOffset === segmentBaseOffset &&
      this.endPosition === position &&
      this.filledBytes + bytes <= this.buffer.length
    );
  }
}

/**
 * Recently appended bytes of all partitions, kept for readers that follow the end of the log. One byte budget for the
 * broker; the oldest chunk of all goes first, and its memory is used again unless a reader was given bytes of it. An
 * object and a buffer for each append made V8 collect its whole heap three times a second: produce p99 2.7 ms at a tenth
 * of the maximum, 0.2 ms with chunks.
 */
export class TailCache {
  readonly #budgetBytes: number;
  readonly #chunks: Chunk[] = [];
  readonly #idle = new Map<number, Buffer[]>();
  #idleBytes = 0;
  #bytes = 0;
  #scratch: Buffer = allocateUnpooled(0);
  #placed: Chunk | null = null;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** Memory of all chunks, filled or not. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * `bytes` bytes of `parts`, joined where the cache will have them: they are read from here only after `keep`. The
   * buffer is the caller's until the next call.
   */
  place(
    tail: PartitionTail,
    segmentBaseOffset: number,
    position: number,
    parts: readonly Buffer[],
    bytes: number,
  ): Buffer {
    this.#placed = this.#chunkFor(tail, segmentBaseOffset, position, bytes);
    const memory = this.#placed?.buffer ?? this.#scratchOf(bytes);
    const from = this.#placed?.filledBytes ?? 0;
    let at = from;
    for (const part of parts) at += part.copy(memory, at);
    return memory.subarray(from, at);
  }

  /** The `bytes` placed last are in the log now. */
  keep(bytes: number): void {
    if (this.#placed !== null) this.#placed.filledBytes += bytes;
    this.#placed = null;
  }

  /** null: larger than the cache keeps. */
  #chunkFor(tail: PartitionTail, segmentBaseOffset: number, position: number, bytes: number): Chunk | null {
    const newest = tail.newest;
    if (newest?.takes(segmentBaseOffset, position, bytes)) return newest;
    const wanted = newest === undefined ? SMALLEST_CHUNK_BYTES : newest.buffer.length * 2;
    const least = Math.max(SMALLEST_CHUNK_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
    const chunkBytes = Math.max(least, Math.min(LARGEST_CHUNK_BYTES, wanted, this.#budgetBytes));
    if (chunkBytes > this.#budgetBytes || chunkBytes > LARGEST_CHUNK_BYTES) return null;
    while (this.#bytes + chunkBytes > this.#budgetBytes) this.#evictOldest();
    const chunk = new Chunk(tail, segmentBaseOffset, position, this.#take(chunkBytes));
    this.#bytes += chunk.buffer.length;
    this.#chunks.push(chunk);
    tail.push(chunk);
    return chunk;
  }

  #take(bytes: number): Buffer {
    const idle = this.#idle.get(bytes)?.pop();
    if (idle !== undefined) this.#idleBytes -= bytes;
    return idle ?? allocateUnpooled(bytes);
  }

  #evictOldest(): void {
    const { tail, buffer, isLent } = this.#chunks[0]!;
    tail.dropOldest(this.#chunks.shift()!);
    this.#bytes -= buffer.length;
    if (isLent || this.#idleBytes + buffer.length > IDLE_LIMIT_BYTES) return;
    this.#idleBytes += buffer.length;
    const idle = this.#idle.get(buffer.length);
    if (idle === undefined) this.#idle.set(buffer.length, [buffer]);
    else idle.push(buffer);
  }

  #scratchOf(bytes: number): Buffer {
    if (this.#scratch.length < bytes) this.#scratch = allocateUnpooled(bytes);
    return this.#scratch;
  }
}

/** One partition's chunks, oldest first. */
export class PartitionTail {
  #chunks: Chunk[] = [];

  get newest(): Chunk | undefined {
    return this.#chunks.at(-1);
  }

  push(chunk: Chunk): void {
    this.#chunks.push(chunk);
  }

  /** The cache evicts in global order; after `clear` its chunks are no longer here. */
  dropOldest(chunk: Chunk): void {
    if (this.#chunks[0] === chunk) this.#chunks.shift();
  }

  clear(): void {
    this.#chunks = [];
  }

  /**
   * The bytes from `position` on, at most `maxBytes`, in buffers that end between batches unless `maxBytes` cuts them;
   * null when they are not cached. They stay as they are.
   */
  read(segmentBaseOffset: number, position: number, maxBytes: number): Buffer[] | null {
    return this.#read(segmentBaseOffset, position, maxBytes, true);
  }

  /** The same for this turn of the event loop only: the next append may use the memory again. */
  peek(segmentBaseOffset: number, position: number, maxBytes: number): Buffer[] | null {
    return this.#read(segmentBaseOffset, position, maxBytes, false);
  }

  #read(segmentBaseOffset: number, position: number, maxBytes: number, lend: boolean): Buffer[] | null {
    let at = this.#find(segmentBaseOffset, position);
    if (at < 0) return null;
    const buffers: Buffer[] = [];
    let remaining = maxBytes;
    let from = position;
    for (; at < this.#chunks.length && remaining > 0; at++) {
      const chunk = this.#chunks[at]!;
      if (chunk.segmentBaseOffset !== segmentBaseOffset || chunk.position > from) break;
      const start = from - chunk.position;
      const slice = chunk.buffer.subarray(start, Math.min(start + remaining, chunk.filledBytes));
      if (slice.length === 0) continue;
      chunk.isLent ||= lend;
      buffers.push(slice);
      remaining -= slice.length;
      from += slice.length;
    }
    return buffers;
  }

  /** The chunk that has the byte at `position`, or -1. */
  #find(segmentBaseOffset: number, position: number): number {
    for (let at = this.#chunks.length - 1; at >= 0; at--) {
      const chunk = this.#chunks[at]!;
      if (chunk.segmentBaseOffset < segmentBaseOffset) return -1;
      if (chunk.segmentBaseOffset > segmentBaseOffset || chunk.position > position) continue;
      if (position < chunk.endPosition) return at;
      if (chunk.filledBytes > 0) return -1;
    }
    return -1;
  }
}
