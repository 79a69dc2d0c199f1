import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { crc32c } from "@node-rs/crc32";
import { CRC_START, encodeBatch } from "../../support/wire-batch.ts";
import { ByteWriter } from "../../support/wire-bytes.ts";
import type { Segment } from "../../../src/mechanisms/segment.ts";
import { batchOf, inDirectory, placed, sequenced, TestLog } from "./test-log.ts";

const FIRST_LOG = "00000000000000000000.log";
const LEADER_EPOCH_BYTES = [12, 13, 14, 15];

/** Opens a directory that holds nothing but `content` as its log, checks what was kept, and appends behind it. */
async function checkKept(
  directory: string,
  content: Buffer,
  kept: readonly Buffer[],
  what: string,
): Promise<void> {
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(directory);
  fs.writeFileSync(path.join(directory, FIRST_LOG), content);
  const log = new TestLog(directory, { tailCacheBytes: 0 });
  const end = kept.reduce((sum, batch) => sum + batch.readInt32BE(23) + 1, 0);
  assert.equal(log.log.logEndOffset, end, what);
  assert.deepEqual(await log.readAll(), Buffer.concat(kept), what);
  const added = batchOf(2, 7, {}, 9);
  assert.equal((await log.write(added)).baseOffset, end, what);
  await log.crash();
  const again = new TestLog(directory);
  assert.deepEqual(await again.readAll(), Buffer.concat([...kept, ...placed([added], end)]), what);
  await again.crash();
}

const BATCHES = placed([batchOf(3, 20), batchOf(1, 5), sequenced(7, 0, 0, 2), batchOf(2, 9)]);

test("a log cut at any byte keeps the whole batches before the cut and is appended to behind them", () =>
  inDirectory(async (directory) => {
    const whole = Buffer.concat(BATCHES);
    for (let cut = 0; cut <= whole.length; cut++) {
      let end = 0;
      const kept = BATCHES.filter((batch) => (end += batch.length) <= cut);
      await checkKept(path.join(directory, "log"), whole.subarray(0, cut), kept, `cut at ${cut}`);
    }
  }));

/** What takes the place of a damaged batch: its offsets and, as the value of a control record, most of its bytes. */
function standIn(damaged: Buffer, baseOffset: number, lastOffsetDelta: number): Buffer {
  const isTiny = damaged.length < 80;
  const none = { baseTimestamp: -1, maxTimestamp: -1, partitionLeaderEpoch: 0 };
  const header = encodeBatch([], {
    ...{ ...none, baseOffset, lastOffsetDelta },
    ...(isTiny ? {} : { recordCount: 1, attributes: 0x20 }),
  });
  const record = Buffer.concat([
    varint5(damaged.length - 66),
    Buffer.of(0, 0, 0, 8, 0, 0, 0xff, 0xff),
    varint5(damaged.length - 80),
    damaged.subarray(79, -1),
    Buffer.of(0),
  ]);
  const whole = Buffer.concat([header, isTiny ? damaged.subarray(61) : record]);
  whole.writeInt32BE(whole.length - 12, 8);
  whole.writeUInt32BE(crc32c(whole.subarray(CRC_START)), CRC_START - 4);
  return whole;
}

/** Zigzag, five bytes long. */
function varint5(value: number): Buffer {
  const bytes = new ByteWriter().varint(value).build();
  const padded = Buffer.alloc(5, 0x80);
  for (let i = 0; i < bytes.length; i++) padded[i]! |= bytes[i]!;
  padded[4]! &= 0x7f;
  return padded;
}

