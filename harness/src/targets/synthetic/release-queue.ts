/**
 * Runs tasks at due times to within about 0.1 ms: Node's timers are whole milliseconds, so the last two are waited
 * out by turning the event loop (which keeps reading sockets meanwhile, at the price of a busy core).
 */
export interface ReleaseClock {
  /** Microseconds, monotonic. */
  nowUs(): number;
  wait(ms: number, then: () => void): void;
  turn(then: () => void): void;
}

export const nodeClock: ReleaseClock = {
  nowUs: () => performance.now() * 1000,
  wait: (ms, then) => void setTimeout(then, ms),
  turn: (then) => void setImmediate(then),
};

const SPIN_US = 2000;

interface Release {
  readonly dueUs: number;
  readonly run: () => void;
}

/** Tasks of equal or growing due time; one that is due before its predecessor runs right after it. */
export class ReleaseQueue {
  readonly #clock: ReleaseClock;
  #releases: Release[] = [];
  #head = 0;
  #armed = false;

  constructor(clock: ReleaseClock) {
    this.#clock = clock;
  }

  add(dueUs: number, run: () => void): void {
    this.#releases.push({ dueUs, run });
    if (!this.#armed) this.#arm();
  }

  #arm(): void {
    const next = this.#releases[this.#head];
    this.#armed = next !== undefined;
    if (next === undefined) return;
    const leftUs = next.dueUs - this.#clock.nowUs();
    if (leftUs > SPIN_US) this.#clock.wait(Math.floor((leftUs - SPIN_US) / 1000), this.#release);
    else this.#clock.turn(this.#release);
  }

  readonly #release = (): void => {
    for (;;) {
      const next = this.#releases[this.#head];
      if (next === undefined || next.dueUs > this.#clock.nowUs()) break;
      this.#head++;
      next.run();
    }
    if (this.#head > 1024 && this.#head * 2 > this.#releases.length) {
      this.#releases = this.#releases.slice(this.#head);
      this.#head = 0;
    }
    this.#arm();
  };
}

/** When something that arrived at `arrivalUs` leaves: after the delay, and not within the stall. All in microseconds. */
export function releaseTime(
  arrivalUs: number,
  delayUs: number,
  stall: { readonly startUs: number; readonly endUs: number },
): number {
  const dueUs = arrivalUs + delayUs;
  return dueUs >= stall.startUs && dueUs < stall.endUs ? stall.endUs : dueUs;
}
