import assert from "node:assert/strict";
import { test } from "node:test";
import { BodyCache } from "../../../../src/engines/queues/body-cache.ts";
import { CHUNK_SLOTS, Chunk, NEVER, SLOT } from "../../../../src/engines/queues/queue/chunk.ts";
import { MemoryStore } from "./memory-store.ts";
import { makeQueue, messageOf, type QueueUnderTest } from "./test-queue.ts";

function backlog(count: number, cache: BodyCache, bodyOf: (at: number) => string): QueueUnderTest {
  const under = makeQueue({ store: new MemoryStore(), cache });
  for (let at = 0; at < count; at++) under.queue.enqueue(messageOf(bodyOf(at), { persistent: true }));
  return under;
}

for (const [name, bodyOf] of [
  ["one size", (at: number) => String(at).padStart(8, "0")],
  ["many sizes", (at: number) => "x".repeat(at % 13) + at],
] as const) {
  test(`a long backlog of ${name} that memory has no room for is delivered, given back, expired and purged like any other`, () => {
    const count = 3 * CHUNK_SLOTS + 100;
    const under = backlog(count, new BodyCache(0), bodyOf);
    const { queue } = under;
    const bytes = (from: number, to: number) => {
      let sum = 0;
      for (let at = from; at < to; at++) sum += bodyOf(at).length;
      return sum;
    };
    assert.equal(queue.residentBytes, 0);
    assert.equal(queue.readyBytes, bytes(0, count));
    const taken = Array.from({ length: CHUNK_SLOTS + 10 }, () => queue.take(false)!);
    assert.deepEqual(
      taken.map(({ message }) => message.body.toString()),
      taken.map((_, at) => bodyOf(at)),
    );
    assert.equal(queue.readyBytes, bytes(taken.length, count));
    queue.requeue(taken.slice(5).map(({ position }) => position));
    assert.equal(queue.readyBytes, bytes(5, count));
    const again = queue.take(false)!;
    assert.equal(again.message.body.toString(), bodyOf(5));
    assert.equal(again.redelivered, true);
    assert.equal(queue.statistics().uncachedMessages, count);
    assert.equal(queue.purge(), count - 6);
    assert.equal(queue.readyBytes, 0);
    for (const { position } of [...taken.slice(0, 5), again]) queue.settle(position);
    assert.equal(queue.unacknowledgedCount, 0);
  });
}

test("what came first stays in memory, what comes when that is full does not", () => {
  const cache = new BodyCache(100);
  const under = backlog(30, cache, () => "0123456789");
  assert.equal(under.queue.residentBytes, 100);
  assert.equal(cache.usedBytes, 100);
  assert.equal(under.drain().length, 30);
  assert.equal(cache.usedBytes, 0);
});

test("a full chunk is packed only when its messages are all alike, and comes back as it was", () => {
  const full = () => {
    const chunk = new Chunk(7 * CHUNK_SLOTS);
    for (let at = 0; at < CHUNK_SLOTS; at++) {
      const index = chunk.put(null, SLOT.ready | SLOT.redelivered, NEVER);
      chunk.setStored(index, 1000 + at);
      chunk.setPagedBytes(index, 10 + (at % 3));
    }
    return chunk;
  };
  const chunk = full();
  chunk.pack();
  assert.equal(chunk.isPacked, true);
  assert.equal(chunk.states.length, 0);
  chunk.unpack();
  assert.equal(chunk.live, CHUNK_SLOTS);
  for (let at = 0; at < CHUNK_SLOTS; at++) {
    assert.equal(chunk.stored![at], 1000 + at);
    assert.equal(chunk.bodyBytesAt(at), 10 + (at % 3));
    assert.equal(chunk.states[at], SLOT.ready | SLOT.redelivered | SLOT.stored);
    assert.equal(chunk.slots[at], null);
  }
  const alterations: ((chunk: Chunk) => void)[] = [
    (one) => one.setPhase(3, SLOT.unacknowledged),
    (one) => one.setStored(3, 5),
    (one) => one.setTimer(3, 1),
    (one) => (one.live -= 1),
  ];
  for (const alter of alterations) {
    const other = full();
    alter(other);
    other.pack();
    assert.equal(other.isPacked, false);
  }
});
