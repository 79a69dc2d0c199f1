import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import fc from "fast-check";
import { murmur2, partitionOfKey } from "../../src/mechanisms/murmur2.ts";

/** KafkaJS's own, which agrees with the Java client's. */
const independent = createRequire(import.meta.url)(
  "kafkajs/src/producer/partitioners/default/murmur2.js",
) as (key: Buffer) => number;

test("the hashes that Kafka's own tests know", () => {
  const known: readonly [string, number][] = [
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ["abc", 479470107],
  ];
  for (const [key, hash] of known) assert.equal(murmur2(Buffer.from(key)), hash, key);
});

test("property: every key has the hash that another client gives it, and a partition that exists", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 1, max: 1000 }), (key, partitions) => {
      assert.equal(murmur2(key), independent(Buffer.from(key)));
      const partition = partitionOfKey(key, partitions);
      assert.ok(partition >= 0 && partition < partitions);
    }),
  );
});
