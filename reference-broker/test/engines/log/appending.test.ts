import assert from "node:assert/strict";
import { test } from "node:test";
import { expendableBy } from "../../../src/engines/log/retention.ts";
import { findFirstAtOrAfter, findMaxTimestamp } from "../../../src/engines/log/timestamp-search.ts";
import { batchOf, inDirectory, NOW_MS, sequenced, TestLog } from "./test-log.ts";

test("max.message.bytes is exact; everything wrong with a batch has its own answer and leaves the log as it was", () =>
  inDirectory(async (directory) => {
    const exact = batchOf(1, 200);
    const log = new TestLog(directory, {
      settings: {
        maxMessageBytes: exact.length,
        messageTimestampBeforeMaxMs: 1000,
        messageTimestampAfterMaxMs: 1000,
      },
    });
    const answer = async (batch: Buffer) => (await log.write(batch)).error;
    assert.equal(await answer(batchOf(1, 201)), "MESSAGE_TOO_LARGE");
    assert.equal(await answer(batchOf(1, 5, { crcError: 1 })), "CORRUPT_MESSAGE");
    assert.equal(await answer(batchOf(1, 5, { lengthError: 1 })), "CORRUPT_MESSAGE");
    assert.equal(await answer(batchOf(1, 5).subarray(0, 60)), "CORRUPT_MESSAGE");
    assert.equal(await answer(Buffer.concat([batchOf(1, 5), batchOf(1, 5)])), "INVALID_RECORD");
    assert.equal(await answer(batchOf(2, 5, { recordCount: 3 })), "INVALID_RECORD");
    assert.equal(await answer(batchOf(1, 5, { attributes: 0x20 })), "INVALID_RECORD");
    assert.equal(await answer(batchOf(1, 5, { attributes: 0x10 })), "INVALID_TXN_STATE");
    assert.equal(await answer(batchOf(1, 5, { producerId: 1, producerEpoch: 0 })), "INVALID_RECORD");
    assert.equal(await answer(batchOf(1, 5, { magic: 1 })), "UNSUPPORTED_FOR_MESSAGE_FORMAT");
    assert.equal(await answer(batchOf(1, 5, { baseTimestamp: NOW_MS - 1001 })), "INVALID_TIMESTAMP");
    assert.equal(await answer(batchOf(1, 5, { baseTimestamp: NOW_MS + 1001 })), "INVALID_TIMESTAMP");
    assert.equal(log.log.logEndOffset, 0);
    assert.equal(await answer(exact), null);
    assert.equal(await answer(batchOf(1, 5, { baseTimestamp: NOW_MS - 1000 })), null);
    assert.equal(await answer(batchOf(1, 5, { baseTimestamp: -1 })), null, "no timestamp is never too old");
    assert.equal(log.log.logEndOffset, 3);
    await log.crash();
  }));

test("LogAppendTime replaces the producer's time, whatever it was, and the stored batch has a right CRC", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, { settings: { messageTimestampType: "LogAppendTime" } });
    const old = batchOf(2, 5, { baseTimestamp: 5 });
    const far = batchOf(1, 5, { baseTimestamp: NOW_MS * 2 });
    for (const batch of [old, far]) {
      const outcome = await log.write(batch);
      assert.deepEqual([outcome.error, outcome.appendTimeMs], [null, NOW_MS]);
    }
    await log.crash();
    const again = new TestLog(directory);
    assert.equal(again.log.logEndOffset, 3, "recovery checks the CRC");
    assert.deepEqual(await findFirstAtOrAfter(again.log.segments, NOW_MS), {
      offset: 0,
      timestampMs: NOW_MS,
    });
    await again.crash();
  }));

test("a time is found in the segment and batch that has it, also across rolls and when times go back", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, { settings: { segmentBytes: 900, indexIntervalBytes: 100 } });
    const times = Array.from({ length: 60 }, (_, i) => NOW_MS + (i % 7 === 3 ? i * 10 + 25 : i * 10));
    for (const baseTimestamp of times) await log.write(batchOf(1, 20, { baseTimestamp }));
    assert.ok(log.log.segments.length > 3);
    for (let wanted = NOW_MS - 5; wanted < NOW_MS + 640; wanted += 5) {
      const expected = times.findIndex((time) => time >= wanted);
      const found = await findFirstAtOrAfter(log.log.segments, wanted);
      assert.equal(found?.offset ?? -1, expected, `time ${wanted - NOW_MS}`);
    }
    const newest = Math.max(...times);
    assert.deepEqual(await findMaxTimestamp(log.log.segments), {
      offset: times.indexOf(newest),
      timestampMs: newest,
    });
    await log.crash();
    assert.equal(await findFirstAtOrAfter(log.log.segments, NOW_MS), null, "a closed log is not read");
  }));

