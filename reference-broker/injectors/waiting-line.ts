/** Lets each one go when it has waited equally long, never earlier. */
import { performance } from "node:perf_hooks";

interface Waiting {
  readonly dueMs: number;
  readonly release: () => void;
}

/** Timers of the event loop count whole milliseconds and may come one late: shorter waits are slept. */
const SLEPT_BELOW_MS = 2;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Holds the thread, without a use of CPU. */
export function sleep(ms: number): void {
  if (ms > 0) Atomics.wait(sleeper, 0, 0, ms);
}

export class WaitingLine {
  readonly #waitMs: number;
  #waiting: Waiting[] = [];

  /** A wait below two milliseconds is exact to some tens of microseconds, and whatever else arrives waits as well. */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  add(release: () => void): void {
    this.#waiting.push({ dueMs: performance.now() + this.#waitMs, release });
    if (this.#waiting.length === 1) this.#arm();
  }

  #arm(): void {
    if (this.#waitMs < SLEPT_BELOW_MS) setImmediate(this.#sleepForAll);
    else setTimeout(this.#releaseDue, Math.ceil(this.#waiting[0]!.dueMs - performance.now()));
  }

  /** Once for all of a turn of the event loop. */
  readonly #sleepForAll = (): void => {
    sleep(this.#waiting.at(-1)!.dueMs - performance.now());
    this.#releaseDue();
  };

  readonly #releaseDue = (): void => {
    const nowMs = performance.now();
    const firstEarly = this.#waiting.findIndex(({ dueMs }) => dueMs > nowMs);
    const count = firstEarly === -1 ? this.#waiting.length : firstEarly;
    const due = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    if (this.#waiting.length > 0) this.#arm();
    for (const { release } of due) release();
  };
}