test("a flipped bit in any byte of a batch between others costs that batch: the others keep their offsets", () =>
  inDirectory(async (directory) => {
    let start = 0;
    for (const [index, batch] of BATCHES.entries()) {
      for (let at = 0; at < batch.length; at++) {
        if (LEADER_EPOCH_BYTES.includes(at)) continue;
        const damaged = Buffer.concat(BATCHES);
        damaged[start + at]! ^= 1 << (at % 8);
        // The end of the log is torn or damaged: nothing tells which.
        const isLast = index === BATCHES.length - 1;
        const place = standIn(
          damaged.subarray(start, start + batch.length),
          Number(batch.readBigInt64BE(0)),
          batch.readInt32BE(23),
        );
        const kept = isLast ? BATCHES.slice(0, index) : BATCHES.with(index, place);
        await checkKept(path.join(directory, "log"), damaged, kept, `byte ${at} of batch ${index}`);
      }
      start += batch.length;
    }
  }));

test("several damaged batches in a row become one that stands in for them, and a second start finds nothing to do", () =>
  inDirectory(async (directory) => {
    const whole = Buffer.concat(BATCHES);
    const first = BATCHES[0]!.length;
    whole.fill(0x5a, first + 3, first + BATCHES[1]!.length + 20);
    fs.writeFileSync(path.join(directory, FIRST_LOG), whole);
    for (const findings of [1, 0]) {
      const log = new TestLog(directory, { tailCacheBytes: 0 });
      assert.equal(log.reports.length, findings);
      const kept = await log.readAll();
      assert.deepEqual(kept.subarray(0, first), BATCHES[0]);
      assert.deepEqual(kept.subarray(-BATCHES[3]!.length), BATCHES[3]);
      const middle = kept.subarray(first, kept.length - BATCHES[3]!.length);
      assert.equal(middle.readBigInt64BE(0), 3n);
      assert.equal(middle.readInt32BE(8) + 12, middle.length, "one batch");
      assert.equal(middle.readInt32BE(23), 2, "three offsets");
      assert.equal(middle.readInt32BE(57), 1, "one record");
      assert.equal(middle.readInt16BE(21), 0x20, "that consumers pass over");
      await log.crash();
    }
  }));

test("zeros behind the last batch, as a file system leaves them after a power loss, are cut off", () =>
  inDirectory((directory) =>
    checkKept(path.join(directory, "log"), Buffer.concat([...BATCHES, Buffer.alloc(5000)]), BATCHES, "zeros"),
  ));

/** Enough for several index entries and two sealed segments. */
const SETTINGS = { segmentBytes: 4096, indexIntervalBytes: 256 };

async function fill(log: TestLog, batches: number): Promise<void> {
  for (let i = 0; i < batches; i++) await log.write(batchOf(1 + (i % 3), 40, {}, i));
}

const DAMAGES: Record<string, (file: string) => void> = {
  removed: (file) => fs.rmSync(file),
  emptied: (file) => fs.truncateSync(file, 0),
  "cut short": (file) => fs.truncateSync(file, Math.floor(fs.statSync(file).size / 2)),
  garbled: (file) => fs.writeFileSync(file, Buffer.alloc(fs.statSync(file).size, 0x5a)),
};

for (const suffix of [".summary", ".index", ".timeindex", ".snapshot"]) {
  for (const [how, damage] of Object.entries(DAMAGES)) {
    test(`all ${suffix} files ${how}: the log is the same`, () =>
      inDirectory(async (directory) => {
        const log = new TestLog(directory, { settings: SETTINGS });
        await fill(log, 100);
        await log.write(sequenced(5, 0, 0));
        const before = await log.readAll();
        await log.log.close();
        const files = fs.readdirSync(directory).filter((name) => name.endsWith(suffix));
        assert.ok(files.length > 0);
        for (const file of files) damage(path.join(directory, file));
        const again = new TestLog(directory, { settings: SETTINGS, tailCacheBytes: 0 });
        assert.deepEqual(await again.readAll(), before);
        const repeated = await again.write(sequenced(5, 0, 0));
        assert.equal(repeated.baseOffset, again.log.logEndOffset - 1);
        await again.log.close();
      }));
  }
}

