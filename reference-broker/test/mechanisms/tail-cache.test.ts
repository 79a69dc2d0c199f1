import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PartitionTail, TailCache } from "../../src/mechanisms/tail-cache.ts";

function extent(bytes: number, fill: number): Buffer {
  return Buffer.alloc(bytes, fill);
}

function joined(buffers: Buffer[] | null): Buffer | null {
  return buffers === null ? null : Buffer.concat(buffers);
}

test("reads what is cached, across extents, within the limit, and not over gaps or segments", () => {
  const cache = new TailCache(10_000);
  const tail = new PartitionTail();
  cache.add(tail, 0, 0, extent(100, 1));
  cache.add(tail, 0, 100, extent(50, 2));
  cache.add(tail, 0, 200, extent(50, 3));
  cache.add(tail, 70, 0, extent(30, 4));
  assert.deepEqual(joined(tail.read(0, 0, 1000)), Buffer.concat([extent(100, 1), extent(50, 2)]));
  assert.deepEqual(joined(tail.read(0, 90, 20)), Buffer.concat([extent(10, 1), extent(10, 2)]));
  assert.equal(tail.read(0, 150, 10), null);
  assert.deepEqual(joined(tail.read(0, 200, 10)), extent(10, 3));
  assert.equal(tail.read(0, 250, 10), null);
  assert.deepEqual(joined(tail.read(70, 0, 1000)), extent(30, 4));
  assert.equal(tail.read(1, 0, 10), null);
});

test("the oldest of all partitions goes first; what is left of a partition is still read", () => {
  const cache = new TailCache(250);
  const [a, b] = [new PartitionTail(), new PartitionTail()];
  cache.add(a, 0, 0, extent(100, 1));
  cache.add(b, 0, 0, extent(100, 2));
  cache.add(a, 0, 100, extent(100, 3));
  assert.equal(cache.bytes, 200);
  assert.equal(a.read(0, 0, 10), null);
  assert.deepEqual(joined(a.read(0, 100, 10)), extent(10, 3));
  assert.deepEqual(joined(b.read(0, 0, 10)), extent(10, 2));
  cache.add(b, 0, 100, extent(300, 4));
  assert.equal(cache.bytes, 0, "one that is larger than the cache is not kept");
  assert.equal(b.read(0, 100, 10), null);
});

test("cleared partitions give nothing and leave the accounts right", () => {
  const cache = new TailCache(250);
  const [a, b] = [new PartitionTail(), new PartitionTail()];
  cache.add(a, 0, 0, extent(100, 1));
  a.clear();
  assert.equal(a.read(0, 0, 10), null);
  cache.add(a, 0, 100, extent(100, 2));
  for (let i = 0; i < 5000; i++) cache.add(b, 0, i * 10, extent(10, 3));
  assert.equal(cache.bytes, 250);
  assert.equal(a.read(0, 100, 10), null);
  assert.deepEqual(joined(b.read(0, 49_990, 10)), extent(10, 3));
});

test("an evicted extent is let go at once, not when more follow", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const cache = new TailCache(100);
  const tail = new PartitionTail();
  const evicted = new WeakRef(addAndForget(cache, tail));
  cache.add(tail, 0, 90, extent(90, 2));
  await new Promise(setImmediate); // a WeakRef holds its target until the end of the turn
  collect();
  assert.equal(evicted.deref(), undefined);
});

function addAndForget(cache: TailCache, tail: PartitionTail): Buffer {
  const buffer = extent(90, 1);
  cache.add(tail, 0, 0, buffer);
  return buffer;
}
