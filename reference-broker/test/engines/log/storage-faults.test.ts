import assert from "node:assert/strict";
import { test } from "node:test";
import { batchOf, inDirectory, placed, sequenced, TestLog, type TestLogOptions } from "./test-log.ts";

const LARGE_BYTES = 300 * 1024; // written by the thread pool

interface Way {
  readonly name: string;
  readonly options: TestLogOptions;
  readonly valueBytes: number;
}

const WAYS: readonly Way[] = [
  { name: "small write", options: {}, valueBytes: 100 },
  { name: "large write", options: {}, valueBytes: LARGE_BYTES },
  { name: "group commit", options: { durability: "fsync" }, valueBytes: 100 },
];

for (const { name, options, valueBytes } of WAYS) {
  for (const room of [0, 1, 60, 61, 150]) {
    test(`${name} that stops after ${room} bytes: refused, unseen, and the next append goes on`, () =>
      inDirectory(async (directory) => {
        const log = new TestLog(directory, options);
        const kept = [sequenced(1, 0, 0), batchOf(2, valueBytes)];
        for (const batch of kept) assert.equal((await log.write(batch)).error, null);
        const before = placed(kept);
        log.fileSystem.faults.roomBytes = room;
        const seen: number[] = [];
        log.log.watch(() => seen.push(log.log.logEndOffset));
        const failing = [sequenced(1, 0, 1), batchOf(1, valueBytes)].map((batch) => log.append(batch));
        log.log.flush();
        for (const outcome of await Promise.all(failing)) {
          assert.equal(outcome.error, "KAFKA_STORAGE_ERROR");
          assert.equal(outcome.baseOffset, -1);
        }
        assert.deepEqual(seen, [], "no reader is woken for what is not there");
        assert.equal(log.log.logEndOffset, 3);
        assert.deepEqual(await log.readAll(), Buffer.concat(before));
        assert.equal(log.backlogBytes, 0);
        log.fileSystem.faults.roomBytes = null;
        const next = sequenced(1, 0, 1);
        assert.equal((await log.write(next)).baseOffset, 3, "the retry of a refused batch is a new one");
        const whole = Buffer.concat(placed([...kept, next]));
        assert.deepEqual(await log.readAll(), whole);
        await log.crash();
        const again = new TestLog(directory);
        assert.deepEqual(await again.readAll(), whole);
        await again.crash();
      }));
  }
}

test("when even the cut fails, the rest of a failed write is overwritten or dropped, never served", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory);
    await log.write(batchOf(1, 100));
    Object.assign(log.fileSystem.faults, { roomBytes: 150, truncateFails: true });
    assert.equal((await log.write(batchOf(1, 300, {}, 2))).error, "KAFKA_STORAGE_ERROR");
    Object.assign(log.fileSystem.faults, { roomBytes: null, truncateFails: false });
    assert.equal((await log.write(batchOf(1, 20, {}, 3))).baseOffset, 1);
    const whole = await log.readAll();
    await log.crash();
    const again = new TestLog(directory);
    assert.deepEqual(await again.readAll(), whole);
    await again.crash();
  }));

test("a sync that fails is not made good by one that succeeds later", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, { durability: "fsync" });
    await log.write(sequenced(1, 0, 0));
    log.fileSystem.faults.syncFails = true;
    assert.equal((await log.write(sequenced(1, 0, 1))).error, "KAFKA_STORAGE_ERROR");
    assert.equal(log.log.logEndOffset, 1);
    log.fileSystem.faults.syncFails = false;
    assert.equal((await log.write(batchOf(1, 5))).baseOffset, 1);
    await log.crash();
    const again = new TestLog(directory);
    assert.equal(again.log.logEndOffset, 2, "the refused batch is not in the file either");
    await again.crash();
  }));

test("a roll that fails refuses its batches, and the log goes on in the old segment or the next new one", () =>
  inDirectory(async (directory) => {
    const settings = { segmentBytes: 500 };
    const log = new TestLog(directory, { settings });
    const first = batchOf(1, 300);
    await log.write(first);
    log.fileSystem.faults.refused = /\.log$/;
    const refused = await log.write(batchOf(1, 300, {}, 2));
    assert.equal(refused.error, "KAFKA_STORAGE_ERROR");
    assert.equal(log.log.segments.length, 1);
    assert.equal(log.backlogBytes, 0);
    const small = batchOf(1, 20, {}, 3);
    assert.equal((await log.write(small)).baseOffset, 1, "it fits the old segment");
    log.fileSystem.faults.refused = null;
    const large = batchOf(1, 300, {}, 4);
    assert.equal((await log.write(large)).baseOffset, 2);
    assert.equal(log.log.segments.length, 2);
    const whole = Buffer.concat(placed([first, small, large]));
    assert.deepEqual(await log.readAll(), whole);
    await log.crash();
    const again = new TestLog(directory, { settings });
    assert.deepEqual(await again.readAll(), whole);
    await again.crash();
  }));

