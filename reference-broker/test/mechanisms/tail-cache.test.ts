import assert from "node:assert/strict";
import { test } from "node:test";
import { PartitionTail, TailCache } from "../../src/mechanisms/tail-cache.ts";

const KIB = 1024;

function bytes(count: number, fill: number): Buffer {
  return Buffer.alloc(count, fill);
}

function append(
  cache: TailCache,
  tail: PartitionTail,
  segment: number,
  position: number,
  data: Buffer,
): void {
  assert.deepEqual(cache.place(tail, segment, position, [data], data.length), data);
  cache.keep(data.length);
}

function joined(buffers: Buffer[] | null): Buffer | null {
  return buffers === null ? null : Buffer.concat(buffers);
}

test("reads what is cached, across appends, within the limit, and not over gaps or segments", () => {
  const cache = new TailCache(100 * KIB);
  const tail = new PartitionTail();
  append(cache, tail, 0, 0, bytes(100, 1));
  append(cache, tail, 0, 100, bytes(50, 2));
  append(cache, tail, 0, 200, bytes(50, 3));
  append(cache, tail, 70, 0, bytes(30, 4));
  assert.deepEqual(joined(tail.read(0, 0, 1000)), Buffer.concat([bytes(100, 1), bytes(50, 2)]));
  assert.deepEqual(joined(tail.read(0, 90, 20)), Buffer.concat([bytes(10, 1), bytes(10, 2)]));
  assert.equal(tail.read(0, 150, 10), null);
  assert.deepEqual(joined(tail.read(0, 200, 10)), bytes(10, 3));
  assert.equal(tail.read(0, 250, 10), null);
  assert.deepEqual(joined(tail.read(70, 0, 1000)), bytes(30, 4));
  assert.equal(tail.read(1, 0, 10), null);
});

test("what was placed and not kept, since its write failed, is not read; the next takes its place", () => {
  const cache = new TailCache(100 * KIB);
  const tail = new PartitionTail();
  cache.place(tail, 0, 0, [bytes(100, 1)], 100);
  assert.equal(tail.read(0, 0, 10), null);
  append(cache, tail, 0, 0, bytes(60, 2));
  cache.place(tail, 0, 60, [bytes(5 * KIB, 3)], 5 * KIB);
  append(cache, tail, 0, 60, bytes(40, 4));
  assert.deepEqual(joined(tail.read(0, 0, 1000)), Buffer.concat([bytes(60, 2), bytes(40, 4)]));
});

test("the oldest of all partitions goes first; what is left of a partition is still read", () => {
  const cache = new TailCache(16 * KIB);
  const [a, b] = [new PartitionTail(), new PartitionTail()];
  append(cache, a, 0, 0, bytes(4 * KIB, 1));
  append(cache, b, 0, 0, bytes(4 * KIB, 2));
  append(cache, a, 0, 4 * KIB, bytes(8 * KIB, 3));
  assert.equal(cache.bytes, 16 * KIB);
  append(cache, b, 0, 4 * KIB, bytes(KIB, 4));
  assert.equal(cache.bytes, 16 * KIB);
  assert.equal(a.read(0, 0, 10), null);
  assert.equal(b.read(0, 0, 10), null);
  assert.deepEqual(joined(a.read(0, 4 * KIB, 10)), bytes(10, 3));
  assert.deepEqual(joined(b.read(0, 4 * KIB, 10)), bytes(10, 4));
});

test("what is larger than the cache is not kept, and its bytes come out all the same", () => {
  const cache = new TailCache(16 * KIB);
  const tail = new PartitionTail();
  append(cache, tail, 0, 0, bytes(17 * KIB, 1));
  assert.equal(cache.bytes, 0);
  assert.equal(tail.read(0, 0, 10), null);
});

test("cleared partitions give nothing and leave the accounts right", () => {
  const cache = new TailCache(16 * KIB);
  const [a, b] = [new PartitionTail(), new PartitionTail()];
  append(cache, a, 0, 0, bytes(100, 1));
  a.clear();
  assert.equal(a.read(0, 0, 10), null);
  append(cache, a, 0, 100, bytes(100, 2));
  for (let i = 0; i < 5000; i++) append(cache, b, 0, i * 10, bytes(10, 3));
  assert.ok(cache.bytes <= 16 * KIB);
  assert.equal(a.read(0, 100, 10), null);
  assert.deepEqual(joined(b.read(0, 49_990, 10)), bytes(10, 3));
});

test("memory that a reader was given stays as it was after its eviction; other memory is used again", () => {
  const cache = new TailCache(4 * KIB);
  const tail = new PartitionTail();
  append(cache, tail, 0, 0, bytes(4 * KIB, 1));
  const peeked = tail.peek(0, 0, 10)!;
  append(cache, tail, 0, 4 * KIB, bytes(4 * KIB, 2));
  assert.deepEqual(joined(peeked), bytes(10, 2), "used again");
  const held = tail.read(0, 4 * KIB, 10)!;
  for (let i = 2; i < 6; i++) append(cache, tail, 0, i * 4 * KIB, bytes(4 * KIB, 3));
  assert.deepEqual(joined(held), bytes(10, 2));
});
