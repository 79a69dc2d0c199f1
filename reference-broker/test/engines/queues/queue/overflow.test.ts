import assert from "node:assert/strict";
import { test } from "node:test";
import { PUBLISHED } from "../../../../src/engines/queues/contract.ts";
import { makeQueue, messageOf, TestSubscription } from "./test-queue.ts";

const DLX = { "x-dead-letter-exchange": "dlx" };

test("drop-head keeps the newest, and dead-letters the oldest first", () => {
  const { queue, environment, publish, drain } = makeQueue({ arguments: { "x-max-length": 2, ...DLX } });
  assert.equal(publish("a", "b", "c", "d"), 0);
  assert.equal(queue.readyCount, 2);
  const letters = environment.deadLetters.map(({ body, reason }) => `${body} ${reason}`);
  assert.deepEqual(letters, ["a maxlen", "b maxlen"]);
  assert.deepEqual(drain(), ["c", "d"]);
});

test("bytes are those of bodies; one body above the limit is dropped with all before it", () => {
  const { queue, publish, drain } = makeQueue({ arguments: { "x-max-length-bytes": 5 } });
  publish("ab", "cd", "e");
  assert.equal(queue.readyBytes, 5);
  publish("fg");
  assert.deepEqual(drain(), ["cd", "e", "fg"]);
  publish("ab", "sixsix");
  assert.equal(queue.readyCount, 0);
});

test("unacknowledged messages do not count; requeued they do, and the head is dropped", () => {
  const { queue, publish, drain } = makeQueue({ arguments: { "x-max-length": 2 } });
  publish("a", "b");
  const taken = [queue.take(false)!, queue.take(false)!];
  publish("c", "d");
  assert.equal(queue.readyCount, 2);
  queue.requeue(taken.map(({ position }) => position));
  assert.deepEqual(drain(), ["c", "d"]);
});

test("a consumer that is ready takes the message however short the queue must be", () => {
  const { publish, consume } = makeQueue({ arguments: { "x-max-length": 0 } });
  const consumer = consume("c");
  publish("a", "b");
  assert.deepEqual(consumer.bodies, ["a", "b"]);
});

test("reject-publish refuses what comes, keeps what is there, and a requeue may exceed the limit", () => {
  const { queue, environment, publish, drain } = makeQueue({
    arguments: { "x-max-length": 2, "x-overflow": "reject-publish", ...DLX },
  });
  publish("a", "b");
  const a = queue.take(false)!;
  assert.equal(publish("c"), 0);
  assert.equal(publish("d"), PUBLISHED.refused);
  queue.requeue([a.position]);
  assert.equal(queue.readyCount, 3);
  assert.equal(environment.deadLetters.length, 0);
  assert.deepEqual(drain(), ["a", "b", "c"]);
});

test("reject-publish-dlx dead-letters what it refuses", () => {
  const { environment, publish, drain } = makeQueue({
    arguments: { "x-max-length-bytes": 2, "x-overflow": "reject-publish-dlx", ...DLX },
  });
  assert.equal(publish("ab"), 0);
  assert.equal(publish("c"), PUBLISHED.refused);
  assert.deepEqual(environment.deadLetters, [{ body: "c", reason: "maxlen", position: -1 }]);
  assert.deepEqual(drain(), ["ab"]);
});

test("drop-head with priorities drops RabbitMQ's head: the highest priority", () => {
  const { queue, drain } = makeQueue({ arguments: { "x-max-length": 2, "x-max-priority": 5 } });
  queue.enqueue(messageOf("low", { priority: 1 }));
  queue.enqueue(messageOf("high", { priority: 5 }));
  queue.enqueue(messageOf("middle", { priority: 3 }));
  assert.deepEqual(drain(), ["middle", "low"]);
});

test("after a drop the new head is watched for expiry", () => {
  const { queue, clock } = makeQueue({ arguments: { "x-max-length": 2 } });
  queue.enqueue(messageOf("never"));
  queue.enqueue(messageOf("soon", { expirationMs: 10 }));
  queue.enqueue(messageOf("never too"));
  clock.advance(10);
  assert.equal(queue.readyCount, 1);
});

