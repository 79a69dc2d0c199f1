import assert from "node:assert/strict";
import { test } from "node:test";
import { createQueue } from "../../../../src/engines/queues/queue/classic-queue.ts";
import { makeQueue, messageOf, TestEnvironment, TestSubscription, tableOf } from "./test-queue.ts";
import { TestClock } from "./test-clock.ts";

test("a queue is what was declared", () => {
  const owner = {};
  const declaration = {
    ...{ name: "q", durable: true, autoDelete: true, exclusiveOwner: owner },
    arguments: tableOf({ "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "k" }),
  };
  const queue = createQueue(declaration, new TestEnvironment(new TestClock(), null));
  assert.equal(queue.name, "q");
  assert.ok(queue.durable && queue.autoDelete && queue.exclusiveOwner === owner);
  assert.equal(queue.arguments, declaration.arguments);
  assert.deepEqual([queue.deadLetterExchange, queue.deadLetterRoutingKey], ["", "k"]);
});

test("auto-delete: unused when the last consumer goes, never if there was none; basic.get does not count", () => {
  const { queue, environment, publish, consume } = makeQueue({ autoDelete: true });
  publish("a");
  queue.take(true);
  queue.unsubscribe(new TestSubscription("stranger"));
  assert.equal(environment.unusedCount, 0);
  const [a, b] = [consume("a"), consume("b")];
  queue.unsubscribe(a);
  queue.unsubscribe(a);
  assert.equal(environment.unusedCount, 0);
  queue.unsubscribe(b);
  assert.equal(environment.unusedCount, 1);
});

test("a queue that does not delete itself is never unused", () => {
  const { queue, environment, consume } = makeQueue();
  queue.unsubscribe(consume("a"));
  assert.equal(environment.unusedCount, 0);
});

test("x-expires: without use the queue expires; basic.get and a declaration are uses, a publish is none", () => {
  const { queue, clock, environment, publish } = makeQueue({ arguments: { "x-expires": 100 } });
  clock.advance(99);
  queue.take(true);
  clock.advance(99);
  queue.touch();
  clock.advance(99);
  publish("a");
  assert.equal(environment.expiredCount, 0);
  clock.advance(1);
  assert.equal(environment.expiredCount, 1);
  assert.equal(environment.deadLetters.length, 0);
});

test("x-expires: a queue with consumers is in use, and the time begins when the last one goes", () => {
  const { queue, clock, environment, consume } = makeQueue({ arguments: { "x-expires": 100 } });
  const consumer = consume("c");
  clock.advance(1000);
  assert.equal(environment.expiredCount, 0);
  queue.unsubscribe(consumer);
  clock.advance(99);
  assert.equal(environment.expiredCount, 0);
  clock.advance(1);
  assert.equal(environment.expiredCount, 1);
});

test("delete tells the consumers, dead-letters nothing, and answers those who still hold it", () => {
  const { queue, clock, environment, publish, consume } = makeQueue({
    arguments: { "x-expires": 100, "x-message-ttl": 50, "x-dead-letter-exchange": "dlx" },
  });
  const consumer = consume("c", { prefetch: 1 });
  publish("a", "b", "c");
  assert.equal(queue.delete(), 2);
  assert.equal(queue.delete(), 0);
  assert.ok(queue.isDeleted);
  assert.equal(consumer.cancelledCount, 1);
  assert.equal(clock.timers.size, 0);
  const { position } = consumer.deliveries[0]!;
  queue.settle(position);
  queue.requeue([position]);
  queue.reject([position]);
  queue.deadLettered(position);
  queue.unsubscribe(consumer);
  queue.resume(consumer);
  queue.turn();
  queue.touch();
  assert.equal(queue.enqueue(messageOf("d")), 0);
  assert.equal(queue.take(true), null);
  assert.equal(queue.purge(), 0);
  const counts = [queue.readyCount, queue.unacknowledgedCount, queue.residentBytes, queue.consumerCount];
  assert.deepEqual(counts, [0, 0, 0, 0]);
  assert.throws(() => queue.subscribe(consumer), { code: "not-found", message: "no queue 'q' in vhost '/'" });
  clock.advance(1000);
  assert.equal(environment.deadLetters.length + environment.expiredCount, 0);
});

test("close stops the timers and tells nobody", () => {
  const { queue, clock, environment, publish, consume } = makeQueue({
    arguments: { "x-expires": 100, "x-message-ttl": 50 },
    autoDelete: true,
  });
  const consumer = consume("c", { prefetch: 0 });
  publish("a");
  queue.close();
  queue.unsubscribe(consumer);
  clock.advance(1000);
  assert.equal(clock.timers.size, 0);
  assert.equal(environment.unusedCount + environment.expiredCount + consumer.cancelledCount, 0);
  assert.equal(queue.isDeleted, false);
});

test("reject: dead-lettered in order with an exchange, gone without", () => {
  const plain = makeQueue();
  plain.publish("a");
  plain.queue.reject([plain.queue.take(false)!.position]);
  assert.equal(plain.queue.unacknowledgedCount, 0);
  const { queue, environment, publish } = makeQueue({ arguments: { "x-dead-letter-exchange": "dlx" } });
  publish("a", "b", "c");
  const positions = [queue.take(false)!, queue.take(false)!].map(({ position }) => position);
  queue.reject(positions);
  assert.deepEqual(environment.deadLetters, [
    { body: "a", reason: "rejected", position: -1 },
    { body: "b", reason: "rejected", position: -1 },
  ]);
  assert.equal(queue.readyCount, 1);
  assert.equal(queue.unacknowledgedCount, 0);
});
