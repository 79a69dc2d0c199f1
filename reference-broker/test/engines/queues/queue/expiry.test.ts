import assert from "node:assert/strict";
import { test } from "node:test";
import { makeQueue, messageOf, TestSubscription } from "./test-queue.ts";

const DLX = { "x-dead-letter-exchange": "dlx" };

test("a message expires at its time and not before, and is dead-lettered", () => {
  const { queue, clock, environment, publish } = makeQueue({ arguments: { "x-message-ttl": 100, ...DLX } });
  publish("a");
  clock.advance(40);
  publish("b");
  clock.advance(59);
  assert.equal(queue.readyCount, 2);
  clock.advance(1);
  assert.equal(queue.readyCount, 1);
  clock.advance(40);
  assert.equal(queue.readyCount, 0);
  const letters = environment.deadLetters.map(({ body, reason }) => `${body} ${reason}`);
  assert.deepEqual(letters, ["a expired", "b expired"]);
  assert.equal(clock.timers.size, 0);
});

test("of x-message-ttl and expiration the lower counts", () => {
  const { queue, clock } = makeQueue({ arguments: { "x-message-ttl": 100 } });
  queue.enqueue(messageOf("short", { expirationMs: 30 }));
  clock.advance(30);
  assert.equal(queue.readyCount, 0);
  queue.enqueue(messageOf("long", { expirationMs: 500 }));
  clock.advance(99);
  assert.equal(queue.readyCount, 1);
  clock.advance(1);
  assert.equal(queue.readyCount, 0);
});

test("an expired message waits behind a live head, as in RabbitMQ, and is never delivered", () => {
  const { queue, clock, environment, drain } = makeQueue({ arguments: DLX });
  queue.enqueue(messageOf("live", { expirationMs: 1000 }));
  queue.enqueue(messageOf("dead", { expirationMs: 10 }));
  queue.enqueue(messageOf("also live"));
  clock.advance(500);
  assert.equal(queue.readyCount, 3);
  assert.deepEqual(drain(), ["live", "also live"]);
  assert.deepEqual(
    environment.deadLetters.map(({ body }) => body),
    ["dead"],
  );
});

test("the timer is armed again for the next head when the head was taken, also one that never expires", () => {
  const { queue, clock } = makeQueue();
  queue.enqueue(messageOf("never"));
  queue.enqueue(messageOf("soon", { expirationMs: 50 }));
  queue.enqueue(messageOf("later", { expirationMs: 90 }));
  assert.equal(queue.take(true)!.message.body.toString(), "never");
  clock.advance(50);
  assert.equal(queue.readyCount, 1);
  clock.advance(40);
  assert.equal(queue.readyCount, 0);
});

test("a head that expires before the one that was there is seen in time", () => {
  const { queue, clock } = makeQueue();
  queue.enqueue(messageOf("early", { expirationMs: 20 }));
  const early = queue.take(false)!;
  queue.enqueue(messageOf("late", { expirationMs: 1000 }));
  queue.requeue([early.position]);
  clock.advance(20);
  assert.equal(queue.readyCount, 1);
});

test("unacknowledged messages do not expire; requeued they keep their deadline", () => {
  const { queue, clock, publish } = makeQueue({ arguments: { "x-message-ttl": 100 } });
  publish("a", "b");
  const [a, b] = [queue.take(false)!, queue.take(false)!];
  clock.advance(60);
  queue.requeue([a.position]);
  assert.equal(queue.readyCount, 1);
  clock.advance(40);
  assert.equal(queue.readyCount, 0);
  clock.advance(1000);
  assert.equal(queue.unacknowledgedCount, 1);
  queue.requeue([b.position]);
  assert.equal(queue.readyCount, 0);
});

test("ttl 0 delivers to a consumer that is ready now, else the message is gone or dead-lettered", () => {
  for (const extra of [{}, DLX]) {
    const { queue, environment, publish, consume } = makeQueue({
      arguments: { "x-message-ttl": 0, ...extra },
    });
    publish("a");
    assert.equal(queue.readyCount, 0);
    const consumer = consume("c", { prefetch: 1 });
    publish("b", "c");
    assert.deepEqual(consumer.bodies, ["b"]);
    const letters = environment.deadLetters.map(({ body }) => body);
    assert.deepEqual(letters, "x-dead-letter-exchange" in extra ? ["a", "c"] : []);
  }
});

test("expiration 0 expires at once at the head, and waits behind another", () => {
  const { queue } = makeQueue();
  queue.enqueue(messageOf("zero", { expirationMs: 0 }));
  assert.equal(queue.readyCount, 0);
  queue.enqueue(messageOf("head"));
  queue.enqueue(messageOf("zero", { expirationMs: 0 }));
  assert.equal(queue.readyCount, 2);
  assert.equal(queue.take(true)!.message.body.toString(), "head");
  assert.equal(queue.take(true), null);
});

test("a consumer gets nothing that expired while the timer could not run", () => {
  const { queue, clock, environment, publish } = makeQueue({ arguments: { "x-message-ttl": 100 } });
  publish("a");
  clock.stall(100);
  publish("b");
  const consumer = new TestSubscription("c");
  queue.subscribe(consumer);
  environment.runTurns();
  assert.deepEqual(consumer.bodies, ["b"]);
});

