/**
 * Timers of the whole process on one timer wheel and one setTimeout, which is armed for the next slot that holds
 * something: with nothing scheduled nothing wakes.
 */
import type { TimerStatistics } from "./timer-statistics.ts";
import { TimerWheel, type WheelVisitor } from "./timer-wheel.ts";

export interface TimerTarget {
  /** May schedule and cancel. `payload` is what was given to `schedule`. */
  expired(payload: number): void;
}

export interface Timers {
  /**
   * Milliseconds since 1970 with fractions, as deadlines are made of. It runs on from the start of the process without
   * steps, whatever is done to the wall clock.
   */
  now(): number;
  /**
   * Calls `target.expired(payload)` once `now()` has reached `dueAtMs`; never before, never within this call, at once in
   * a later turn when it has passed already. Returns an id above 0 that stays its own when the timer is gone.
   */
  schedule(dueAtMs: number, target: TimerTarget, payload: number): number;
  /** Ids of timers that have expired or were cancelled are ignored, and so is 0. */
  cancel(id: number): void;
}

/** What arms the one alarm; `setTimeout` and `clearTimeout`, or a test's own. */
export interface Alarms<Handle> {
  set(ring: () => void, delayMs: number): Handle;
  clear(handle: Handle): void;
}

/** Does not keep the process alive. */
export const nodeAlarms: Alarms<NodeJS.Timeout> = {
  set: (ring, delayMs) => setTimeout(ring, delayMs).unref(),
  clear: (handle) => clearTimeout(handle),
};

/**
 * Wall clock time read once, then counted on by the monotonic clock: a step of the wall clock moves no deadline. Both
 * in milliseconds.
 */
export function steadyClock(wallMs: () => number, monotonicMs: () => number): () => number {
  const originMs = wallMs() - monotonicMs();
  return () => originMs + monotonicMs();
}

/** `dueAtMs` or up to `graceMs` later, when others are due too: for the timers of many that need no precision. */
export function coalesced(dueAtMs: number, graceMs: number): number {
  return graceMs <= 1 ? dueAtMs : Math.ceil(dueAtMs / graceMs) * graceMs;
}

/** setTimeout takes no more; it is armed again. */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** Timers moved or expired between two looks at the sockets. */
const WORK_PER_TURN = 20_000;
const DEFAULT_TICK_MS = 1;

/** An id is generation * 2^28 + slot in the wheel: below 2^53, above 0. The wheel works on the two, as small integers. */
const ID_SLOTS = 2 ** 28;

function slotOf(id: number): number {
  return id & (ID_SLOTS - 1);
}

export class WheelTimers<Handle = NodeJS.Timeout> implements Timers, WheelVisitor {
  readonly #clock: () => number;
  readonly #alarms: Alarms<Handle>;
  readonly #tickMs: number;
  /** Of tick 0. */
  readonly #originMs: number;
  readonly #wheel: TimerWheel;
  /** By the wheel's slot. */
  readonly #targets: (TimerTarget | null)[] = [];
  #payloads = new Float64Array(64);
  #alarm: Handle | null = null;
  #alarmTick = Number.POSITIVE_INFINITY;
  #advancing = false;

  /** `clock` must not run backwards: see `steadyClock`. */
  constructor(clock: () => number, alarms: Alarms<Handle>, tickMs: number = DEFAULT_TICK_MS) {
    this.#clock = clock;
    this.#alarms = alarms;
    this.#tickMs = tickMs;
    // Whole, so that deadlines in whole milliseconds fall on ticks of 1 ms.
    this.#originMs = Math.floor(clock());
    this.#wheel = new TimerWheel();
  }

  /** Scheduled, and neither expired nor cancelled. */
  get size(): number {
    return this.#wheel.size;
  }

  statistics(): TimerStatistics {
    const { inserted, expired, cancelled, cascaded, size } = this.#wheel;
    return { inserted, expired, cancelled, cascaded, pending: size };
  }

  now(): number {
    return this.#clock();
  }

  schedule(dueAtMs: number, target: TimerTarget, payload: number): number {
    const dueTick = Math.ceil((dueAtMs - this.#originMs) / this.#tickMs);
    const isNext = dueTick < this.#alarmTick && !this.#advancing;
    // A wheel that slept stands at an old tick: from there the timer would seem further away than it is.
    if (isNext) this.#wheel.advance(this.#nowTick(), 0, this);
    const slot = this.#wheel.insert(dueTick);
    if (slot >= this.#payloads.length) this.#growPayloads();
    this.#targets[slot] = target;
    this.#payloads[slot] = payload;
    if (isNext) this.#arm();
    return this.#wheel.generationOf(slot) * ID_SLOTS + slot;
  }

  cancel(id: number): void {
    const slot = slotOf(id);
    if (this.#wheel.cancel(slot, (id - slot) / ID_SLOTS)) this.#targets[slot] = null;
  }

  /** Called by the wheel. */
  expire(slot: number): void {
    const target = this.#targets[slot]!;
    this.#targets[slot] = null;
    target.expired(this.#payloads[slot]!);
  }

  /** Nothing expires any more. */
  close(): void {
    if (this.#alarm !== null) this.#alarms.clear(this.#alarm);
    this.#alarm = null;
    this.#alarmTick = Number.NEGATIVE_INFINITY;
  }

  readonly #ring = (): void => {
    this.#alarm = null;
    this.#alarmTick = Number.POSITIVE_INFINITY;
    this.#advancing = true;
    try {
      this.#wheel.advance(this.#nowTick(), WORK_PER_TURN, this);
    } finally {
      this.#advancing = false;
      this.#arm();
    }
  };

  #nowTick(): number {
    return Math.floor((this.#clock() - this.#originMs) / this.#tickMs);
  }

  #growPayloads(): void {
    const grown = new Float64Array(this.#payloads.length * 2);
    grown.set(this.#payloads);
    this.#payloads = grown;
  }

  #arm(): void {
    if (this.#alarmTick === Number.NEGATIVE_INFINITY) return;
    const nextTick = this.#wheel.nextTick();
    if (this.#alarm !== null) {
      if (nextTick === this.#alarmTick) return;
      this.#alarms.clear(this.#alarm);
      this.#alarm = null;
    }
    this.#alarmTick = nextTick;
    if (nextTick === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.ceil(this.#originMs + nextTick * this.#tickMs - this.#clock());
    this.#alarm = this.#alarms.set(this.#ring, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS));
  }
}