test("drop-new drops the newest and says nothing", () => {
  const { environment, publish, drain } = makeQueue({
    arguments: { "x-max-length": 2, "x-overflow": "drop-new", ...DLX },
  });
  assert.equal(publish("a", "b", "c"), 0);
  assert.equal(environment.deadLetters.length, 0);
  assert.deepEqual(drain(), ["a", "b"]);
});

test("disconnect-consumer disconnects only who is not ready while the queue is full, and stays within the limit", () => {
  const { queue, publish, consume } = makeQueue({
    arguments: { "x-max-length": 2, "x-overflow": "disconnect-consumer" },
  });
  const [slow, fast] = [consume("s", { prefetch: 1 }), consume("f", { prefetch: 3 })];
  publish("1", "2", "3", "4", "5", "6");
  assert.equal(slow.disconnectReason, null, "it was not full yet");
  fast.prefetch = 0;
  const text = "queue 'q' in vhost '/' is full and this consumer too slow";
  slow.prefetch = 0;
  publish("7");
  assert.equal(slow.disconnectReason, text);
  assert.equal(fast.disconnectReason, text);
  slow.disconnectReason = null;
  publish("8");
  assert.equal(slow.disconnectReason, null, "once is enough");
  assert.equal(queue.readyCount, 2);
});

test("disconnect-consumer: a disconnected consumer's messages come back within the limit", () => {
  const { queue, publish, drain } = makeQueue({
    arguments: { "x-max-length": 2, "x-overflow": "disconnect-consumer" },
  });
  const slow = new TestSubscription("s", { prefetch: 2 });
  slow.disconnect = () => {
    queue.unsubscribe(slow);
    queue.requeue(slow.deliveries.map(({ position }) => position));
  };
  queue.subscribe(slow);
  publish("1", "2", "3", "4", "5");
  assert.equal(queue.consumerCount, 0);
  assert.deepEqual(drain(), ["4", "5"]);
});

test("block-publisher takes the message, answers blocked, and calls when a quarter is free", () => {
  const { queue, environment, publish } = makeQueue({
    arguments: { "x-max-length": 8, "x-overflow": "block-publisher" },
  });
  assert.equal(publish("1", "2", "3", "4", "5", "6", "7"), 0);
  assert.equal(queue.isBlocking, false);
  assert.equal(publish("8"), PUBLISHED.blocked);
  assert.equal(publish("9"), PUBLISHED.blocked);
  assert.equal(queue.readyCount, 9, "what was read already is kept");
  assert.equal(queue.isBlocking, true);
  queue.take(true);
  queue.take(true);
  assert.equal(environment.rooms, 0);
  assert.equal(publish("10"), PUBLISHED.blocked, "full until there is room");
  queue.take(true);
  queue.take(true);
  assert.equal(environment.rooms, 1);
  assert.equal(queue.isBlocking, false);
  assert.equal(publish("11"), 0);
});

test("block-publisher: consumers, purge, expiry and deletion make room too, each said once", () => {
  const settings = { "x-max-length": 1, "x-overflow": "block-publisher", "x-message-ttl": 100 };
  const consumed = makeQueue({ arguments: settings });
  consumed.publish("a");
  consumed.consume("c", { prefetch: 1 });
  assert.equal(consumed.environment.rooms, 1);
  const purged = makeQueue({ arguments: settings });
  purged.publish("a");
  purged.queue.purge();
  assert.equal(purged.environment.rooms, 1);
  const expired = makeQueue({ arguments: settings });
  expired.publish("a");
  expired.clock.advance(100);
  assert.equal(expired.environment.rooms, 1);
  const exact = makeQueue({ arguments: { ...settings, "x-expiry-mode": "exact" } });
  exact.publish("a");
  exact.clock.advance(100);
  assert.equal(exact.environment.rooms, 1);
  const deleted = makeQueue({ arguments: settings });
  deleted.publish("a");
  deleted.queue.delete();
  assert.equal(deleted.environment.rooms, 1);
});

test("a queue is full only of what nobody takes: ready consumers empty it before anything is refused", () => {
  const { queue, publish } = makeQueue({
    arguments: { "x-max-length": 600, "x-overflow": "reject-publish" },
  });
  publish(...Array.from({ length: 600 }, String));
  const consumer = new TestSubscription("c");
  queue.subscribe(consumer);
  assert.equal(publish("one more"), 0);
  assert.ok(consumer.deliveries.length > 0);
});
