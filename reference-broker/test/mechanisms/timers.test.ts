import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import {
  type Alarms,
  nodeAlarms,
  steadyClock,
  type TimerTarget,
  WheelTimers,
} from "../../src/mechanisms/timers.ts";

const START_MS = 1_700_000_000_000;
const MAX_DELAY_MS = 2 ** 31 - 1;

interface Alarm {
  readonly atMs: number;
  readonly ring: () => void;
}

/** Time that only moves when told, with the one alarm that may be set. */
class Bench implements Alarms<Alarm> {
  nowMs = START_MS;
  alarm: Alarm | null = null;
  rings = 0;
  readonly delaysMs: number[] = [];
  readonly expired: { payload: number; atMs: number }[] = [];
  readonly timers: WheelTimers<Alarm>;

  constructor(tickMs?: number, startMs = START_MS) {
    this.nowMs = startMs;
    this.timers = new WheelTimers(() => this.nowMs, this, tickMs);
  }

  set(ring: () => void, delayMs: number): Alarm {
    assert.equal(this.alarm, null, "one alarm at a time");
    assert.ok(delayMs >= 0 && delayMs <= MAX_DELAY_MS && Number.isInteger(delayMs), `a delay of ${delayMs}`);
    this.delaysMs.push(delayMs);
    // As Node does: never less than 1 ms.
    this.alarm = { atMs: this.nowMs + Math.max(1, delayMs), ring };
    return this.alarm;
  }

  clear(alarm: Alarm): void {
    assert.equal(alarm, this.alarm);
    this.alarm = null;
  }

  readonly target: TimerTarget = {
    expired: (payload) => this.expired.push({ payload, atMs: this.nowMs }),
  };

  /** Lets the time pass, ringing when due. */
  run(untilMs: number): void {
    while (this.alarm !== null && this.alarm.atMs <= untilMs) {
      const { atMs, ring } = this.alarm;
      this.nowMs = Math.max(this.nowMs, atMs);
      this.alarm = null;
      this.rings++;
      ring();
    }
    this.nowMs = untilMs;
  }
}

// research: a tick less and more, and where the levels of a wheel of 10 ms and of 1 ms end.
const TTLS_MS = [
  0,
  1,
  9,
  10,
  255,
  256,
  2550,
  2560,
  2570,
  655_340,
  655_350,
  655_360,
  46.6 * 3_600_000,
  2 ** 32 - 1,
];

for (const tickMs of [1, 10]) {
  test(`ticks of ${tickMs} ms: never early, and late by a tick at most, over every boundary`, () => {
    for (const ttlMs of TTLS_MS) {
      const bench = new Bench(tickMs, START_MS + 0.7);
      const dueAtMs = bench.nowMs + ttlMs;
      bench.timers.schedule(dueAtMs, bench.target, 5);
      bench.run(dueAtMs + tickMs + 1);
      assert.equal(bench.expired.length, 1, `TTL ${ttlMs}`);
      const { payload, atMs } = bench.expired[0]!;
      assert.equal(payload, 5);
      assert.ok(atMs >= dueAtMs, `TTL ${ttlMs}: ${dueAtMs - atMs} ms early`);
      assert.equal(bench.alarm, null, "nothing is left to wake for");
      assert.ok(bench.rings <= 6, `${bench.rings} wakes for one timer`);
    }
  });
}

test("a whole deadline and ticks of 1 ms: expired in that millisecond", () => {
  const bench = new Bench(1);
  bench.timers.schedule(START_MS + 100, bench.target, 1);
  bench.run(START_MS + 1000);
  assert.deepEqual(bench.expired, [{ payload: 1, atMs: START_MS + 100 }]);
});

test("idle: no alarm without timers, none for cancelled ones after one look, one for a thousand", () => {
  const bench = new Bench();
  assert.equal(bench.alarm, null);
  const ids = Array.from({ length: 1000 }, (_, i) =>
    bench.timers.schedule(START_MS + 60_000 + i, bench.target, i),
  );
  assert.equal(bench.delaysMs.length, 1, "later deadlines do not touch the alarm");
  for (const id of ids) bench.timers.cancel(id);
  assert.equal(bench.timers.size, 0);
  bench.run(START_MS + 3_600_000);
  assert.ok(bench.rings <= 1);
  assert.deepEqual(bench.expired, []);
});

test("an earlier deadline moves the alarm; after a sleep of hours a short timer needs one wake", () => {
  const bench = new Bench();
  bench.timers.schedule(START_MS + 5000, bench.target, 1);
  bench.timers.schedule(START_MS + 20, bench.target, 2);
  bench.run(START_MS + 4_000_000);
  assert.deepEqual(
    bench.expired.map(({ payload }) => payload),
    [2, 1],
  );
  bench.run(START_MS + 20_000_123);
  const rings = bench.rings;
  bench.timers.schedule(bench.nowMs + 200, bench.target, 3);
  bench.run(bench.nowMs + 1000);
  assert.equal(bench.expired.length, 3);
  assert.ok(bench.rings - rings <= 2, `${bench.rings - rings} wakes`);
});

