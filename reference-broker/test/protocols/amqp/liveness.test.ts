import assert from "node:assert/strict";
import { test } from "node:test";
import { Liveness, type LivenessPeer } from "../../../src/protocols/amqp/liveness.ts";
import { TestClock } from "../../engines/queues/queue/test-clock.ts";

class Peer implements LivenessPeer {
  hasSent = false;
  isHeldByUs = false;
  sent = 0;
  missedAtMs = -1;
  deadlineAtMs = -1;
  readonly clock: TestClock;
  readonly liveness: Liveness;
  readonly #startMs: number;

  constructor(clock = new TestClock()) {
    this.clock = clock;
    this.liveness = new Liveness(this.clock.timers, this);
    this.#startMs = clock.nowMs;
  }

  takeHasSent(): boolean {
    const had = this.hasSent;
    this.hasSent = false;
    return had;
  }

  sendHeartbeat(): void {
    this.sent++;
  }

  heartbeatMissed(): void {
    this.missedAtMs = this.clock.nowMs - this.#startMs;
  }

  deadlinePassed(): void {
    this.deadlineAtMs = this.clock.nowMs - this.#startMs;
  }
}

for (const intervalSeconds of [1, 60]) {
  const intervalMs = intervalSeconds * 1000;
  test(`heartbeats of ${intervalSeconds} s: one at least every interval, none beside other output`, () => {
    const peer = new Peer();
    peer.liveness.startHeartbeats(intervalSeconds);
    for (let interval = 1; interval <= 20; interval++) {
      const before = peer.sent;
      peer.clock.advance(intervalMs);
      peer.liveness.received();
      assert.ok(peer.sent > before, `interval ${interval} is silent`);
      assert.ok(peer.sent - before <= 2);
    }
    const before = peer.sent;
    for (let step = 0; step < 100; step++) {
      peer.hasSent = true;
      peer.liveness.received();
      peer.clock.advance(intervalMs / 10);
    }
    assert.equal(peer.sent, before);
    assert.equal(peer.missedAtMs, -1);
  });

  test(`heartbeats of ${intervalSeconds} s: silence of two intervals is death, of less not; a broker that does not read waits`, () => {
    const peer = new Peer();
    peer.liveness.startHeartbeats(intervalSeconds);
    peer.clock.advance(intervalMs * 1.9);
    peer.liveness.received();
    peer.clock.advance(intervalMs * 1.9);
    assert.equal(peer.missedAtMs, -1);
    peer.isHeldByUs = true;
    peer.clock.advance(intervalMs * 50);
    assert.equal(peer.missedAtMs, -1);
    peer.isHeldByUs = false;
    peer.liveness.received();
    const silentFromMs = intervalMs * 53.8;
    peer.clock.advance(intervalMs * 5);
    assert.ok(peer.missedAtMs >= silentFromMs + 2 * intervalMs, `${peer.missedAtMs}`);
    assert.ok(peer.missedAtMs <= silentFromMs + 3.2 * intervalMs, `${peer.missedAtMs}`);
    assert.equal(peer.clock.timers.size, 0);
  });
}

test("a deadline passes once, unless it is taken back or put off", () => {
  const peer = new Peer();
  peer.liveness.setDeadline(10_000);
  peer.clock.advance(9000);
  peer.liveness.setDeadline(10_000);
  peer.clock.advance(9999);
  assert.equal(peer.deadlineAtMs, -1);
  peer.clock.advance(2);
  assert.ok(peer.deadlineAtMs >= 19_000);
  peer.liveness.setDeadline(10_000);
  peer.liveness.clearDeadline();
  assert.equal(peer.clock.timers.size, 0);
});

test("ten thousand connections wake the broker a few times a second, not each on its own", () => {
  const clock = new TestClock();
  const peers = Array.from({ length: 10_000 }, () => {
    const peer = new Peer(clock);
    peer.liveness.startHeartbeats(60);
    clock.advance(3);
    return peer;
  });
  let wakes = 0;
  let seen = 0;
  for (let ms = 0; ms < 60_000; ms++) {
    clock.advance(1);
    for (const peer of ms % 1000 === 0 ? peers : []) peer.liveness.received();
    const { expired } = clock.timers.statistics();
    if (expired !== seen) wakes++;
    seen = expired;
  }
  assert.ok(wakes <= 4 * 60 + 5, `${wakes} wakes in a minute`);
});
