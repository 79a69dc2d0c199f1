/**
 * Cuts a byte stream into frames of [int32 length][body]. A frame that lies whole in one chunk is a view of it; a
 * larger one is gathered, and its memory is taken from the budget as a whole before the first byte is kept.
 */
import { allocateUnpooled } from "../../base/allocate.ts";

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
/** Up to here memory is taken at once; a larger frame grows with what really arrives. */
const EAGER_BYTES = 2 * 1024 * 1024;

export class FrameParser {
  readonly #maxFrameBytes: number;
  readonly #budget: FrameBudget;
  /** Bytes of a length prefix that came cut in two. */
  #prefix: Buffer = Buffer.alloc(0);
  #body: Buffer | null = null;
  #bodyBytes = 0;
  #filled = 0;
  /** What came after a frame that the budget had no room for. */
  #blocked: Buffer | null = null;

  constructor(maxFrameBytes: number, budget: FrameBudget) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#budget = budget;
  }

  /** True while a frame has begun and not ended. */
  get isInFrame(): boolean {
    return this.#body !== null || this.#prefix.length > 0;
  }

  get isBlocked(): boolean {
    return this.#blocked !== null;
  }

  /**
   * Hands every frame body that `chunk` completes to `onFrame`. Returns false when the budget is used up: the caller
   * stops reading and calls `resume` after `whenFreed`. Throws FrameTooLarge for a length that is negative or too large.
   */
  push(chunk: Buffer, onFrame: (body: Buffer) => void): boolean {
    let data = chunk;
    if (this.#prefix.length > 0) {
      data = Buffer.concat([this.#prefix, chunk]);
      this.#prefix = Buffer.alloc(0);
    }
    let at = this.#body === null ? 0 : this.#fill(data, 0, onFrame);
    while (data.length - at >= LENGTH_BYTES) {
      const bytes = data.readInt32BE(at);
      if (bytes < 0 || bytes > this.#maxFrameBytes) throw new FrameTooLarge(`a frame of ${bytes} bytes`);
      if (data.length - at - LENGTH_BYTES >= bytes) {
        onFrame(data.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + bytes));
        at += LENGTH_BYTES + bytes;
        continue;
      }
      if (!this.#budget.tryTake(bytes)) {
        this.#blocked = data.subarray(at);
        return false;
      }
      this.#bodyBytes = bytes;
      this.#body = allocateUnpooled(Math.min(bytes, EAGER_BYTES));
      at = this.#fill(data, at + LENGTH_BYTES, onFrame);
    }
    if (at < data.length) this.#prefix = Buffer.from(data.subarray(at));
    return true;
  }

  resume(onFrame: (body: Buffer) => void): boolean {
    const blocked = this.#blocked;
    this.#blocked = null;
    return blocked === null || this.push(blocked, onFrame);
  }

  /** Gives the budget back; the connection is gone. */
  dispose(): void {
    if (this.#body !== null) this.#budget.giveBack(this.#bodyBytes);
    this.#body = null;
    this.#blocked = null;
  }

  #fill(data: Buffer, at: number, onFrame: (body: Buffer) => void): number {
    const take = Math.min(this.#bodyBytes - this.#filled, data.length - at);
    if (this.#filled + take > this.#body!.length) this.#grow(this.#filled + take);
    data.copy(this.#body!, this.#filled, at, at + take);
    this.#filled += take;
    if (this.#filled === this.#bodyBytes) {
      const body = this.#body!;
      this.#body = null;
      this.#filled = 0;
      this.#budget.giveBack(this.#bodyBytes);
      onFrame(body);
    }
    return at + take;
  }

  #grow(needed: number): void {
    const larger = allocateUnpooled(Math.min(this.#bodyBytes, Math.max(needed, this.#body!.length * 2)));
    this.#body!.copy(larger, 0, 0, this.#filled);
    this.#body = larger;
  }
}
