import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "./memory-store.ts";
import { makeQueue, messageOf, type QueueUnderTest, TestSubscription } from "./test-queue.ts";

/** More than all the time that a message is asked for again and again. */
const PATIENCE_MS = 60_000;

/** A queue of stored messages that must be read from the disk, which does not give some of them. */
function onDisk(
  bodies: readonly string[],
  unreadable: readonly number[],
  table = {},
): QueueUnderTest & { store: MemoryStore } {
  const store = new MemoryStore();
  const under = makeQueue({ store, arguments: table });
  for (const body of bodies) under.queue.enqueue(messageOf(body, { persistent: true }));
  under.queue.pageOut(Number.MAX_SAFE_INTEGER);
  for (const number of bodies.keys()) store.onDisk.add(number);
  for (const number of unreadable) store.unreadable.add(number);
  return { ...under, store };
}

function events({ environment }: QueueUnderTest): string[] {
  return environment.reports.map(({ event }) => event);
}

/** Time passes, turns come, and every read is answered at once. Returns the times at which the disk was asked. */
async function pass(
  { clock, environment, store }: QueueUnderTest & { readonly store: MemoryStore },
  ms: number,
): Promise<number[]> {
  const askedMs: number[] = [];
  for (let at = 0; at <= ms; at += 5) {
    if ((await store.answerReads()) > 0) askedMs.push(at);
    environment.runTurns();
    clock.advance(5);
  }
  return askedMs;
}

test("a disk that stumbles is asked again, less and less often, with one line in the log, and nothing is lost", async () => {
  const under = onDisk(["a", "b"], [0]);
  const consumer = under.consume("c");
  const askedMs = await pass(under, 700);
  assert.deepEqual(consumer.bodies, []);
  assert.deepEqual(events(under), ["stored message unreadable"]);
  const { fields } = under.environment.reports[0]!;
  assert.deepEqual(fields, { virtualHost: "/", queue: "q", message: 0, error: "Error: EIO: injected" });
  const gaps = askedMs.slice(1).map((at, index) => at - askedMs[index]!);
  assert.deepEqual(
    gaps,
    gaps.toSorted((a, b) => a - b),
  );
  assert.ok(gaps.length >= 5 && gaps[0]! <= 15 && gaps.at(-1)! >= 300, gaps.join());
  under.store.unreadable.clear();
  await pass(under, 1500);
  assert.deepEqual(consumer.bodies, ["a", "b"]);
  assert.deepEqual(events(under), ["stored message unreadable", "stored messages can be read again"]);
});

test("a message that the disk never gives is set aside and named, its record stays, and the others go on in order", async () => {
  const under = onDisk(["a", "b", "c"], [1]);
  const consumer = under.consume("c");
  await pass(under, PATIENCE_MS);
  assert.deepEqual(consumer.bodies, ["a", "c"]);
  assert.deepEqual(events(under), ["stored message unreadable", "stored message set aside"]);
  assert.equal(under.environment.reports[1]!.fields.message, 1);
  const { readyMessages, unreadableMessages, damagedMessages } = under.queue.statistics();
  assert.deepEqual([readyMessages, unreadableMessages, damagedMessages], [0, 1, 0]);
  assert.equal(under.clock.timers.size, 0);
  for (const { position } of consumer.deliveries) under.queue.settle(position);
  assert.deepEqual(under.store.bodies, ["b"]);
  const again = makeQueue({ store: under.store });
  under.store.unreadable.clear();
  await again.queue.recover();
  assert.deepEqual(again.drain(), ["b"]);
});

test("who asks for a single message is told that the disk failed, and gets it when it is well again", () => {
  const under = onDisk(["a"], [0]);
  assert.throws(() => under.queue.take(false), { name: "BrokerError", code: "STORAGE_FAILED" });
  assert.deepEqual(events(under), ["stored message unreadable"]);
  assert.equal(under.queue.readyCount, 1);
  under.store.unreadable.clear();
  assert.equal(under.queue.take(false)!.message.body.toString(), "a");
});