test("a summary that counts more than the file holds is not believed again when the file has grown over it", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory);
    await fill(log, 20);
    const whole = await log.readAll();
    await log.log.close();
    fs.truncateSync(path.join(directory, FIRST_LOG), 500);
    const cut = new TestLog(directory);
    const kept = cut.log.logEndOffset;
    assert.ok(kept > 0);
    for (let i = 0; i < 30; i++) await cut.write(batchOf(2, 300, {}, 200));
    const grown = await cut.readAll();
    assert.ok(grown.length > whole.length);
    await cut.crash();
    const again = new TestLog(directory, { tailCacheBytes: 0 });
    assert.deepEqual(await again.readAll(), grown);
    await again.crash();
  }));

test("files of a segment that once had the same name do not speak for the new one", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory);
    await fill(log, 3);
    const end = log.log.logEndOffset;
    const base = String(end).padStart(20, "0");
    await log.log.close();
    const other = new TestLog(path.join(directory, "other"));
    await fill(other, 1);
    await other.log.close();
    for (const suffix of [".summary", ".index", ".timeindex"]) {
      const from = path.join(directory, "other", FIRST_LOG.replace(".log", suffix));
      fs.copyFileSync(from, path.join(directory, base + suffix));
    }
    const again = new TestLog(directory, { settings: { segmentBytes: 400 } });
    // One segment that is not sealed yet, larger than what the old summary counts.
    for (let i = 0; i < 3; i++) await again.write(batchOf(1, 30, {}, 77));
    assert.equal(again.log.segments.at(-1)!.baseOffset, end);
    const whole = await again.readAll();
    await again.crash();
    const last = new TestLog(directory, { tailCacheBytes: 0 });
    assert.deepEqual(await last.readAll(), whole);
    await last.crash();
  }));

test("a clean close leaves nothing to scan, and a second start after it neither", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, { settings: SETTINGS });
    await fill(log, 60);
    await log.write(sequenced(1, 0, 0));
    await log.log.close();
    const firstBatchCrc = 17;
    const file = path.join(directory, FIRST_LOG);
    const content = fs.readFileSync(file);
    content[firstBatchCrc]! ^= 1; // a scan would stop here
    fs.writeFileSync(file, content);
    for (const _start of [1, 2]) {
      const again = new TestLog(directory, { settings: SETTINGS });
      assert.equal(again.log.logEndOffset, log.log.logEndOffset);
      assert.deepEqual(again.reports, []);
      await again.log.close();
    }
  }));

test("a damaged segment in the middle ends the log there; what followed is set aside, not served", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, { settings: SETTINGS });
    await fill(log, 120);
    const whole = await log.readAll();
    const second = log.log.segments[1]!.baseOffset;
    await log.crash();
    for (const file of fs.readdirSync(directory))
      if (file.endsWith(".summary")) fs.rmSync(path.join(directory, file));
    fs.truncateSync(path.join(directory, `${String(second).padStart(20, "0")}.log`), 1000);
    const again = new TestLog(directory, { settings: SETTINGS });
    const kept = await again.readAll();
    assert.deepEqual(kept, whole.subarray(0, kept.length));
    assert.ok(kept.length >= 4096 / 2 && kept.length < whole.length);
    await fill(again, 120);
    const grown = await again.readAll();
    await again.crash();
    const last = new TestLog(directory, { settings: SETTINGS });
    assert.deepEqual(await last.readAll(), grown);
    await last.crash();
  }));

