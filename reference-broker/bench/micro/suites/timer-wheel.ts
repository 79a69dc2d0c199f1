/**
 * The wheel alone, then the timers of the broker over it. Timers due within 255 ticks of where a level begins stand in the
 * lowest one and expire as they are; those due in 60 to 160 s at ticks of 10 ms (what BlipMQ's bench inserts) move down once.
 */
import { TimerWheel } from "../../../src/mechanisms/timer-wheel.ts";
import { type Alarms, type TimerTarget, WheelTimers } from "../../../src/mechanisms/timers.ts";
import type { Benchmark, Subject, Suite } from "../benchmark.ts";
import { CLAIMS } from "../claims.ts";
import { randomIntegers, shuffled } from "../random-input.ts";

const TIMERS = 100_000;
const MANY_TIMERS = 1_000_000;
const LEVEL_TICKS = 65_536;
const UNLIMITED = Number.MAX_SAFE_INTEGER;

interface Spread {
  readonly label: string;
  readonly timers: number;
  readonly minTicks: number;
  readonly maxTicks: number;
}

const NEAR: Spread = { label: "due within 255 ticks", timers: TIMERS, minTicks: 1, maxTicks: 255 };
const LATER: Spread = {
  label: "due in 6,000 to 16,000 ticks",
  timers: TIMERS,
  minTicks: 6000,
  maxTicks: 16_000,
};
const MANY: Spread = {
  label: "due in 1 to 20,000 ticks",
  timers: MANY_TIMERS,
  minTicks: 1,
  maxTicks: 20_000,
};

/** A wheel that is filled and emptied again and again, as a broker's is. */
class Filled {
  readonly wheel = new TimerWheel();
  readonly #inserted: Int32Array;
  readonly #generations: Int32Array;
  slots = 0;
  readonly #ticks: Int32Array;
  readonly #maxTicks: number;

  constructor({ timers, minTicks, maxTicks }: Spread) {
    this.#inserted = new Int32Array(timers);
    this.#generations = new Int32Array(timers);
    this.#ticks = randomIntegers(timers, minTicks, maxTicks);
    this.#maxTicks = maxTicks;
  }

  /** To where a level of 65,536 ticks begins. */
  align(): void {
    this.wheel.advance(Math.ceil((this.wheel.currentTick + 1) / LEVEL_TICKS) * LEVEL_TICKS, UNLIMITED, this);
  }

  insertAll(): number {
    const { wheel } = this;
    const ticks = this.#ticks;
    const from = wheel.currentTick;
    let sum = 0;
    for (let at = 0; at < ticks.length; at++) sum = (sum + wheel.insert(from + ticks[at]!)) | 0;
    return sum;
  }

  insertAllToCancel(): void {
    const { wheel } = this;
    const ticks = this.#ticks;
    const from = wheel.currentTick;
    for (let at = 0; at < ticks.length; at++) {
      const slot = wheel.insert(from + ticks[at]!);
      this.#inserted[at] = slot;
      this.#generations[at] = wheel.generationOf(slot);
    }
  }

  cancelAll(order: Int32Array): number {
    let cancelled = 0;
    for (let at = 0; at < order.length; at++) {
      const timer = order[at]!;
      if (this.wheel.cancel(this.#inserted[timer]!, this.#generations[timer]!)) cancelled++;
    }
    return cancelled;
  }

  expireAll(): number {
    this.slots = 0;
    this.wheel.advance(this.wheel.currentTick + this.#maxTicks, UNLIMITED, this);
    return this.slots;
  }

  /** Called by the wheel. */
  expire(slot: number): void {
    this.slots = (this.slots + slot) | 0;
  }
}

function inserting(spread: Spread): Subject {
  const filled = new Filled(spread);
  return {
    operations: spread.timers,
    before: () => {
      filled.expireAll();
      filled.align();
    },
    run: () => filled.insertAll(),
  };
}

function expiring(spread: Spread): Subject {
  const filled = new Filled(spread);
  return {
    operations: spread.timers,
    before: () => {
      filled.align();
      filled.insertAll();
    },
    run: () => filled.expireAll(),
  };
}

function cancelling(spread: Spread, order: Int32Array): Subject {
  const filled = new Filled(spread);
  return {
    operations: spread.timers,
    before: () => {
      filled.align();
      filled.insertAllToCancel();
    },
    run: () => filled.cancelAll(order),
  };
}

function wheelBenchmarks(spread: Spread): Benchmark[] {
  const { label, timers } = spread;
  const suffix = `${timers.toLocaleString("en")} timers ${label}`;
  const inOrder = Int32Array.from({ length: timers }, (_, at) => at);
  return [
    {
      ...{ name: `wheel: insert, ${suffix}`, operation: "insert", claim: CLAIMS.wheelInsert },
      prepare: () => inserting(spread),
    },
    {
      ...{ name: `wheel: expire, ${suffix}`, operation: "expiry", claim: CLAIMS.wheelExpire },
      prepare: () => expiring(spread),
    },
    {
      ...{ name: `wheel: cancel in order of insertion, ${suffix}`, operation: "cancel" },
      prepare: () => cancelling(spread, inOrder),
    },
    {
      ...{ name: `wheel: cancel in any order, ${suffix}`, operation: "cancel" },
      prepare: () => cancelling(spread, shuffled(inOrder)),
    },
  ];
}

/** Time as the bench sets it; alarms are rung by hand. */
class Broker implements Alarms<number>, TimerTarget {
  nowMs = 0;
  payloads = 0;
  readonly timers = new WheelTimers(() => this.nowMs, this);
  #ring: (() => void) | null = null;

  set(ring: () => void): number {
    this.#ring = ring;
    return 0;
  }

  clear(): void {
    this.#ring = null;
  }

  expired(payload: number): void {
    this.payloads += payload;
  }

  /** Everything that is due at `nowMs`. */
  ringOut(): void {
    for (let ring = this.#ring; ring !== null && this.timers.size > 0; ring = this.#ring) ring();
  }
}

function scheduling(spread: Spread, isTimed: "schedule" | "expire"): Subject {
  const broker = new Broker();
  const delays = randomIntegers(spread.timers, spread.minTicks, spread.maxTicks);
  const schedule = () => {
    for (let at = 0; at < delays.length; at++) {
      broker.timers.schedule(broker.nowMs + delays[at]!, broker, at);
    }
    return broker.timers.size;
  };
  const expire = () => {
    broker.nowMs += spread.maxTicks + 1;
    broker.ringOut();
    return broker.payloads;
  };
  const [prepare, run] = isTimed === "schedule" ? [expire, schedule] : [schedule, expire];
  return { operations: spread.timers, before: () => void prepare(), run };
}

export const suite: Suite = {
  benchmarks: [
    ...wheelBenchmarks(NEAR),
    ...wheelBenchmarks(LATER),
    ...wheelBenchmarks(MANY),
    {
      ...{ name: "timers: schedule, 1,000,000 over 20 s", operation: "timer" },
      prepare: () => scheduling(MANY, "schedule"),
    },
    {
      ...{ name: "timers: expire, 1,000,000 over 20 s", operation: "timer" },
      prepare: () => scheduling(MANY, "expire"),
    },
  ],
};
