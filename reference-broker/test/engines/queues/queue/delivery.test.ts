import assert from "node:assert/strict";
import { test } from "node:test";
import { makeQueue, messageOf, TestSubscription } from "./test-queue.ts";

test("a message goes straight to a ready consumer; without acknowledgement the queue never holds it", () => {
  const { queue, publish, consume } = makeQueue();
  const consumer = consume("c", { noAck: true });
  publish("a", "b");
  assert.deepEqual(consumer.bodies, ["a", "b"]);
  assert.equal(queue.readyCount + queue.unacknowledgedCount + queue.residentBytes, 0);
});

test("with acknowledgement it is held until settled, and a position is settled once", () => {
  const { queue, publish, consume } = makeQueue();
  const consumer = consume("c");
  publish("a", "bcd");
  assert.equal(queue.unacknowledgedCount, 2);
  assert.equal(queue.residentBytes, 4);
  const { position } = consumer.deliveries[0]!;
  queue.settle(position);
  assert.equal(queue.unacknowledgedCount, 1);
  assert.equal(queue.residentBytes, 3);
  assert.throws(() => queue.settle(position), /invariant/);
  assert.throws(() => queue.requeue([position]), /invariant/);
  assert.throws(() => queue.settle(99), /invariant/);
});

test("order is kept between what waits and what comes while a consumer is busy", () => {
  const { queue, environment, publish, consume } = makeQueue();
  publish("a", "b");
  const consumer = consume("c", { prefetch: 1 });
  publish("c");
  assert.deepEqual(consumer.bodies, ["a"]);
  consumer.prefetch = 5;
  queue.resume(consumer);
  publish("d");
  assert.deepEqual(consumer.bodies, ["a", "b", "c", "d"]);
  assert.equal(environment.pendingTurns, 0);
});

test("nothing is delivered within subscribe, for consume-ok goes first", () => {
  const { queue, environment, publish } = makeQueue();
  publish("a");
  const consumer = new TestSubscription("c");
  queue.subscribe(consumer);
  assert.equal(consumer.deliveries.length, 0);
  assert.equal(environment.runTurns(), 1);
  assert.deepEqual(consumer.bodies, ["a"]);
});

test("a turn's work is bounded, and messages published meanwhile keep their place", () => {
  const { queue, environment, publish } = makeQueue();
  const bodies = Array.from({ length: 2000 }, (_, at) => String(at));
  publish(...bodies);
  const consumer = new TestSubscription("c");
  queue.subscribe(consumer);
  environment.runTurns();
  const first = consumer.deliveries.length;
  assert.ok(first > 0 && first < 2000, `${first} in one turn`);
  publish("last");
  assert.equal(consumer.deliveries.length, first, "it waits behind the others");
  while (environment.runTurns() > 0);
  assert.deepEqual(consumer.bodies, [...bodies, "last"]);
});

test("consumers of equal priority take turns, one of higher priority is filled first", () => {
  const { queue, publish, consume } = makeQueue();
  const [a, b] = [consume("a"), consume("b")];
  const high = consume("h", { priority: 1, prefetch: 2 });
  publish("1", "2", "3", "4", "5");
  assert.deepEqual([high.bodies, a.bodies, b.bodies], [["1", "2"], ["3", "5"], ["4"]]);
  high.prefetch = 1;
  queue.resume(high);
  publish("6", "7");
  assert.deepEqual(
    [high.bodies, a.bodies, b.bodies],
    [
      ["1", "2", "6"],
      ["3", "5"],
      ["4", "7"],
    ],
  );
});

test("what waited is dealt out in turns too", () => {
  const { queue, environment, publish } = makeQueue();
  publish("1", "2", "3", "4");
  const [a, b] = [new TestSubscription("a"), new TestSubscription("b")];
  queue.subscribe(a);
  queue.subscribe(b);
  environment.runTurns();
  assert.deepEqual(
    [a.bodies, b.bodies],
    [
      ["1", "3"],
      ["2", "4"],
    ],
  );
});

test("a consumer that acknowledges within its deliveries is one turn's work like any other", () => {
  const { queue, publish } = makeQueue();
  publish(...Array.from({ length: 20_000 }, String));
  const consumer = new TestSubscription("c", { prefetch: 1 });
  consumer.whenDelivered = ({ position }) => {
    queue.settle(position);
    consumer.prefetch = 1;
    queue.resume(consumer);
  };
  queue.subscribe(consumer);
  queue.turn();
  assert.ok(consumer.deliveries.length > 0 && consumer.deliveries.length < 2000);
});

test("requeued messages come first, where they stood, and are redelivered; others are not", () => {
  const { queue, environment, publish, consume } = makeQueue();
  const consumer = consume("c", { prefetch: 3 });
  publish("a", "b", "c", "d");
  queue.settle(consumer.deliveries[1]!.position);
  queue.unsubscribe(consumer);
  queue.requeue([consumer.deliveries[0]!.position, consumer.deliveries[2]!.position]);
  assert.equal(queue.readyCount, 3);
  const other = new TestSubscription("o");
  queue.subscribe(other);
  environment.runTurns();
  const seen = other.deliveries.map(({ body, redelivered }) => [body, redelivered]);
  assert.deepEqual(seen, [
    ["a", true],
    ["c", true],
    ["d", false],
  ]);
});

test("requeue delivers nothing within the call, for the channel may be closing", () => {
  const { queue, environment, publish, consume } = makeQueue();
  const consumer = consume("c");
  publish("a");
  queue.requeue([consumer.deliveries[0]!.position]);
  assert.equal(consumer.deliveries.length, 1);
  environment.runTurns();
  assert.equal(consumer.deliveries.length, 2);
  assert.ok(consumer.deliveries[1]!.redelivered);
});

