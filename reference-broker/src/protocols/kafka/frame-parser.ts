/**
 * Cuts a byte stream into frames of [int32 length][body]. Chunks belong to the caller and are used again, so frames
 * that lie whole in a chunk are copied out together; a larger one is gathered in a buffer of its own, and its memory is
 * taken from the budget as a whole before the first byte is kept.
 */
import { allocateUnpooled } from "../../base/allocate.ts";
import type { BufferPool, Lease } from "../../base/buffer-pool.ts";

export class FrameTooLarge extends Error {
  override readonly name = "FrameTooLarge";
}

/** Bytes that frames under way may hold over all connections. One frame alone always fits. */
export class FrameBudget {
  readonly #limitBytes: number;
  readonly #waiting: (() => void)[] = [];
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  tryTake(bytes: number): boolean {
    if (this.#usedBytes > 0 && this.#usedBytes + bytes > this.#limitBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  /** Calls `retry` once when bytes have come back. */
  whenFreed(retry: () => void): void {
    this.#waiting.push(retry);
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
    for (const retry of this.#waiting.splice(0)) retry();
  }
}

const LENGTH_BYTES = 4;
const NO_BYTES = Buffer.alloc(0);
/** Up to here memory is taken at once; a larger frame grows with what really arrives. */
const EAGER_BYTES = 2 * 1024 * 1024;

/** Gets a frame's body; `lease` is there when the body lies in pooled memory, whose first user the callee becomes. */
export type OnFrame = (body: Buffer, lease: Lease | null) => void;

export class FrameParser {
  readonly #maxFrameBytes: number;
  readonly #budget: FrameBudget;
  readonly #pool: BufferPool;
  /** Bytes of a length prefix that came cut in two. */
  #prefix: Buffer = NO_BYTES;
  #body: Buffer | null = null;
  #lease: Lease | null = null;
  #bodyBytes = 0;
  #filled = 0;
  /** What came after a frame that the budget had no room for. */
  #blocked: Buffer | null = null;

  constructor(maxFrameBytes: number, budget: FrameBudget, pool: BufferPool) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#budget = budget;
    this.#pool = pool;
  }

  /** True while a frame has begun and not ended. */
  get isInFrame(): boolean {
    return this.#body !== null || this.#prefix.length > 0;
  }

  get isBlocked(): boolean {
    return this.#blocked !== null;
  }

  /**
   * Hands every frame body that `chunk` completes to `onFrame`; nothing of the chunk is kept. Returns false when the
   * budget is used up: the caller stops reading and calls `resume` after `whenFreed`. Throws FrameTooLarge for a length
   * that is negative or too large.
   */
  push(chunk: Buffer, onFrame: OnFrame): boolean {
    let data = chunk;
    if (this.#prefix.length > 0) {
      data = Buffer.concat([this.#prefix, chunk]);
      this.#prefix = NO_BYTES;
    }
    let at = this.#body === null ? 0 : this.#fill(data, 0, onFrame);
    at = this.#emitWhole(data, at, onFrame);
    if (data.length - at < LENGTH_BYTES) {
      if (at < data.length) this.#prefix = Buffer.from(data.subarray(at));
      return true;
    }
    const bytes = data.readInt32BE(at);
    if (!this.#budget.tryTake(bytes)) {
      this.#blocked = Buffer.from(data.subarray(at));
      return false;
    }
    this.#begin(bytes);
    this.#fill(data, at + LENGTH_BYTES, onFrame);
    return true;
  }

  /** The rest of a large frame under way, to be read into without a copy; null while there is none. */
  get target(): Buffer | null {
    const body = this.#body;
    return body === null || body.length < this.#bodyBytes ? null : body.subarray(this.#filled);
  }

  /** `bytes` were read into `target`. */
  advance(bytes: number, onFrame: OnFrame): void {
    this.#filled += bytes;
    if (this.#filled === this.#bodyBytes) this.#emit(onFrame);
  }

  resume(onFrame: OnFrame): boolean {
    const blocked = this.#blocked;
    this.#blocked = null;
    return blocked === null || this.push(blocked, onFrame);
  }

  /** Gives the budget back; the connection is gone. */
  dispose(): void {
    if (this.#body !== null) this.#budget.giveBack(this.#bodyBytes);
    this.#lease?.release();
    this.#lease = null;
    this.#body = null;
    this.#blocked = null;
  }

  /** Frames that lie whole in `data` from `start` on leave in one copy. Returns where they end. */
  #emitWhole(data: Buffer, start: number, onFrame: OnFrame): number {
    const ends: number[] = [];
    let end = start;
    while (data.length - end >= LENGTH_BYTES) {
      const bytes = data.readInt32BE(end);
      if (bytes < 0 || bytes > this.#maxFrameBytes) throw new FrameTooLarge(`a frame of ${bytes} bytes`);
      if (data.length - end - LENGTH_BYTES < bytes) break;
      end += LENGTH_BYTES + bytes;
      ends.push(end - start);
    }
    if (ends.length === 0) return start;
    const place = this.#pool.carve(end - start);
    const lease = place?.lease ?? null;
    const memory = lease?.buffer ?? allocateUnpooled(end - start);
    const base = place?.at ?? 0;
    data.copy(memory, base, start, end);
    let from = base;
    for (const to of ends) {
      lease?.retain();
      onFrame(memory.subarray(from + LENGTH_BYTES, base + to), lease);
      from = base + to;
    }
    lease?.release();
    return end;
  }

  #begin(bytes: number): void {
    this.#bodyBytes = bytes;
    this.#lease = this.#pool.take(bytes);
    this.#body = this.#lease?.buffer.subarray(0, bytes) ?? allocateUnpooled(Math.min(bytes, EAGER_BYTES));
  }

  #fill(data: Buffer, at: number, onFrame: OnFrame): number {
    const take = Math.min(this.#bodyBytes - this.#filled, data.length - at);
    if (this.#filled + take > this.#body!.length) this.#grow(this.#filled + take);
    data.copy(this.#body!, this.#filled, at, at + take);
    this.#filled += take;
    if (this.#filled === this.#bodyBytes) this.#emit(onFrame);
    return at + take;
  }

  #emit(onFrame: OnFrame): void {
    const body = this.#body!;
    const lease = this.#lease;
    this.#body = null;
    this.#lease = null;
    this.#filled = 0;
    this.#budget.giveBack(this.#bodyBytes);
    onFrame(body, lease);
  }

  #grow(needed: number): void {
    const larger = allocateUnpooled(Math.min(this.#bodyBytes, Math.max(needed, this.#body!.length * 2)));
    this.#body!.copy(larger, 0, 0, this.#filled);
    this.#body = larger;
  }
}
