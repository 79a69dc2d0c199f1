import assert from "node:assert/strict";
import { test } from "node:test";
import { TimerWheel, type WheelVisitor } from "../../src/mechanisms/timer-wheel.ts";

const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Notes when each slot expires. */
class Log implements WheelVisitor {
  readonly wheel: TimerWheel;
  readonly expired: { slot: number; tick: number }[] = [];

  constructor(wheel: TimerWheel) {
    this.wheel = wheel;
  }

  expire(slot: number): void {
    this.expired.push({ slot, tick: this.wheel.currentTick });
  }

  advance(nowTick: number, budget = UNLIMITED): boolean {
    return this.wheel.advance(nowTick, budget, this);
  }
}

// Slot and level edges of a tick of 1 ms, and the same of 10 ms: 2.56 s and 655.36 s are where a level of it ends.
const TTLS = [
  0,
  1,
  2,
  9,
  10,
  11,
  255,
  256,
  257,
  2550,
  2560,
  2570,
  65_534,
  65_535,
  65_536,
  65_537,
  655_349,
  655_350,
  655_351,
  655_359,
  655_360,
  655_361,
  16_777_215,
  16_777_216,
  16_777_217,
  46.6 * 3_600_000,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 32 + 1,
  3 * 2 ** 32 + 5,
];
const STARTS = [0, 1, 200, 255, 256, 65_535, 2 ** 24 - 1, 2 ** 32 - 1, 2 ** 32, 1_700_000_000_000];

for (const start of STARTS) {
  test(`from tick ${start}: each timer expires at its own tick, not one before`, () => {
    for (const ttl of TTLS) {
      const wheel = new TimerWheel(start);
      const log = new Log(wheel);
      const slot = wheel.insert(start + ttl);
      if (ttl > 0) {
        log.advance(start + ttl - 1);
        assert.deepEqual(log.expired, [], `TTL ${ttl} is early`);
      }
      log.advance(start + ttl);
      assert.deepEqual(log.expired, [{ slot, tick: start + ttl }]);
      assert.equal(wheel.size, 0);
      assert.equal(wheel.nextTick(), Number.POSITIVE_INFINITY);
    }
  });
}

test("going from event to event expires all in order, in as many steps as a timer has levels", () => {
  for (const ttl of TTLS.filter((candidate) => candidate > 0 && candidate < 2 ** 32)) {
    const wheel = new TimerWheel(77);
    const log = new Log(wheel);
    wheel.insert(77 + ttl);
    let wakes = 0;
    while (wheel.size > 0) {
      assert.ok(wheel.nextTick() <= 77 + ttl);
      log.advance(wheel.nextTick());
      wakes++;
    }
    assert.ok(wakes <= 5, `${wakes} wakes for a TTL of ${ttl}`);
    assert.equal(log.expired[0]!.tick, 77 + ttl);
  }
});

test("a stall of five seconds loses nothing and clamps nothing: all that came due expires at once, in order", () => {
  const wheel = new TimerWheel(1000);
  const log = new Log(wheel);
  for (let ttl = 1; ttl <= 6000; ttl++) wheel.insert(1000 + ttl);
  log.advance(6000);
  assert.deepEqual(
    log.expired.map(({ tick }) => tick),
    Array.from({ length: 5000 }, (_, i) => 1001 + i),
  );
  assert.equal(wheel.currentTick, 6000);
  assert.equal(wheel.nextTick(), 6001);
});

test("the budget bounds moves and expiries; the rest follows in order, and nothing is skipped", () => {
  const wheel = new TimerWheel(250);
  const log = new Log(wheel);
  for (let i = 0; i < 1000; i++) wheel.insert(300 + (i % 10)); // a level away: each is moved once
  let calls = 1;
  while (log.advance(400, 64)) {
    calls++;
    assert.ok(wheel.nextTick() <= 400);
  }
  assert.equal(log.expired.length, 1000);
  assert.equal(calls, Math.ceil(2000 / 64));
  const ticks = log.expired.map(({ tick }) => tick);
  assert.deepEqual(
    ticks,
    ticks.toSorted((a, b) => a - b),
  );
});

test("what is due already expires with the next advance, and one of the same tick in the order of insertion", () => {
  const wheel = new TimerWheel(500);
  const log = new Log(wheel);
  const slots = [500, 499, 0, -3].map((tick) => wheel.insert(tick));
  assert.equal(wheel.nextTick(), 500);
  log.advance(500);
  assert.deepEqual(
    log.expired.map(({ slot }) => slot),
    slots,
  );
});

/** A timer as the wheel names it. */
interface Handle {
  readonly slot: number;
  readonly generation: number;
}

function insert(wheel: TimerWheel, dueTick: number): Handle {
  const slot = wheel.insert(dueTick);
  return { slot, generation: wheel.generationOf(slot) };
}

function cancel(wheel: TimerWheel, { slot, generation }: Handle): boolean {
  return wheel.cancel(slot, generation);
}

