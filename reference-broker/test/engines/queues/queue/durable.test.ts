import assert from "node:assert/strict";
import { test } from "node:test";
import { PUBLISHED } from "../../../../src/engines/queues/contract.ts";
import { MemoryStore } from "./memory-store.ts";
import { makeQueue, messageOf, type QueueUnderTest, TestSubscription } from "./test-queue.ts";

function publishStored({ queue }: QueueUnderTest, ...bodies: string[]): void {
  for (const body of bodies) queue.enqueue(messageOf(body, { persistent: true }));
}

test("persistent messages are stored and settled, transient ones are not", () => {
  const store = new MemoryStore();
  const { queue, consume } = makeQueue({ store });
  assert.equal(queue.enqueue(messageOf("a", { persistent: true })), PUBLISHED.storing);
  assert.equal(queue.enqueue(messageOf("b")), 0);
  assert.equal(queue.enqueue(messageOf("c", { persistent: true })), PUBLISHED.storing);
  assert.deepEqual(store.bodies, ["a", "c"]);
  const consumer = consume("c");
  assert.equal(queue.enqueue(messageOf("d", { persistent: true })), PUBLISHED.storing);
  for (const { position } of consumer.deliveries) queue.settle(position);
  assert.deepEqual(store.bodies, []);
});

test("what goes straight to a consumer without acknowledgement is not stored", () => {
  const store = new MemoryStore();
  const { queue, consume } = makeQueue({ store });
  consume("c", { noAck: true });
  assert.equal(queue.enqueue(messageOf("a", { persistent: true })), 0);
  assert.equal(store.nextSequence, 0);
});

test("a queue that nothing outlives stores nothing", () => {
  const { queue } = makeQueue();
  assert.equal(queue.enqueue(messageOf("a", { persistent: true })), 0);
});

test("a dead letter's stored copy stays until it has arrived", () => {
  const store = new MemoryStore();
  const { queue, environment } = makeQueue({ store, arguments: { "x-dead-letter-exchange": "dlx" } });
  for (const body of ["a", "b"]) queue.enqueue(messageOf(body, { persistent: true }));
  queue.enqueue(messageOf("t"));
  const taken = [queue.take(false)!, queue.take(false)!, queue.take(false)!];
  queue.reject(taken.map(({ position }) => position));
  assert.deepEqual(store.bodies, ["a", "b"]);
  assert.equal(queue.unacknowledgedCount, 0);
  assert.equal(queue.residentBytes, 0);
  const [a, , t] = environment.deadLetters;
  assert.equal(t!.position, -1);
  queue.deadLettered(a!.position);
  assert.deepEqual(store.bodies, ["b"]);
  assert.throws(() => queue.deadLettered(a!.position), /invariant/);
});

test("purge settles runs as ranges and leaves unacknowledged messages in the store", () => {
  const store = new MemoryStore();
  const under = makeQueue({ store });
  publishStored(under, "a", "b", "c", "d", "e");
  const taken = [under.queue.take(false)!, under.queue.take(false)!, under.queue.take(false)!];
  under.queue.requeue([taken[0]!.position]);
  under.queue.settle(taken[1]!.position);
  store.settled.length = 0;
  assert.equal(under.queue.purge(), 3);
  assert.deepEqual(store.settled, [0]);
  assert.deepEqual(store.ranges, [[3, 4]]);
  assert.deepEqual(store.bodies, ["c"]);
});

test("a restart brings back what was stored, unacknowledged included, in order, redelivered", async () => {
  const store = new MemoryStore();
  const before = makeQueue({ store });
  publishStored(before, "a", "b", "c", "d");
  before.publish("transient");
  const taken = [before.queue.take(false)!, before.queue.take(false)!];
  before.queue.settle(taken[1]!.position);
  before.queue.close();
  const after = makeQueue({ store, clock: before.clock });
  await after.queue.recover();
  assert.equal(after.queue.readyCount, 3);
  assert.equal(after.queue.readyBytes, 3);
  assert.equal(after.queue.residentBytes, 0, "bodies stay on disk until wanted");
  const first = after.queue.take(false)!;
  assert.ok(first.redelivered);
  after.queue.enqueue(messageOf("e", { persistent: true }));
  after.queue.requeue([first.position]);
  assert.deepEqual(after.drain(), ["a", "c", "d", "e"]);
  assert.deepEqual(store.bodies, []);
});

test("a restart brings priorities back", async () => {
  const store = new MemoryStore();
  const before = makeQueue({ store, arguments: { "x-max-priority": 3 } });
  for (const priority of [0, 3, 9]) {
    before.queue.enqueue(messageOf(String(priority), { priority, persistent: true }));
  }
  before.queue.close();
  const after = makeQueue({ store, arguments: { "x-max-priority": 3 } });
  await after.queue.recover();
  assert.deepEqual(after.drain(), ["3", "9", "0"]);
});

