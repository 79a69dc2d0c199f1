import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldTable } from "../../../src/mechanisms/message.ts";
import type { Alarms } from "../../../src/mechanisms/timers.ts";
import { WheelTimers } from "../../../src/mechanisms/timers.ts";
import { ConsumerTimeout } from "../../../src/protocols/amqp/consumer-timeout.ts";
import { type DeliveryOwner, UnackedDeliveries } from "../../../src/protocols/amqp/unacked-deliveries.ts";

const MINUTE_MS = 60_000;

/** A clock that is put forward, and rings what is due. */
class TestClock implements Alarms<object> {
  nowMs = 1000;
  #ring: (() => void) | null = null;
  #dueMs = 0;

  set(ring: () => void, delayMs: number): object {
    this.#ring = ring;
    this.#dueMs = this.nowMs + delayMs;
    return {};
  }

  clear(): void {
    this.#ring = null;
  }

  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.#ring !== null && this.#dueMs <= endMs) {
      const ring = this.#ring;
      this.#ring = null;
      this.nowMs = this.#dueMs;
      ring();
    }
    this.nowMs = endMs;
  }
}

function owner(table: FieldTable = []): DeliveryOwner {
  return { queue: { arguments: table }, settled: () => {} } as unknown as DeliveryOwner;
}

function setUp() {
  const clock = new TestClock();
  const unacked = new UnackedDeliveries();
  const exceeded: number[] = [];
  let nextTag = 1;
  const timers = new WheelTimers(() => clock.nowMs, clock);
  const timeout = new ConsumerTimeout(
    timers,
    unacked,
    () => nextTag,
    (ms) => exceeded.push(ms),
  );
  const deliver = (from: DeliveryOwner) => {
    unacked.push(nextTag++, from, 0);
    timeout.watch();
  };
  return { clock, unacked, exceeded, timeout, deliver, timers };
}

test("a delivery unsettled for half an hour is noticed within a minute, one settled in time is not", () => {
  const { clock, unacked, exceeded, deliver } = setUp();
  deliver(owner());
  clock.advance(20 * MINUTE_MS);
  unacked.take(1, () => {});
  deliver(owner());
  clock.advance(30 * MINUTE_MS - 1);
  assert.deepEqual(exceeded, []);
  clock.advance(2 * MINUTE_MS);
  assert.deepEqual(exceeded, [1_800_000]);
});

test("a queue's own timeout counts for its deliveries alone", () => {
  const { clock, exceeded, deliver } = setUp();
  deliver(owner());
  clock.advance(5 * MINUTE_MS);
  deliver(owner([["x-consumer-timeout", { type: "I", value: 1000 }]]));
  clock.advance(2 * MINUTE_MS);
  assert.deepEqual(exceeded, [1000]);
});

test("nothing is timed while nothing is unsettled, or after the channel has gone", () => {
  const { clock, unacked, exceeded, timeout, deliver, timers } = setUp();
  deliver(owner());
  unacked.takeAll(() => {});
  clock.advance(MINUTE_MS);
  assert.equal(timers.size, 0);
  deliver(owner());
  assert.equal(timers.size, 1);
  timeout.stop();
  clock.advance(60 * MINUTE_MS);
  assert.deepEqual([timers.size, exceeded.length], [0, 0]);
});