test("a cancelled timer never expires, and its handle is stale for good though its slot is used again", () => {
  const wheel = new TimerWheel();
  const log = new Log(wheel);
  const first = insert(wheel, 300);
  assert.equal(cancel(wheel, first), true);
  assert.equal(wheel.nextTick(), Number.POSITIVE_INFINITY, "an empty slot wakes nobody");
  let second = insert(wheel, 300);
  for (let i = 0; second.slot !== first.slot; i++) {
    assert.ok(i < 1000, "slots are used again");
    cancel(wheel, second);
    second = insert(wheel, 300);
  }
  assert.notEqual(second.generation, first.generation);
  assert.equal(cancel(wheel, first), false);
  assert.equal(wheel.cancel(1_000_000, 1), false, "no such slot");
  log.advance(300);
  assert.equal(log.expired.length, 1);
  assert.equal(cancel(wheel, second), false);
});

test("a slot that nobody had yet has no timer to cancel", () => {
  const wheel = new TimerWheel();
  for (let slot = 0; slot < 200; slot++) {
    assert.equal(wheel.cancel(slot, 0), false);
    assert.equal(wheel.cancel(slot, 1), false);
  }
  assert.equal(wheel.size, 0);
});

test("generations stay above zero and new when slots have been used 2^20 times", () => {
  const wheel = new TimerWheel();
  for (let i = 0; i < 48; i++) wheel.insert(9); // few are left to go round
  const capacity = 64;
  const generations = new Uint32Array(capacity);
  let highest = 0;
  for (let uses = 0; uses < 2 ** 20 * 16 + 1000; uses++) {
    const slot = wheel.insert(5);
    const generation = wheel.generationOf(slot);
    if (!(slot < capacity && generation >= 1 && generation < 2 ** 20 && generation !== generations[slot])) {
      assert.fail(`generation ${generation} of slot ${slot} after ${generations[slot]} at use ${uses}`);
    }
    if (!wheel.cancel(slot, generation)) assert.fail(`slot ${slot} cannot be cancelled at use ${uses}`);
    if (wheel.cancel(slot, generation)) assert.fail(`slot ${slot} is cancelled twice at use ${uses}`);
    generations[slot] = generation;
    highest = Math.max(highest, generation);
  }
  assert.equal(highest, 2 ** 20 - 1, "the generation came to its end");
  assert.ok(
    generations.some((generation) => generation > 0 && generation < 1000),
    "and began anew",
  );
});

test("counters: what was inserted is pending, expired or cancelled, and moves to lower levels are counted apart", () => {
  const wheel = new TimerWheel();
  const log = new Log(wheel);
  const timers = Array.from({ length: 3000 }, (_, i) => insert(wheel, 1 + i * 40));
  for (const timer of timers.slice(0, 100)) cancel(wheel, timer);
  cancel(wheel, timers[0]!);
  log.advance(60_000);
  const { inserted, expired, cancelled, cascaded, size } = wheel;
  assert.deepEqual(
    { inserted, expired, cancelled, size },
    {
      ...{ inserted: 3000, expired: log.expired.length, cancelled: 100 },
      size: 3000 - 100 - log.expired.length,
    },
  );
  assert.equal(log.expired.length, 1400);
  // All but the first seven were inserted above the lowest level, and those are cancelled; none was inserted above the second.
  assert.ok(cascaded >= 1394 && cascaded <= 1400 + 7, `${cascaded}`);
});

test("slots that become free in any order are all used again before the wheel grows", () => {
  const wheel = new TimerWheel();
  const timers = Array.from({ length: 100_000 }, () => insert(wheel, 7));
  const highestSlot = () => timers.reduce((highest, { slot }) => Math.max(highest, slot), 0);
  const before = highestSlot();
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < timers.length; i += 3) assert.equal(cancel(wheel, timers[i]!), true);
    for (let i = 0; i < timers.length; i += 3) timers[i] = insert(wheel, 7);
  }
  assert.equal(new Set(timers.map(({ slot }) => slot)).size, timers.length);
  assert.ok(highestSlot() < 2 * before);
});

test("a visitor may insert and cancel while timers expire", () => {
  const wheel = new TimerWheel();
  const expired: number[] = [];
  const later = insert(wheel, 10);
  const victim = insert(wheel, 7);
  wheel.insert(7);
  cancel(wheel, victim);
  const again = insert(wheel, 7);
  wheel.advance(20, UNLIMITED, {
    expire(slot) {
      expired.push(wheel.currentTick);
      if (expired.length === 1) {
        assert.equal(cancel(wheel, again), true, "one that is due in the same tick");
        assert.equal(cancel(wheel, later), true);
        for (let i = 0; i < 500; i++) wheel.insert(9); // grows the arrays
        wheel.insert(wheel.currentTick);
      }
      assert.ok(slot >= 0);
    },
  });
  assert.deepEqual(expired, [7, 7, ...Array.from({ length: 500 }, () => 9)]);
});
