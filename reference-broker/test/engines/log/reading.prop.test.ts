import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { batchOf, placed, temporaryDirectory, TestLog } from "./test-log.ts";

const scenario = fc.record({
  sizes: fc.array(fc.record({ count: fc.integer({ min: 1, max: 4 }), valueBytes: fc.nat(300) }), {
    minLength: 1,
    maxLength: 60,
  }),
  perTurn: fc.integer({ min: 1, max: 8 }),
  segmentBytes: fc.integer({ min: 300, max: 6000 }),
  indexIntervalBytes: fc.integer({ min: 50, max: 2000 }),
  tailCacheBytes: fc.constantFrom(0, 5000, 20_000, 1_000_000),
  restarts: fc.boolean(),
  reads: fc.array(
    fc.record({
      offset: fc.nat(250),
      maxBytes: fc.nat(5000),
      atLeastOne: fc.boolean(),
      enough: fc.nat(4000),
    }),
    { minLength: 1, maxLength: 30 },
  ),
});

test("any offset reads the batch that holds it and whole batches behind it, within the limit, from cache or disk", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const directory = temporaryDirectory();
      try {
        await checkReads(directory.path, given);
      } finally {
        directory.remove();
      }
    }),
    { numRuns: 150 },
  );
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

async function checkReads(directory: string, given: Scenario): Promise<void> {
  const { sizes, perTurn, segmentBytes, indexIntervalBytes, tailCacheBytes, reads } = given;
  const options = { settings: { segmentBytes, indexIntervalBytes }, tailCacheBytes };
  let log = new TestLog(directory, options);
  const sent = sizes.map(({ count, valueBytes }, i) => batchOf(count, valueBytes, {}, i));
  const batches = placed(sent).map((bytes) => {
    const first = Number(bytes.readBigInt64BE(0));
    return { bytes, first, last: first + bytes.readInt32BE(23) };
  });
  for (let i = 0; i < sent.length; i += perTurn) {
    for (const batch of sent.slice(i, i + perTurn)) void log.append(batch);
    log.log.flush();
  }
  if (given.restarts) {
    await log.crash();
    log = new TestLog(directory, options);
  }
  const end = batches.at(-1)!.last + 1;
  assert.equal(log.log.logEndOffset, end);
  for (const { offset: wish, maxBytes, atLeastOne, enough } of reads) {
    const offset = wish % (end + 2);
    const from = batches.findIndex(({ last }) => last >= offset);
    const expected = from < 0 ? [] : batches.slice(from);
    const total = expected.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const available = log.reader.availableBytes(offset, enough);
    if (total < enough) assert.equal(available, total);
    else assert.ok(available >= enough && available <= Math.max(total, 61));
    const { buffers, bytes } = await log.reader.read(offset, maxBytes, atLeastOne);
    const got = Buffer.concat(buffers);
    assert.equal(got.length, bytes);
    assert.deepEqual(got, Buffer.concat(expected.map((batch) => batch.bytes)).subarray(0, bytes));
    const boundaries = [0];
    for (const batch of expected) boundaries.push(boundaries.at(-1)! + batch.bytes.length);
    assert.ok(boundaries.includes(bytes), "whole batches");
    const firstBytes = expected[0]?.bytes.length ?? 0;
    if (firstBytes > maxBytes) assert.equal(bytes, atLeastOne ? firstBytes : 0);
    else if (firstBytes > 0) assert.ok(bytes >= firstBytes && bytes <= maxBytes);
  }
  assert.deepEqual(await log.readAll(0, 700), Buffer.concat(batches.map((batch) => batch.bytes)));
  await log.crash();
  await new Promise(setImmediate);
  assert.equal(log.fileSystem.openFiles(), 0);
}
