import assert from "node:assert/strict";
import { test } from "node:test";
import { type IdlePeer, IdleWatch } from "../../../src/protocols/kafka/idle-watch.ts";
import { TestClock } from "../../engines/queues/queue/test-clock.ts";

const MINUTE_MS = 60_000;
/** A look each, of what ends a silent client, and their grace. */
const LOOK_MS = 2 * MINUTE_MS + 1000;
const FRAME_LOOK_MS = 11_000;

class Client implements IdlePeer {
  isKeptWaiting = false;
  unsentBytes = 0;
  endedAtMs = -1;
  readonly clock = new TestClock();
  readonly watch = new IdleWatch(this.clock.timers, this);
  readonly #startMs = this.clock.nowMs;

  timedOut(): void {
    this.endedAtMs = this.clock.nowMs - this.#startMs;
  }

  pass(ms: number, each: () => void = () => {}, stepMs = 1000): void {
    for (let passed = 0; passed < ms && this.endedAtMs < 0; passed += stepMs) {
      this.clock.advance(stepMs);
      each();
    }
  }
}

test("a silent client is ended after ten minutes, and not a look later than it must", () => {
  const client = new Client();
  client.pass(60 * MINUTE_MS);
  assert.ok(client.endedAtMs >= 10 * MINUTE_MS, `${client.endedAtMs}`);
  assert.ok(client.endedAtMs <= 10 * MINUTE_MS + LOOK_MS, `${client.endedAtMs}`);
  assert.equal(client.clock.timers.size, 0);
});

test("a byte now and then keeps it, and so does an answer that it takes slowly", () => {
  const talking = new Client();
  talking.pass(120 * MINUTE_MS, () => {
    if (talking.clock.nowMs % (9 * MINUTE_MS) === 0) talking.watch.received();
  });
  assert.equal(talking.endedAtMs, -1);
  const taking = new Client();
  taking.unsentBytes = 50_000_000;
  taking.pass(60 * MINUTE_MS, () => {
    taking.unsentBytes -= 10;
  });
  assert.equal(taking.endedAtMs, -1);
  const stuck = new Client();
  stuck.unsentBytes = 50_000_000;
  stuck.pass(60 * MINUTE_MS);
  assert.ok(stuck.endedAtMs >= 10 * MINUTE_MS && stuck.endedAtMs <= 10 * MINUTE_MS + 2 * LOOK_MS);
});

test("who waits for the broker is not silent; the time begins anew when it is answered", () => {
  const client = new Client();
  client.isKeptWaiting = true;
  client.pass(60 * MINUTE_MS);
  assert.equal(client.endedAtMs, -1);
  client.isKeptWaiting = false;
  client.pass(9 * MINUTE_MS);
  assert.equal(client.endedAtMs, -1);
  client.pass(20 * MINUTE_MS);
  assert.ok(client.endedAtMs > 0);
});

test("a frame that has begun must go on within half a minute, however slowly", () => {
  const stalled = new Client();
  stalled.pass(5 * MINUTE_MS);
  stalled.watch.received();
  stalled.watch.paceFor(true);
  const begunAtMs = 5 * MINUTE_MS;
  stalled.pass(5 * MINUTE_MS);
  assert.ok(stalled.endedAtMs - begunAtMs >= 30_000, `${stalled.endedAtMs}`);
  assert.ok(stalled.endedAtMs - begunAtMs <= 30_000 + FRAME_LOOK_MS, `${stalled.endedAtMs}`);
  const slow = new Client();
  slow.watch.paceFor(true);
  slow.pass(30 * MINUTE_MS, () => {
    if (slow.clock.nowMs % 20_000 === 0) slow.watch.received();
  });
  assert.equal(slow.endedAtMs, -1);
  slow.watch.received();
  slow.watch.paceFor(false);
  slow.pass(9 * MINUTE_MS);
  assert.equal(slow.endedAtMs, -1, "between frames there is time again");
  slow.watch.stop();
  assert.equal(slow.clock.timers.size, 0);
});
