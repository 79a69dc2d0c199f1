/**
 * Why a connection goes no further for now: an operation has to finish before the next method, a queue is full, memory is
 * low. What was read already waits here, which is at most what one read brought.
 */
export type HoldReason = "operation" | "queue-full" | "alarm";

/** A bit each: a connection that is not held has nothing but a zero. */
const BITS: Readonly<Record<HoldReason, number>> = { operation: 1, "queue-full": 2, alarm: 4 };

export interface HeldFrame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

export class FrameHold {
  #reasons = 0;
  #frames: HeldFrame[] = [];
  #next = 0;

  get isHeld(): boolean {
    return this.#reasons !== 0;
  }

  /** A frame that comes now must wait behind others. */
  get mustWait(): boolean {
    return this.#reasons !== 0 || this.#next < this.#frames.length;
  }

  has(reason: HoldReason): boolean {
    return (this.#reasons & BITS[reason]) !== 0;
  }

  hold(reason: HoldReason): void {
    this.#reasons |= BITS[reason];
  }

  release(reason: HoldReason): void {
    this.#reasons &= ~BITS[reason];
  }

  push(frame: HeldFrame): void {
    this.#frames.push(frame);
  }

  /** The next frame that may be handled, or null. */
  shift(): HeldFrame | null {
    if (this.isHeld) return null;
    const frame = this.#frames[this.#next];
    if (frame !== undefined) {
      this.#next++;
      return frame;
    }
    this.#frames = [];
    this.#next = 0;
    return null;
  }

  clear(): void {
    this.#frames = [];
    this.#next = 0;
    this.#reasons = 0;
  }
}