test("segments roll by size and by time, and only then", () =>
  inDirectory(async (directory) => {
    const batch = batchOf(1, 100);
    const log = new TestLog(directory, { settings: { segmentBytes: batch.length * 2, segmentMs: 1000 } });
    const bases = () => log.log.segments.map(({ baseOffset }) => baseOffset);
    await log.write(batch);
    await log.write(batchOf(1, 100));
    assert.deepEqual(bases(), [0]);
    await log.write(batchOf(1, 100, { baseTimestamp: -1 }));
    await log.write(batchOf(1, 10, { baseTimestamp: NOW_MS }));
    assert.deepEqual(bases(), [0, 2], "no timestamp counts as no age");
    await log.write(batchOf(1, 10, { baseTimestamp: NOW_MS + 1000 }));
    assert.deepEqual(bases(), [0, 2, 5].slice(0, bases().length));
    const before = bases().length;
    await log.write(batchOf(1, 10, { baseTimestamp: NOW_MS + 2500 }));
    assert.equal(bases().length, before + 1);
    await log.crash();
  }));

const AGE = { retentionMs: 1000, retentionBytes: -1 };

test("retention removes old segments under readers, rolls the last one, and leaves offsets and sequences intact", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, { settings: { segmentBytes: 400 }, tailCacheBytes: 0 });
    for (let i = 0; i < 20; i++) await log.write(sequenced(1, 0, i));
    const readings = Array.from({ length: 20 }, (_, offset) => log.reader.read(offset, 300, true));
    const removed = log.log.deleteOldSegments(expendableBy(AGE, NOW_MS + 1001));
    assert.ok(removed > 3);
    assert.deepEqual([log.log.logStartOffset, log.log.logEndOffset], [20, 20]);
    await Promise.all(readings); // those under way come to an end, with their bytes or none
    assert.equal((await log.reader.read(3, 300, true)).bytes, 0);
    await new Promise(setImmediate);
    assert.equal(log.fileSystem.openFiles(), 1);
    assert.equal((await log.write(sequenced(1, 0, 19))).baseOffset, 19, "still known as a duplicate");
    assert.equal((await log.write(sequenced(1, 0, 20))).baseOffset, 20);
    await log.crash();
    const again = new TestLog(directory);
    assert.deepEqual([again.log.logStartOffset, again.log.logEndOffset], [20, 21]);
    assert.equal((await again.write(sequenced(1, 0, 18))).baseOffset, 18);
    await again.crash();
  }));

test("retention by size keeps at least that much; what is being written to is left alone", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, { settings: { segmentBytes: 400 } });
    for (let i = 0; i < 30; i++) await log.write(batchOf(1, 50));
    const bytes = () => log.log.segments.reduce((sum, segment) => sum + segment.bytes, 0);
    log.log.deleteOldSegments(expendableBy({ retentionMs: -1, retentionBytes: 1000 }, NOW_MS));
    assert.ok(bytes() >= 1000 && bytes() < 1400, `${bytes()}`);
    const pending = log.append(batchOf(1, 50));
    log.log.deleteOldSegments(expendableBy(AGE, NOW_MS + 5000));
    assert.equal(log.log.segments.length, 1);
    assert.ok(log.log.logStartOffset < 30);
    log.log.flush();
    assert.equal((await pending).baseOffset, 30);
    assert.equal((await log.write(batchOf(1, 50))).baseOffset, 31);
    await log.crash();
  }));

test("records without a timestamp are not older than their segment", () => {
  const expendable = expendableBy(AGE, NOW_MS);
  assert.equal(expendable({ bytes: 1, maxTimestampMs: -1, createdAtMs: NOW_MS - 500 }, 1), false);
  assert.equal(expendable({ bytes: 1, maxTimestampMs: -1, createdAtMs: NOW_MS - 1001 }, 1), true);
});

test("none confirms at once, os after the write, fsync after the sync", () =>
  inDirectory(async (directory) => {
    for (const durability of ["none", "os", "fsync"] as const) {
      const log = new TestLog(`${directory}/${durability}`, { durability });
      let confirmed = false;
      void log.append(batchOf(1, 300_000)).then(() => {
        confirmed = true;
      });
      await Promise.resolve();
      assert.equal(confirmed, durability === "none");
      let open = () => {};
      log.fileSystem.faults.writeGate = new Promise((resolve) => {
        open = resolve;
      });
      log.log.flush();
      await new Promise(setImmediate);
      assert.equal(confirmed, durability === "none");
      assert.equal(log.log.logEndOffset, 0);
      open();
      await new Promise(setImmediate);
      assert.ok(confirmed);
      assert.equal(log.log.logEndOffset, 1);
      assert.equal(log.fileSystem.syncs, durability === "fsync" ? 1 : 0);
      await log.crash();
    }
  }));
