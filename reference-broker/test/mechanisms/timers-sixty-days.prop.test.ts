/** Sixty days on a clock that is only told to move: past 2^32 ms, where the wheel's counting begins anew. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Alarms, type TimerTarget, WheelTimers } from "../../src/mechanisms/timers.ts";

const DAY_MS = 86_400_000;
const DAYS = 60;
const TIMERS = 20_000;
/** Node's setTimeout: never early but by less than a millisecond, and late when the loop is busy. */
const LONGEST_STALL_MS = 90_000;

interface Alarm {
  readonly atMs: number;
  readonly ring: () => void;
}

/** Counts, per timer, how often and how early or late it expired. */
class Simulation implements Alarms<Alarm>, TimerTarget {
  nowMs: number;
  readonly timers: WheelTimers<Alarm>;
  readonly dueAtMs = new Float64Array(TIMERS);
  readonly expiries = new Uint8Array(TIMERS);
  readonly ids = new Float64Array(TIMERS);
  early = 0;
  latestMs = 0;
  rings = 0;
  #alarm: Alarm | null = null;
  readonly #stallMs: () => number;

  constructor(startMs: number, stallMs: () => number) {
    this.nowMs = startMs;
    this.#stallMs = stallMs;
    this.timers = new WheelTimers(() => this.nowMs, this);
  }

  set(ring: () => void, delayMs: number): Alarm {
    this.#alarm = { atMs: this.nowMs + Math.max(1, delayMs), ring };
    return this.#alarm;
  }

  clear(): void {
    this.#alarm = null;
  }

  schedule(timer: number, dueAtMs: number): void {
    this.dueAtMs[timer] = dueAtMs;
    this.ids[timer] = this.timers.schedule(dueAtMs, this, timer);
  }

  expired(timer: number): void {
    this.expiries[timer]!++;
    const lateMs = this.nowMs - this.dueAtMs[timer]!;
    if (lateMs < 0) this.early++;
    this.latestMs = Math.max(this.latestMs, lateMs);
  }

  /** Rings until `untilMs`, or until nothing is left to ring. */
  run(untilMs: number): void {
    while (this.#alarm !== null && this.#alarm.atMs <= untilMs) {
      const { atMs, ring } = this.#alarm;
      this.#alarm = null;
      this.nowMs = Math.max(this.nowMs, atMs) + this.#stallMs();
      this.rings++;
      ring();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }
}

/** Most timers are short, some wait for days: as TTLs, heartbeats and expiring queues do. */
function delayMs(fraction: number, kind: number): number {
  if (kind < 0.4) return fraction * 60_000;
  if (kind < 0.7) return fraction * DAY_MS;
  return fraction * DAYS * DAY_MS;
}

test("over sixty days, with stalls and cancellations: none is early, none is lost, none comes twice", () => {
  const runs = fc.record({
    seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
    startMs: fc.constantFrom(0, 2 ** 32 - 1000, 1_800_000_000_000.25),
    cancelled: fc.constantFrom(0, 0.3, 0.9),
    isStalling: fc.boolean(),
  });
  fc.assert(
    fc.property(runs, ({ seed, startMs, cancelled, isStalling }) => {
      let state = seed;
      const next = () => {
        state = (state * 48_271) % (2 ** 31 - 1);
        return state / (2 ** 31 - 1);
      };
      const stall = () => (isStalling && next() < 0.01 ? next() * LONGEST_STALL_MS : next());
      const simulation = new Simulation(startMs, stall);
      const isCancelled = new Uint8Array(TIMERS);
      const endMs = startMs + DAYS * DAY_MS;
      for (let timer = 0; timer < TIMERS; timer++) {
        simulation.run(startMs + (timer / TIMERS) * DAYS * DAY_MS);
        simulation.schedule(timer, simulation.nowMs + delayMs(next(), next()));
        if (next() < cancelled) {
          const other = Math.floor(next() * (timer + 1));
          if (simulation.expiries[other] === 0 && isCancelled[other] === 0) {
            simulation.timers.cancel(simulation.ids[other]!);
            isCancelled[other] = 1;
          }
        }
      }
      simulation.run(endMs);
      for (let timer = 0; timer < TIMERS; timer++) {
        const isDue = simulation.dueAtMs[timer]! <= simulation.nowMs - 2;
        const expiries = simulation.expiries[timer]!;
        if (isCancelled[timer] === 1) assert.equal(expiries, 0, `timer ${timer} was cancelled`);
        else if (isDue) assert.equal(expiries, 1, `timer ${timer} was due`);
        else assert.ok(expiries <= 1);
      }
      simulation.run(endMs + DAYS * DAY_MS + 2 * LONGEST_STALL_MS);
      assert.equal(simulation.early, 0, "never early");
      assert.ok(
        simulation.latestMs <= (isStalling ? LONGEST_STALL_MS : 0) + 3,
        `${simulation.latestMs} ms late`,
      );
      assert.equal(simulation.timers.size, 0);
      const expired = simulation.expiries.reduce((sum, count) => sum + count, 0);
      const cancellations = isCancelled.reduce((sum, count) => sum + count, 0);
      assert.equal(expired + cancellations, TIMERS, "none is lost");
      const statistics = simulation.timers.statistics();
      assert.deepEqual(
        { ...statistics, cascaded: 0 },
        { inserted: TIMERS, expired, cancelled: cancellations, cascaded: 0, pending: 0 },
      );
      // The wheel wakes for timers and for moves of many: far less than once per millisecond or second.
      assert.ok(simulation.rings < 5 * TIMERS, `${simulation.rings} wakes`);
    }),
    { numRuns: 12 },
  );
});