test("messages that die unread are read meanwhile: they are dead letters in the order of their deaths", async () => {
  const under = onDisk(["a", "b", "c"], [0], { "x-message-ttl": 100, "x-dead-letter-exchange": "dlx" });
  const bodies = () => under.environment.deadLetters.map(({ body }) => body);
  under.clock.advance(100);
  under.environment.runTurns();
  under.publish("later");
  under.clock.advance(100);
  const consumer = under.consume("c");
  assert.deepEqual(consumer.bodies, [], "none that expired is delivered meanwhile");
  await under.store.answerReads();
  assert.deepEqual(bodies(), []);
  under.store.unreadable.clear();
  await pass(under, 100);
  under.environment.runTurns();
  assert.deepEqual(bodies(), ["a", "b", "c", "later"]);
  assert.deepEqual(consumer.bodies, []);
});

test("of those that die one may be unreadable for good: the others are dead letters all the same", async () => {
  const dlx = { "x-dead-letter-exchange": "dlx" };
  for (const how of ["expired", "maxlen", "rejected"] as const) {
    const arguments_ = { expired: { "x-message-ttl": 50 }, maxlen: { "x-max-length": 3 }, rejected: {} }[how];
    const under = onDisk(["a", "b", "c"], [1], { ...dlx, ...arguments_ });
    if (how === "expired") under.clock.advance(50);
    if (how === "maxlen") under.publish("d", "e", "f");
    if (how === "rejected") {
      under.store.unreadable.clear();
      const taken = [1, 2, 3].map(() => under.queue.take(false)!.position);
      for (const number of [0, 1, 2]) under.store.onDisk.add(number);
      under.store.unreadable.add(1);
      under.queue.reject(taken);
      assert.equal(under.queue.unacknowledgedCount, 0);
    }
    assert.equal(under.queue.readyCount, { expired: 2, maxlen: 3, rejected: 0 }[how]);
    under.environment.runTurns();
    await pass(under, PATIENCE_MS);
    const letters = under.environment.deadLetters.map(({ body, reason }) => `${body} ${reason}`);
    assert.deepEqual(letters, [`a ${how}`, `c ${how}`]);
    assert.equal(under.queue.statistics().unreadableMessages, 1);
    for (const { position } of under.environment.deadLetters) under.queue.deadLettered(position);
    assert.deepEqual(under.store.bodies, ["b"]);
  }
});

test("many rejected at once go over several turns, in order, while others are delivered", () => {
  const under = makeQueue({ arguments: { "x-dead-letter-exchange": "dlx" } });
  const count = 3000;
  under.publish(...Array.from({ length: count }, (_, index) => String(index)));
  const positions = Array.from({ length: count }, () => under.queue.take(false)!.position);
  under.queue.reject(positions);
  positions.fill(-1);
  under.publish("live");
  const consumer = new TestSubscription("c");
  under.queue.subscribe(consumer);
  under.environment.runTurns();
  assert.deepEqual(consumer.bodies, ["live"]);
  const { length } = under.environment.deadLetters;
  assert.ok(length > 0 && length < count, `${length} in one turn`);
  while (under.environment.runTurns() > 0);
  assert.deepEqual(
    under.environment.deadLetters.map(({ body }) => Number(body)),
    Array.from({ length: count }, (_, index) => index),
  );
  assert.equal(under.queue.unacknowledgedCount, 1);
});

test("while dead letters are held nothing dies out of order, and what died is gone from the queue", () => {
  const under = makeQueue({ arguments: { "x-dead-letter-exchange": "dlx", "x-max-length": 2 } });
  const { environment, queue } = under;
  environment.deadLetterBacklog = environment.deadLetterLimit + 1;
  under.publish("a", "b", "c", "d");
  assert.equal(queue.readyCount, 2);
  environment.runTurns();
  assert.deepEqual(environment.deadLetters, []);
  environment.deadLetterBacklog = 0;
  under.publish("e");
  environment.runTurns();
  assert.deepEqual(
    environment.deadLetters.map(({ body }) => body),
    ["a", "b", "c"],
  );
  assert.deepEqual(under.drain(), ["d", "e"]);
});

test("a queue that is deleted or closed while messages wait to be read asks no more", async () => {
  for (const end of ["delete", "close"] as const) {
    const under = onDisk(["a", "b"], [0], { "x-message-ttl": 50, "x-dead-letter-exchange": "dlx" });
    under.clock.advance(50);
    under.environment.runTurns();
    await under.store.answerReads();
    under.queue[end]();
    assert.equal(under.clock.timers.size, 0);
    await pass(under, 1000);
    assert.deepEqual(under.environment.deadLetters, []);
  }
});
