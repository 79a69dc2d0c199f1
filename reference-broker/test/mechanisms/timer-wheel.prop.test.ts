import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TimerWheel } from "../../src/mechanisms/timer-wheel.ts";

const distance = fc.oneof(
  fc.integer({ min: -5, max: 300 }),
  fc.integer({ min: 65_000, max: 66_500 }),
  fc.integer({ min: 0, max: 2 ** 25 }),
  fc.integer({ min: 2 ** 32 - 300, max: 2 ** 32 + 300 }),
);

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("insert" as const), ticks: distance }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), pick: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      ticks: distance,
      budget: fc.constantFrom(0, 1, 3, 1_000_000),
    }),
  },
);

interface Timer {
  readonly slot: number;
  readonly generation: number;
  readonly dueTick: number;
  /** The due tick, or where the wheel stood when that was past already. */
  readonly effectiveTick: number;
}

test("the wheel does what a sorted list would, whatever is inserted, cancelled and stalled", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200, size: "max" }),
      fc.constantFrom(0, 250, 65_530, 2 ** 24 - 2, 2 ** 32 - 5, 2 ** 40),
      (steps, start) => {
        const wheel = new TimerWheel(start);
        const alive = new Map<number, Timer>();
        const gone: Timer[] = [];
        let now = start;
        for (const one of steps) {
          if (one.kind === "insert") {
            const dueTick = now + one.ticks;
            const effectiveTick = Math.max(dueTick, wheel.currentTick);
            const slot = wheel.insert(dueTick);
            assert.ok(!alive.has(slot), "a slot has one timer");
            alive.set(slot, { slot, generation: wheel.generationOf(slot), dueTick, effectiveTick });
          } else if (one.kind === "cancel") {
            const timers = [...alive.values()];
            const timer = timers[one.pick % Math.max(1, timers.length)];
            if (timer !== undefined) {
              assert.equal(wheel.cancel(timer.slot, timer.generation), true);
              alive.delete(timer.slot);
              gone.push(timer);
            }
            for (const { slot, generation } of gone.slice(-3))
              assert.equal(wheel.cancel(slot, generation), false);
          } else {
            now = Math.max(now, now + one.ticks);
            const expired: Timer[] = [];
            const isCut = wheel.advance(now, one.budget, {
              expire(slot) {
                const timer = alive.get(slot)!;
                expired.push(timer);
                alive.delete(slot);
                gone.push(timer);
              },
            });
            assert.ok(expired.length <= one.budget);
            for (const timer of expired) assert.ok(timer.dueTick <= now, "never early");
            const overdue = [...alive.values()].filter((timer) => timer.dueTick <= now);
            if (!isCut) assert.deepEqual(overdue, [], "nothing due is left when the budget sufficed");
            const ticks = expired.map(({ effectiveTick }) => effectiveTick);
            assert.deepEqual(
              ticks,
              ticks.toSorted((a, b) => a - b),
            );
          }
          assert.equal(wheel.size, alive.size);
          const earliest = Math.min(...[...alive.values()].map((timer) => timer.dueTick));
          assert.ok(wheel.nextTick() <= Math.max(earliest, wheel.currentTick), "it wakes in time");
          assert.equal(wheel.nextTick() === Number.POSITIVE_INFINITY, alive.size === 0);
        }
      },
    ),
    { numRuns: 400 },
  );
});
