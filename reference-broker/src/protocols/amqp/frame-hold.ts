/**
 * Why a connection goes no further for now: an operation has to finish before the next method, a queue is full, memory is
 * low. What was read already waits here, which is at most what one read brought.
 */
export type HoldReason = "operation" | "queue-full" | "alarm";

export interface HeldFrame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

export class FrameHold {
  readonly #reasons = new Set<HoldReason>();
  #frames: HeldFrame[] = [];
  #next = 0;

  get isHeld(): boolean {
    return this.#reasons.size > 0;
  }

  /** A frame that comes now must wait behind others. */
  get mustWait(): boolean {
    return this.#reasons.size > 0 || this.#next < this.#frames.length;
  }

  has(reason: HoldReason): boolean {
    return this.#reasons.has(reason);
  }

  hold(reason: HoldReason): void {
    this.#reasons.add(reason);
  }

  release(reason: HoldReason): void {
    this.#reasons.delete(reason);
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
    this.#reasons.clear();
  }
}