test("each priority's messages wait for the live head of a higher one", () => {
  const { queue, clock, drain } = makeQueue({ arguments: { "x-max-priority": 2 } });
  queue.enqueue(messageOf("low", { expirationMs: 10 }));
  queue.enqueue(messageOf("high", { priority: 1, expirationMs: 100 }));
  queue.enqueue(messageOf("low too"));
  clock.advance(50);
  assert.equal(queue.readyCount, 3);
  clock.advance(50);
  assert.equal(queue.readyCount, 1, "when the higher one expires, so does what waited behind it");
  assert.deepEqual(drain(), ["low too"]);
});

test("many that expire at once go over several turns, and none while dead letters wait", () => {
  const { queue, clock, environment, publish } = makeQueue({ arguments: { "x-message-ttl": 10, ...DLX } });
  publish(...Array.from({ length: 2000 }, String));
  environment.deadLetterBacklog = environment.deadLetterLimit + 1;
  clock.advance(10);
  assert.equal(environment.deadLetters.length, 0);
  environment.deadLetterBacklog = 0;
  environment.runTurns();
  assert.ok(environment.deadLetters.length < 2000);
  while (environment.runTurns() > 0);
  assert.equal(environment.deadLetters.length, 2000);
  assert.equal(queue.readyCount, 0);
});

test("many that expire into nothing go in spare turns, until what is left is two seconds late", () => {
  const { queue, clock, environment, publish } = makeQueue({ arguments: { "x-message-ttl": 10 } });
  publish(...Array.from({ length: 2000 }, String));
  clock.advance(10);
  environment.runTurns();
  environment.runTurns();
  assert.equal(environment.spareTurns, 3, "asked for by the timer and by both turns");
  clock.nowMs += 2001;
  assert.ok(queue.readyCount > 256);
  while (environment.runTurns() > 0);
  assert.equal(environment.spareTurns, 3, "no longer spared");
  assert.equal(queue.readyCount, 0);
});

test("a slot that is used again has nothing of the deadline of the message before", () => {
  const { queue, clock } = makeQueue();
  for (let at = 0; at < 100; at++) queue.enqueue(messageOf("soon", { expirationMs: 10 }));
  while (queue.take(true) !== null);
  for (let at = 0; at < 50; at++) queue.enqueue(messageOf("never"));
  clock.advance(100);
  assert.equal(queue.readyCount, 50);
});

test("an expiration beyond all counting means never", () => {
  const { queue, clock } = makeQueue();
  queue.enqueue(messageOf("a", { expirationMs: 2 ** 60 }));
  clock.advance(1e9);
  assert.equal(queue.readyCount, 1);
  assert.equal(clock.timers.size, 0);
});

test("exact: each message expires at its own time, wherever it stands", () => {
  const { queue, clock, environment, drain } = makeQueue({ arguments: { "x-expiry-mode": "exact", ...DLX } });
  queue.enqueue(messageOf("live", { expirationMs: 1000 }));
  queue.enqueue(messageOf("dead", { expirationMs: 10 }));
  queue.enqueue(messageOf("never"));
  clock.advance(9);
  assert.equal(queue.readyCount, 3);
  clock.advance(1);
  assert.equal(queue.readyCount, 2);
  assert.deepEqual(
    environment.deadLetters.map(({ body, reason }) => `${body} ${reason}`),
    ["dead expired"],
  );
  assert.deepEqual(drain(), ["live", "never"]);
  assert.equal(clock.timers.size, 0);
});

test("exact: timers are cancelled on settle, purge and delete, and go on after a requeue", () => {
  const { queue, clock } = makeQueue({ arguments: { "x-expiry-mode": "exact", "x-message-ttl": 100 } });
  const enqueue = (...bodies: string[]) => bodies.forEach((body) => void queue.enqueue(messageOf(body)));
  enqueue("a", "b", "c", "d");
  assert.equal(clock.timers.size, 4);
  queue.settle(queue.take(false)!.position);
  assert.equal(clock.timers.size, 3);
  const b = queue.take(false)!;
  const c = queue.take(false)!;
  clock.advance(50);
  queue.requeue([b.position]);
  clock.advance(50);
  assert.equal(queue.readyCount, 0, "b and d expired");
  queue.requeue([c.position]);
  assert.equal(queue.readyCount, 0, "c had expired while it was unacknowledged");
  assert.equal(clock.timers.size, 0);
  enqueue("e", "f");
  queue.purge();
  assert.equal(clock.timers.size, 0);
  enqueue("g");
  queue.delete();
  assert.equal(clock.timers.size, 0);
});

test("exact: ttl 0 and drop-head leave no timer behind", () => {
  const zero = makeQueue({ arguments: { "x-expiry-mode": "exact", "x-message-ttl": 0, ...DLX } });
  zero.publish("a");
  assert.equal(zero.environment.deadLetters.length, 1);
  assert.equal(zero.clock.timers.size, 0);
  const short = makeQueue({
    arguments: { "x-expiry-mode": "exact", "x-message-ttl": 50, "x-max-length": 1, "x-max-length-bytes": 2 },
  });
  short.publish("a", "b", "too long");
  assert.equal(short.queue.readyCount, 0);
  assert.equal(short.clock.timers.size, 0);
});
