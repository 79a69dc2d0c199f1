import assert from "node:assert/strict";
import { test } from "node:test";
import { type FlushBudget, FlushSchedule } from "../../src/mechanisms/flush-schedule.ts";

/** A schedule whose turns end and whose alarm rings when told. */
class Bench {
  readonly schedule: FlushSchedule<number>;
  flushes = 0;
  deferred: (() => void)[] = [];
  alarm: { readonly ring: () => void; readonly delayMs: number } | null = null;

  constructor(budget: FlushBudget) {
    this.schedule = new FlushSchedule({
      budget,
      flush: () => void this.flushes++,
      defer: (callback) => this.deferred.push(callback),
      alarms: {
        set: (ring, delayMs) => {
          this.alarm = { ring, delayMs };
          return 1;
        },
        clear: () => {
          this.alarm = null;
        },
      },
    });
  }

  endTurn(): void {
    for (const callback of this.deferred.splice(0)) callback();
  }

  ring(): void {
    const { alarm } = this;
    this.alarm = null;
    alarm?.ring();
  }
}

test("without an interval each turn is written at its end, however little or much it brought", () => {
  const bench = new Bench({ intervalMs: 0, bytes: 100 });
  for (const bytes of [1, 1000]) {
    bench.schedule.request();
    bench.schedule.gathered(bytes);
    bench.schedule.request();
    assert.equal(bench.alarm, null);
    assert.equal(bench.deferred.length, 1);
    bench.endTurn();
  }
  assert.equal(bench.flushes, 2);
});

test("with an interval appends gather until it is over, counted from the first", () => {
  const bench = new Bench({ intervalMs: 5, bytes: 100 });
  bench.schedule.request();
  bench.schedule.gathered(99);
  bench.schedule.request();
  assert.equal(bench.alarm?.delayMs, 5);
  assert.equal(bench.deferred.length, 0);
  bench.ring();
  assert.equal(bench.flushes, 1);
  bench.schedule.request();
  assert.equal(bench.alarm?.delayMs, 5);
});

test("enough of them are written at the end of the turn that brought them, once", () => {
  const bench = new Bench({ intervalMs: 5, bytes: 100 });
  bench.schedule.request();
  bench.schedule.gathered(60);
  bench.schedule.gathered(60);
  bench.schedule.gathered(60);
  assert.equal(bench.alarm, null);
  assert.equal(bench.deferred.length, 1);
  bench.endTurn();
  assert.equal(bench.flushes, 1);
  bench.schedule.gathered(100);
  bench.schedule.request();
  assert.equal(bench.alarm, null);
  bench.endTurn();
  assert.equal(bench.flushes, 2);
});