test("take gives the head, noAck settles it, and an empty queue gives null", () => {
  const { queue, publish } = makeQueue();
  assert.equal(queue.take(false), null);
  publish("a", "b");
  const taken = queue.take(false)!;
  assert.equal(taken.message.body.toString(), "a");
  assert.equal(taken.redelivered, false);
  assert.equal(queue.readyCount, 1);
  queue.requeue([taken.position]);
  assert.equal(queue.take(true)!.redelivered, true);
  assert.equal(queue.unacknowledgedCount, 0);
  assert.equal(queue.take(true)!.message.body.toString(), "b");
  assert.equal(queue.take(true), null);
});

test("purge removes what is ready and leaves what is unacknowledged", () => {
  const { queue, environment, publish, consume } = makeQueue();
  const consumer = consume("c", { prefetch: 1 });
  publish("a", "b", "c");
  assert.equal(queue.purge(), 2);
  assert.equal(queue.purge(), 0);
  queue.unsubscribe(consumer);
  queue.requeue([consumer.deliveries[0]!.position]);
  publish("d");
  assert.deepEqual(makeDrain(queue), ["a", "d"]);
  assert.equal(environment.deadLetters.length, 0);
});

function makeDrain(queue: ReturnType<typeof makeQueue>["queue"]): string[] {
  const bodies: string[] = [];
  for (let taken = queue.take(true); taken !== null; taken = queue.take(true)) {
    bodies.push(taken.message.body.toString());
  }
  return bodies;
}

test("a consumer that goes, or settles and resumes, within its own delivery harms nothing", () => {
  const { queue, publish, consume } = makeQueue();
  publish("a", "b", "c");
  const consumer = new TestSubscription("c", { prefetch: 1 });
  consumer.whenDelivered = ({ position }) => {
    queue.settle(position);
    consumer.prefetch = 1;
    queue.resume(consumer);
  };
  queue.subscribe(consumer);
  queue.turn();
  assert.deepEqual(consumer.bodies, ["a", "b", "c"]);
  assert.equal(queue.unacknowledgedCount, 0);
  consumer.whenDelivered = ({ position }) => {
    queue.unsubscribe(consumer);
    queue.requeue([position]);
  };
  publish("d", "e");
  assert.equal(queue.readyCount, 2);
  assert.deepEqual(consume("o").bodies, ["d", "e"]);
});

test("an exclusive consumer is alone, in RabbitMQ's words", () => {
  const { queue, consume } = makeQueue();
  const exclusive = consume("x", { exclusive: true });
  const refusal = { code: "access-refused", message: "queue 'q' in vhost '/' in exclusive use" };
  assert.throws(() => consume("o"), refusal);
  queue.unsubscribe(exclusive);
  consume("o");
  assert.throws(() => consume("x", { exclusive: true }), refusal);
});

test("single active consumer: the next in order of registration goes on with what the first had", () => {
  const { queue, environment, publish, consume } = makeQueue({
    arguments: { "x-single-active-consumer": true },
  });
  const first = consume("1");
  const [second, third] = [consume("2"), consume("3")];
  publish("a", "b");
  assert.equal(queue.consumerCount, 3);
  assert.deepEqual([second.bodies, third.bodies], [[], []]);
  queue.unsubscribe(first);
  queue.requeue(first.deliveries.map(({ position }) => position));
  publish("c");
  environment.runTurns();
  assert.deepEqual(second.bodies, ["a", "b", "c"]);
  assert.deepEqual(third.bodies, []);
});

test("single active consumer: the next one gets what is ready also when nothing is requeued", () => {
  const { queue, environment, publish, consume } = makeQueue({
    arguments: { "x-single-active-consumer": true },
  });
  const first = consume("1", { prefetch: 1 });
  const second = consume("2");
  publish("a", "b");
  queue.unsubscribe(first);
  environment.runTurns();
  assert.deepEqual(second.bodies, ["b"]);
});

test("the highest priority goes first, first in first out within one, above the maximum is the maximum", () => {
  const { queue, drain } = makeQueue({ arguments: { "x-max-priority": 5 } });
  for (const [body, priority] of [
    ["a", 0],
    ["b", 5],
    ["c", 200],
    ["d", 3],
    ["e", 0],
    ["f", 5],
  ] as const) {
    queue.enqueue(messageOf(body, { priority }));
  }
  assert.equal(queue.readyCount, 6);
  assert.deepEqual(drain(), ["b", "c", "f", "d", "a", "e"]);
});

test("positions tell priorities apart, and 255 of them", () => {
  const { queue, drain } = makeQueue({ arguments: { "x-max-priority": 255 } });
  for (const priority of [0, 255, 128]) queue.enqueue(messageOf(String(priority), { priority }));
  const positions = [queue.take(false)!, queue.take(false)!, queue.take(false)!].map(
    ({ position }) => position,
  );
  assert.equal(new Set(positions).size, 3);
  assert.ok(positions.every(Number.isSafeInteger));
  queue.settle(positions[1]!);
  queue.requeue([positions[2]!]);
  queue.requeue([positions[0]!]);
  assert.deepEqual(drain(), ["255", "0"]);
});

test("without x-max-priority the priority of a message means nothing", () => {
  const { queue, drain } = makeQueue();
  for (const priority of [0, 9, 4]) queue.enqueue(messageOf(String(priority), { priority }));
  assert.deepEqual(drain(), ["0", "9", "4"]);
});
