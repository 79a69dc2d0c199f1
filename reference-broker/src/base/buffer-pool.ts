/**
 * Large buffers that are used again. Without it every large request is new memory outside V8's heap, and V8 answers
 * such growth with full collections: a quarter of the broker's CPU under 1 MiB batches.
 */
import { allocateUnpooled } from "./allocate.ts";
import { counter, gauge, type Statistics } from "./statistics.ts";

/**
 * Smaller ones are left to the collector or carved out of slabs, larger ones are too rare to be kept. What each costs beside
 * a new buffer is measured by `npm run bench -- micro --only buffers`.
 */
export const POOLED_FROM_BYTES = 64 * 1024;
const LARGEST_CLASS_BYTES = 4 * 1024 * 1024;
const SLAB_BYTES = 128 * 1024;
/** Sizes are rounded up by a quarter of a power of two at most: requests of full batches are a little over one. */
const STEPS_PER_DOUBLING = 4;

/** A buffer with users: it goes back to its pool when the last one has let go. Who never lets go only loses the reuse. */
export class Lease {
  readonly buffer: Buffer<ArrayBuffer>;
  readonly #giveBack: (buffer: Buffer<ArrayBuffer>) => void;
  #users = 1;

  constructor(buffer: Buffer<ArrayBuffer>, giveBack: (buffer: Buffer<ArrayBuffer>) => void) {
    this.buffer = buffer;
    this.#giveBack = giveBack;
  }

  retain(): void {
    this.#users++;
  }

  release(): void {
    if (--this.#users === 0) this.#giveBack(this.buffer);
  }
}

export const POOL_STATISTICS = {
  hits: counter("buffers that were used again"),
  misses: counter("buffers that had to be allocated"),
  idleBytes: gauge("memory of buffers that wait to be used again", "bytes"),
} as const;

export class BufferPool {
  hits = 0;
  misses = 0;
  readonly #idleLimitBytes: number;
  readonly #pooledFromBytes: number;
  /** Idle buffers by their size. */
  readonly #idle = new Map<number, Buffer<ArrayBuffer>[]>();
  #idleBytes = 0;
  #slab: Lease | null = null;
  #slabUsedBytes = 0;

  constructor(idleLimitBytes: number, pooledFromBytes: number = POOLED_FROM_BYTES) {
    this.#idleLimitBytes = idleLimitBytes;
    this.#pooledFromBytes = pooledFromBytes;
  }

  get idleBytes(): number {
    return this.#idleBytes;
  }

  statistics(): Statistics<typeof POOL_STATISTICS> {
    return { hits: this.hits, misses: this.misses, idleBytes: this.#idleBytes };
  }

  /** At least `bytes` long, contents undefined; null outside the sizes that are pooled. */
  take(bytes: number): Lease | null {
    if (bytes < this.#pooledFromBytes || bytes > LARGEST_CLASS_BYTES) return null;
    const step = 2 ** Math.floor(Math.log2(bytes)) / STEPS_PER_DOUBLING;
    const classBytes = Math.ceil(bytes / step) * step;
    const idle = this.#idle.get(classBytes)?.pop();
    if (idle === undefined) {
      this.misses++;
      return new Lease(allocateUnpooled(classBytes), this.#giveBack);
    }
    this.hits++;
    this.#idleBytes -= classBytes;
    return new Lease(idle, this.#giveBack);
  }

  /**
   * A place of `bytes` in a slab that small requests share, null for more than a slab. The caller becomes a user of the
   * slab's lease. Memory of its own for each would be collected by full collections: 12 ms at the 99th percentile.
   */
  carve(bytes: number): { readonly at: number; readonly lease: Lease } | null {
    if (bytes > SLAB_BYTES) return null;
    if (this.#slab === null || this.#slabUsedBytes + bytes > SLAB_BYTES) {
      this.#slab?.release();
      this.#slab = this.take(SLAB_BYTES)!;
      this.#slabUsedBytes = 0;
    }
    const at = this.#slabUsedBytes;
    this.#slabUsedBytes += bytes;
    this.#slab.retain();
    return { at, lease: this.#slab };
  }

  readonly #giveBack = (buffer: Buffer<ArrayBuffer>): void => {
    if (this.#idleBytes + buffer.length > this.#idleLimitBytes) return;
    this.#idleBytes += buffer.length;
    const idle = this.#idle.get(buffer.length);
    if (idle === undefined) this.#idle.set(buffer.length, [buffer]);
    else idle.push(buffer);
  };
}