for (const mode of ["head", "exact"]) {
  test(`${mode}: deadlines outlive a restart; what expired meanwhile is dead-lettered when all has started`, async () => {
    const store = new MemoryStore();
    const settings = { "x-message-ttl": 100, "x-expiry-mode": mode, "x-dead-letter-exchange": "dlx" };
    const before = makeQueue({ store, arguments: settings });
    publishStored(before, "a");
    before.clock.advance(50);
    publishStored(before, "b");
    before.queue.close();
    before.clock.advance(60);
    const after = makeQueue({ store, arguments: settings, clock: before.clock });
    await after.queue.recover();
    assert.equal(after.environment.deadLetters.length, 0);
    after.clock.advance(0);
    const bodies = () => after.environment.deadLetters.map(({ body }) => body);
    assert.deepEqual(bodies(), ["a"]);
    after.clock.advance(39);
    assert.deepEqual(bodies(), ["a"]);
    after.clock.advance(1);
    assert.deepEqual(bodies(), ["a", "b"]);
  });
}

test("paging out gives bodies of stored messages, the last first, and reads them back when they are wanted", () => {
  const store = new MemoryStore();
  const under = makeQueue({ store });
  publishStored(under, "aa", "bb", "cc", "dd");
  under.publish("transient");
  const { queue } = under;
  assert.equal(queue.pageOut(3), 4);
  assert.equal(queue.residentBytes, 4 + "transient".length);
  assert.equal(queue.readyBytes, 8 + "transient".length);
  assert.equal(queue.pageOut(1000), 4);
  assert.equal(queue.pageOut(1000), 0);
  const a = queue.take(false)!;
  assert.equal(
    queue.residentBytes,
    "transient".length,
    "an unacknowledged one is wanted only if it comes back",
  );
  assert.equal(queue.pageOut(1000), 0);
  queue.requeue([a.position]);
  assert.deepEqual(under.drain(), ["aa", "bb", "cc", "dd", "transient"]);
  assert.equal(queue.residentBytes, 0);
  assert.equal(queue.readyBytes, 0);
});

test("a consumer waits for a body on disk, others' work goes on, and order is kept", async () => {
  const store = new MemoryStore();
  const under = makeQueue({ store });
  publishStored(under, "a", "b", "c");
  under.queue.pageOut(1000);
  for (const number of [0, 1, 2]) store.onDisk.add(number);
  const consumer = under.consume("c");
  publishStored(under, "d");
  under.queue.resume(consumer);
  assert.deepEqual(consumer.bodies, []);
  assert.equal(await store.answerReads(), 1, "one read at a time");
  assert.deepEqual(consumer.bodies, ["a", "b", "c", "d"]);
});

test("a read that comes back too late harms nothing", async () => {
  for (const meanwhile of ["purge", "delete"] as const) {
    const store = new MemoryStore();
    const under = makeQueue({ store });
    publishStored(under, "a");
    under.queue.pageOut(1000);
    store.onDisk.add(0);
    const consumer = under.consume("c");
    under.queue[meanwhile]();
    await store.answerReads();
    assert.deepEqual(consumer.bodies, []);
    const { residentBytes, unacknowledgedCount, damagedCount } = under.queue;
    assert.deepEqual([residentBytes, unacknowledgedCount, damagedCount], [0, 0, 0]);
  }
});

test("a message that the disk damaged is lost and counted, alone", async () => {
  const store = new MemoryStore();
  const under = makeQueue({ store });
  publishStored(under, "a", "b", "c", "d");
  under.queue.pageOut(1000);
  for (const number of [0, 2]) store.damaged.add(number);
  assert.equal(under.queue.take(true)!.message.body.toString(), "b");
  store.onDisk.add(2);
  const consumer = under.consume("c");
  await store.answerReads();
  assert.deepEqual(consumer.bodies, ["d"]);
  assert.equal(under.queue.damagedCount, 2);
  assert.equal(under.queue.readyCount, 0);
});

test("dead letters that are paged out are read back", () => {
  const store = new MemoryStore();
  const settings = { "x-dead-letter-exchange": "dlx", "x-max-length": 1 };
  const under = makeQueue({ store, arguments: settings });
  publishStored(under, "a");
  under.queue.pageOut(1000);
  publishStored(under, "b");
  assert.equal(under.environment.deadLetters[0]!.body, "a");
  const taken = under.queue.take(false)!;
  under.queue.pageOut(1000);
  under.queue.reject([taken.position]);
  assert.equal(under.environment.deadLetters[1]!.body, "b");
});

test("deleting removes the store's files, closing does not", () => {
  const store = new MemoryStore();
  const closed = makeQueue({ store });
  publishStored(closed, "a");
  closed.queue.close();
  assert.equal(store.removed, false);
  const deleted = makeQueue({ store });
  deleted.queue.delete();
  assert.equal(store.removed, true);
});

test("a subscription that was resumed while a body is read gets it once", async () => {
  const store = new MemoryStore();
  const under = makeQueue({ store });
  publishStored(under, "a");
  under.queue.pageOut(1000);
  store.onDisk.add(0);
  const consumer = new TestSubscription("c", { prefetch: 5 });
  under.queue.subscribe(consumer);
  under.environment.runTurns();
  under.queue.resume(consumer);
  under.queue.turn();
  await store.answerReads();
  assert.deepEqual(consumer.bodies, ["a"]);
});