test("a deadline that has passed expires in a later turn, not within the call", () => {
  const bench = new Bench();
  bench.timers.schedule(START_MS, bench.target, 1);
  bench.timers.schedule(START_MS - 10_000, bench.target, 2);
  assert.deepEqual(bench.expired, []);
  bench.run(START_MS + 1);
  assert.equal(bench.expired.length, 2);
});

test("deadlines beyond what setTimeout takes are waited for in several alarms", () => {
  const bench = new Bench();
  const dueAtMs = START_MS + 80 * 86_400_000;
  bench.timers.schedule(dueAtMs, bench.target, 1);
  bench.run(dueAtMs - 1);
  assert.deepEqual(bench.expired, []);
  bench.run(dueAtMs + 1);
  assert.equal(bench.expired.length, 1);
});

test("a stall of five seconds: all that came due meanwhile expires, in turns of bounded work", () => {
  const bench = new Bench();
  for (let i = 0; i < 50_000; i++) bench.timers.schedule(START_MS + 1 + (i % 5000), bench.target, i % 5000);
  bench.nowMs += 5000; // nobody looked
  bench.run(START_MS + 5500);
  assert.equal(bench.expired.length, 50_000);
  assert.ok(bench.rings >= 3, "the sockets are looked at between");
  const payloads = bench.expired.map(({ payload }) => payload);
  assert.deepEqual(
    payloads,
    payloads.toSorted((a, b) => a - b),
  );
});

test("a target may schedule and cancel while others expire, and one that throws stops nobody else's", () => {
  const bench = new Bench();
  const { timers } = bench;
  let victim = 0;
  const throwing: TimerTarget = {
    expired() {
      timers.cancel(victim);
      timers.schedule(bench.nowMs, bench.target, 2);
      throw new Error("from a target");
    },
  };
  timers.schedule(START_MS + 10, throwing, 0);
  victim = timers.schedule(START_MS + 10, bench.target, 1);
  timers.schedule(START_MS + 11, bench.target, 3);
  assert.throws(() => bench.run(START_MS + 10), /from a target/);
  bench.run(START_MS + 20);
  assert.deepEqual(
    bench.expired.map(({ payload }) => payload),
    [2, 3],
  );
});

test("an id that is stale cancels nothing, and a closed wheel rings no more", () => {
  const bench = new Bench();
  const first = bench.timers.schedule(START_MS + 10, bench.target, 1);
  bench.run(START_MS + 15);
  bench.timers.schedule(START_MS + 20, bench.target, 2);
  bench.timers.cancel(first);
  bench.timers.cancel(0);
  bench.run(START_MS + 30);
  assert.equal(bench.expired.length, 2);
  bench.timers.schedule(START_MS + 40, bench.target, 3);
  bench.timers.close();
  assert.equal(bench.alarm, null);
  bench.timers.schedule(START_MS + 41, bench.target, 4);
  assert.equal(bench.alarm, null);
});

test("a step of the wall clock moves nothing: neither now() nor what is scheduled", () => {
  let wallMs = START_MS;
  let monotonicMs = 5;
  const clock = steadyClock(
    () => wallMs,
    () => monotonicMs,
  );
  for (const stepMs of [3_600_000, -86_400_000]) {
    const before = clock();
    wallMs += stepMs;
    monotonicMs += 10;
    assert.equal(clock(), before + 10);
  }
});

test("on Node's own clock and setTimeout: in order, none early, and the process is not held", async () => {
  const clock = steadyClock(Date.now, () => performance.now());
  const timers = new WheelTimers(clock, nodeAlarms);
  const earlyMs: number[] = [];
  const order: number[] = [];
  const scheduledMs = new Map<number, number>();
  const startMs = timers.now();
  await new Promise<void>((resolve) => {
    const hold = setTimeout(() => {}, 60_000);
    for (const ttlMs of [20, 3, 0, 1, 11]) {
      const target: TimerTarget = {
        expired(payload) {
          earlyMs.push(startMs + payload - timers.now());
          order.push(payload);
          if (order.length < 5) return;
          clearTimeout(hold);
          resolve();
        },
      };
      timers.schedule(startMs + ttlMs, target, ttlMs);
      scheduledMs.set(ttlMs, timers.now());
    }
  });
  assert.deepEqual(
    order.toSorted((a, b) => a - b),
    [0, 1, 3, 11, 20],
  );
  for (const [at, ttlMs] of order.entries()) {
    // On a busy machine this process may have stood still between two calls.
    const inTime = order.slice(at).filter((other) => scheduledMs.get(other)! < startMs + ttlMs);
    assert.ok(Math.min(ttlMs, ...inTime) === ttlMs, `${ttlMs} before ${inTime}`);
  }
  assert.ok(Math.max(...earlyMs) <= 0, `early by ${Math.max(...earlyMs)} ms`);
  timers.close();
});