test("a snapshot that cannot be written at a roll costs nothing but a longer start", () =>
  inDirectory(async (directory) => {
    const settings = { segmentBytes: 500 };
    const log = new TestLog(directory, { settings });
    log.fileSystem.faults.refused = /\.snapshot/;
    for (let sequence = 0; sequence < 20; sequence++) {
      assert.equal((await log.write(sequenced(1, 0, sequence))).error, null);
    }
    assert.ok(log.log.segments.length > 1);
    assert.ok(log.reports.includes("snapshot failed"));
    await log.crash();
    const again = new TestLog(directory, { settings });
    assert.equal((await again.write(sequenced(1, 0, 17))).baseOffset, 17);
    await again.crash();
  }));

test("a duplicate of a batch that is still being written is confirmed, or refused, together with it", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, { durability: "fsync" });
    for (const fails of [false, true]) {
      let open = () => {};
      log.fileSystem.faults.writeGate = new Promise((resolve) => {
        open = resolve;
      });
      log.fileSystem.faults.syncFails = fails;
      const sequence = fails ? 1 : 0;
      const first = log.append(sequenced(1, 0, sequence));
      log.log.flush();
      const second = log.append(sequenced(1, 0, sequence));
      let settled = 0;
      for (const outcome of [first, second]) void outcome.then(() => settled++);
      await new Promise(setImmediate);
      assert.equal(settled, 0);
      open();
      assert.deepEqual(await second, await first);
      assert.equal((await first).error, fails ? "KAFKA_STORAGE_ERROR" : null);
    }
    assert.equal(log.log.logEndOffset, 1);
    await log.crash();
  }));

test("retries of batches written in the turn of a roll are known after a crash or a failed write", () =>
  inDirectory(async (directory) => {
    const settings = { segmentBytes: 350 };
    for (const crashes of [true, false]) {
      const log = new TestLog(`${directory}/${crashes}`, { settings });
      const size = sequenced(1, 0, 0).length;
      // One turn: four batches fill the first segment, the rest belongs to the next one, whose write fails.
      const perSegment = Math.floor(350 / size);
      log.fileSystem.faults.roomBytes = perSegment * size;
      const outcomes = Array.from({ length: perSegment + 6 }, (_, i) => log.append(sequenced(1, 0, i)));
      log.log.flush();
      const errors = (await Promise.all(outcomes)).map(({ error }) => error);
      assert.deepEqual(errors.slice(0, perSegment), Array(perSegment).fill(null));
      assert.ok(errors.slice(perSegment).every((error) => error === "KAFKA_STORAGE_ERROR"));
      let again = log;
      if (crashes) {
        await log.crash();
        again = new TestLog(`${directory}/${crashes}`, { settings });
      } else log.fileSystem.faults.roomBytes = null;
      for (let i = 0; i < perSegment; i++) {
        assert.equal((await again.write(sequenced(1, 0, i))).baseOffset, i, "answered with its first offset");
      }
      assert.equal(again.log.logEndOffset, perSegment);
      assert.equal((await again.write(sequenced(1, 0, perSegment))).baseOffset, perSegment);
      await again.crash();
    }
  }));

test("a deleted log refuses what is not written, reads nothing, and closes its files when the last user has gone", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, {
      settings: { segmentBytes: 400 },
      durability: "fsync",
      tailCacheBytes: 0,
    });
    for (let i = 0; i < 10; i++) await log.write(batchOf(1, 100));
    let open = () => {};
    log.fileSystem.faults.writeGate = new Promise((resolve) => {
      open = resolve;
    });
    const writing = log.append(batchOf(1, 100));
    log.log.flush();
    const gathered = log.append(batchOf(1, 100));
    const reading = Promise.resolve(log.reader.read(0, 1000, true));
    let woken = 0;
    log.log.watch(() => woken++);
    log.log.detach();
    assert.equal(woken, 1);
    assert.equal((await log.reader.read(0, 1000, true)).bytes, 0);
    const disposed = log.log.dispose();
    assert.equal((await gathered).error, "UNKNOWN_TOPIC_OR_PARTITION");
    assert.equal((await log.append(batchOf(1, 1))).error, "UNKNOWN_TOPIC_OR_PARTITION");
    open();
    await writing;
    await reading;
    await disposed;
    await new Promise(setImmediate);
    assert.equal((await log.reader.read(0, 1000, true)).bytes, 0);
    assert.equal(log.fileSystem.openFiles(), 0);
    assert.equal(log.backlogBytes, 0);
  }));

test("a failed read is an error, not an end of the log; a deleted log's failing write touches no path", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, { tailCacheBytes: 0, durability: "fsync" });
    await log.write(batchOf(1, 100));
    log.fileSystem.faults.readFails = true;
    await assert.rejects(async () => log.reader.read(0, 1000, true), { code: "EIO" });
    log.fileSystem.faults.readFails = false;
    let open = () => {};
    log.fileSystem.faults.writeGate = new Promise((resolve) => {
      open = resolve;
    });
    log.fileSystem.faults.roomBytes = 10;
    const failing = log.append(sequenced(1, 0, 0));
    log.log.flush();
    log.log.detach();
    const disposed = log.log.dispose();
    open();
    assert.equal((await failing).error, "UNKNOWN_TOPIC_OR_PARTITION");
    await disposed;
  }));
