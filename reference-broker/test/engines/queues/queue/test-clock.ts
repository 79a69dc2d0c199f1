import { type Alarms, WheelTimers } from "../../../../src/mechanisms/timers.ts";

/** Time that passes only when told to, with the broker's own timers on it. */
export class TestClock implements Alarms<number> {
  nowMs = 1_700_000_000_000;
  readonly timers: WheelTimers<number>;
  #ring: (() => void) | null = null;
  #ringMs = Number.POSITIVE_INFINITY;

  constructor() {
    this.timers = new WheelTimers(() => this.nowMs, this);
  }

  set(ring: () => void, delayMs: number): number {
    this.#ring = ring;
    this.#ringMs = this.nowMs + delayMs;
    return 1;
  }

  clear(): void {
    this.#ring = null;
    this.#ringMs = Number.POSITIVE_INFINITY;
  }

  /** Every timer calls at its own time. */
  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.#ring !== null && this.#ringMs <= endMs) {
      const ring = this.#ring;
      this.nowMs = Math.max(this.nowMs, this.#ringMs);
      this.clear();
      ring();
    }
    this.nowMs = endMs;
  }

  /** Time has passed while nothing ran. */
  stall(ms: number): void {
    this.nowMs += ms;
  }
}