test("damage in the last batch of a segment that another follows costs that batch", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, { settings: SETTINGS });
    await fill(log, 120);
    const [, { baseOffset: base }, { baseOffset: nextBase }] = log.log.segments as [
      Segment,
      Segment,
      Segment,
    ];
    await log.crash();
    const file = path.join(directory, `${String(base).padStart(20, "0")}.log`);
    const content = fs.readFileSync(file);
    let start = 0;
    for (let at = 0; at < content.length && content[at + 16] === 2; at += 12 + content.readInt32BE(at + 8)) {
      start = at;
    }
    const last = 12 + content.readInt32BE(start + 8);
    for (const at of [0, 8, 11, 17, 23, 57, last - 1]) {
      const copy = path.join(directory, "..", `damaged-${at}`);
      fs.cpSync(directory, copy, { recursive: true });
      for (const name of fs.readdirSync(copy))
        if (name.endsWith(".summary")) fs.rmSync(path.join(copy, name));
      const damaged = Buffer.from(content);
      damaged[start + at]! ^= 1;
      fs.writeFileSync(path.join(copy, path.basename(file)), damaged);
      const again = new TestLog(copy, { settings: SETTINGS, tailCacheBytes: 0 });
      const kept = await again.readAll();
      const lost = batchesOf(kept).filter(({ isStandIn }) => isStandIn);
      assert.deepEqual(
        lost.map(({ end }) => end),
        [nextBase],
        `byte ${at}`,
      );
      assert.equal(again.log.logEndOffset, log.log.logEndOffset);
      await again.crash();
      fs.rmSync(copy, { recursive: true });
    }
  }));

/** End offsets of the batches, and which of them stand in for damaged ones. */
function batchesOf(content: Buffer): { end: number; isStandIn: boolean }[] {
  const found = [];
  for (let at = 0; at < content.length; at += 12 + content.readInt32BE(at + 8)) {
    const end = Number(content.readBigInt64BE(at)) + content.readInt32BE(at + 23) + 1;
    found.push({ end, isStandIn: content.readInt16BE(at + 21) === 0x20 });
  }
  return found;
}

test("a start after a kill reads what no summary covers once, and knows what producers sent last", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory);
    for (let i = 0; i < 50; i++) await log.write(sequenced(5, 0, i));
    await log.crash();
    const { size } = fs.statSync(path.join(directory, FIRST_LOG));
    const again = new TestLog(directory);
    assert.equal(again.fileSystem.readBytes, size);
    for (let i = 45; i < 50; i++) assert.equal((await again.write(sequenced(5, 0, i))).baseOffset, i);
    assert.equal((await again.write(sequenced(5, 0, 50))).baseOffset, 50);
    await again.crash();
  }));

for (const cutSnapshots of [0, 1, 2]) {
  test(`segments with and without summaries, newest snapshots gone: ${cutSnapshots}; producers are known as before`, () =>
    inDirectory(async (directory) => {
      const log = new TestLog(directory, { settings: SETTINGS });
      for (let i = 0; i < 300; i++) await log.write(sequenced(5 + (i % 2), 0, i >> 1));
      await log.crash();
      const names = fs.readdirSync(directory).sort();
      assert.ok(names.filter((name) => name.endsWith(".log")).length > 2);
      const snapshots = names.filter((name) => name.endsWith(".snapshot"));
      assert.equal(snapshots.length, 2);
      for (const name of snapshots.slice(2 - cutSnapshots)) fs.rmSync(path.join(directory, name));
      const summaries = names.filter((name) => name.endsWith(".summary"));
      for (const name of summaries.slice(1)) fs.rmSync(path.join(directory, name));
      const again = new TestLog(directory, { settings: SETTINGS });
      for (let i = 290; i < 300; i++) {
        assert.equal((await again.write(sequenced(5 + (i % 2), 0, i >> 1))).baseOffset, i);
      }
      assert.equal((await again.write(sequenced(5, 0, 150))).baseOffset, 300);
      await again.crash();
    }));
}

test("a snapshot from beyond the log's end never answers for the batches that take its offsets", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory);
    await fill(log, 3);
    const cutAt = fs.statSync(path.join(directory, FIRST_LOG)).size;
    await log.write(sequenced(5, 0, 0));
    await log.log.close();
    fs.truncateSync(path.join(directory, FIRST_LOG), cutAt);
    const cut = new TestLog(directory);
    await fill(cut, 5);
    await cut.crash();
    const again = new TestLog(directory);
    const end = again.log.logEndOffset;
    assert.equal((await again.write(sequenced(5, 0, 0))).baseOffset, end, "the batch was lost, so it is new");
    await again.crash();
  }));
