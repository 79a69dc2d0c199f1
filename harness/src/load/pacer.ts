/** Below this a timer, whose grain is a millisecond, would overshoot more than it waits. */
const NAP_BELOW_US = 200;
/** So long at most is nothing else heard of: answers wait for the end of a nap. */
const NAP_US = 100;
const TIMER_GRAIN_US = 1000;

export interface PacerClock {
  readonly nowUs: () => number;
  /** Returns what `clearTimeout` takes. */
  readonly setTimeout: (callback: () => void, delayMs: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
  readonly setImmediate: (callback: () => void) => void;
  /** Blocks the thread: finer than a timer, and without the core that spinning takes. */
  readonly nap: (us: number) => void;
}

const sleeping = new Int32Array(new SharedArrayBuffer(4));

export const nodePacerClock: Omit<PacerClock, "nowUs"> = {
  setTimeout,
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  setImmediate,
  nap: (us) => void Atomics.wait(sleeping, 0, 0, us / 1000),
};

/**
 * Calls `sendDue` again and again, each time no earlier than the moment it asked for. Whatever has become due by
 * then is the callee's to send: time lost is caught up, never forgotten.
 */
export class Pacer {
  readonly #clock: PacerClock;
  readonly #sendDue: (nowUs: number) => number | null;
  /** The timer that is waited for, and until when. null: the next call is at hand, or there is none. */
  #timer: unknown = null;
  #timerAtUs = 0;

  /** `sendDue` returns when it wants to be called next, or null to end. */
  constructor(clock: PacerClock, sendDue: (nowUs: number) => number | null) {
    this.#clock = clock;
    this.#sendDue = sendDue;
  }

  run(): void {
    this.#timer = null;
    const nowUs = this.#clock.nowUs();
    const nextUs = this.#sendDue(nowUs);
    if (nextUs === null) return;
    const waitUs = nextUs - this.#clock.nowUs();
    if (waitUs < NAP_BELOW_US) {
      if (waitUs > 0) this.#clock.nap(Math.min(waitUs, NAP_US));
      this.#clock.setImmediate(() => this.run());
      return;
    }
    this.#timerAtUs = nextUs;
    this.#timer = this.#clock.setTimeout(() => this.run(), Math.max(1, Math.floor(waitUs / TIMER_GRAIN_US)));
  }

  /** Something is due at `atUs` that was not to be sent when `sendDue` was asked: it is asked again if it would come too late. */
  hasten(atUs: number): void {
    if (this.#timer === null || atUs >= this.#timerAtUs) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#clock.setImmediate(() => this.run());
  }
}
