import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_DEADLINE, StoredMessageError } from "../../../../src/engines/queues/store/contract.ts";
import { MemoryFileSystem } from "./memory-file-system.ts";
import { assertSameMessage, messageOf, TestStore } from "./test-store.ts";

const MIB = 1024 * 1024;

test("messages come back as they were, with deadline, priority and size, and settled ones do not", async () => {
  const one = new TestStore();
  const deadlines = [NO_DEADLINE, 1_800_000_000_000.5, NO_DEADLINE, 0, 5];
  for (const [i, deadlineMs] of deadlines.entries())
    one.store.append(messageOf(i + 1, i * 300), i + 1, deadlineMs);
  assert.equal(await one.stored(), true);
  one.store.settle(3);
  assert.equal(await one.stored(), true);
  assert.equal(one.store.messageCount, 4);
  for (const clean of [false, true]) {
    if (clean) await one.store.close();
    const two = new TestStore({ fileSystem: one.fileSystem.killedAfter(one.fileSystem.log.length) });
    assert.deepEqual(
      two.recovered,
      [1, 2, 4, 5].map((sequence) => ({
        sequence,
        deadlineMs: deadlines[sequence - 1],
        priority: sequence % 10,
        bodyBytes: (sequence - 1) * 300,
      })),
    );
    assert.equal(two.store.nextSequence, 6);
    assert.equal(two.store.messageCount, 4);
    assertSameMessage(two.store.readSync(2), messageOf(2, 300));
    assertSameMessage(await two.store.read(5), messageOf(5, 1200));
    assert.throws(() => two.store.readSync(3), StoredMessageError);
    assert.throws(() => two.store.readSync(77), StoredMessageError);
    assert.deepEqual(two.reports, []);
  }
});

test("a clean start reads summaries and acknowledgements, not messages", async () => {
  const one = new TestStore({ segmentBytes: 200_000 });
  for (let i = 0; i < 10; i++) await one.fill(100, 1000);
  one.store.settleRange(0, 149);
  assert.equal(await one.stored(), true);
  await one.store.close();
  const fileSystem = one.fileSystem.killedAfter(one.fileSystem.log.length);
  const two = new TestStore({ fileSystem });
  assert.equal(two.recovered.length, 850);
  assert.ok(fileSystem.bytesRead < 40_000, `${fileSystem.bytesRead} bytes read for 850 messages of 1 KiB`);
  assertSameMessage(two.store.readSync(999), messageOf(999, 1000));
});

test("after a kill at most the last five segments are scanned", async () => {
  const one = new TestStore({ segmentBytes: 100_000 });
  for (let i = 0; i < 20; i++) await one.fill(100, 1000);
  await new Promise((resolve) => setTimeout(resolve, 20)); // summaries are written in the background
  const fileSystem = one.fileSystem.killedAfter(one.fileSystem.log.length);
  const two = new TestStore({ fileSystem });
  assert.equal(two.recovered.length, 2000);
  assert.ok(fileSystem.bytesRead < 700_000, `${fileSystem.bytesRead} bytes read of 2 MB`);
  for (const sequence of [0, 700, 1999])
    assertSameMessage(two.store.readSync(sequence), messageOf(sequence, 1000));
});

test("appended and settled in one turn: not a byte is written, also when it is all there was", async () => {
  const one = new TestStore();
  for (let sequence = 0; sequence < 100; sequence++) {
    one.store.append(messageOf(sequence, 1000), sequence, NO_DEADLINE);
    if (sequence !== 50) one.store.settle(sequence);
  }
  assert.equal(one.store.messageCount, 1);
  assert.equal(await one.stored(), true);
  const written = one.fileSystem.log.filter(({ kind }) => kind === "write");
  assert.equal(written.length, 1);
  const two = new TestStore({ fileSystem: one.fileSystem });
  assert.deepEqual(two.recoveredSequences, [50]);
});

test("a turn's messages are one write, its acknowledgements in order are one run of 12 bytes", async () => {
  const one = new TestStore();
  await one.fill(60, 1024);
  for (let sequence = 0; sequence < 50; sequence++) one.store.settle(sequence);
  assert.equal(await one.stored(), true);
  const writes = one.fileSystem.log.filter((operation) => operation.kind === "write");
  assert.deepEqual(
    writes.map(({ data }) => data.length > 12),
    [true, false],
  );
});

test("a segment goes when it is full and its last message is settled; one that is drained early goes too", async () => {
  const one = new TestStore({ segmentMessages: 90 });
  for (let i = 0; i < 3; i++) await one.fill(90, 1024);
  assert.deepEqual(
    one.files().filter((name) => name.endsWith(".messages")),
    ["0.messages", "90.messages", "180.messages"],
  );
  one.store.settleRange(91, 179);
  one.store.settleRange(0, 89);
  await one.stored();
  assert.deepEqual(
    one.files().filter((name) => name.endsWith(".messages")),
    ["90.messages", "180.messages"],
  );
  one.store.settle(90);
  await one.stored();
  assert.deepEqual(one.files(), ["180.acks", "180.messages"]);
  const big = new TestStore();
  await big.fill(50, 100_000);
  big.store.settleRange(0, 49);
  await big.stored();
  assert.deepEqual(big.files(), [], "5 MB that nobody needs are not kept for the sake of a full segment");
  await big.fill(1, 10);
  assert.deepEqual(new TestStore({ fileSystem: big.fileSystem }).recoveredSequences, [50]);
});

test("class fsync: a drained segment goes only when its last acknowledgement is synced", async () => {
  const one = new TestStore({ durability: "fsync", segmentBytes: 10_000 });
  await one.fill(20, 1000);
  one.store.settleRange(0, 19);
  assert.equal(await one.stored(), true);
  const { log } = one.fileSystem;
  const removed = log.findIndex(
    (operation) => operation.kind === "rename" && operation.from.includes("00-1.messages"),
  );
  assert.ok(removed > 0);
  for (let operations = 0; operations <= log.length; operations++) {
    const after = new TestStore({ fileSystem: one.fileSystem.afterPowerLoss(operations, () => 0) });
    if (operations >= removed)
      assert.deepEqual(
        after.recoveredSequences.filter((sequence) => sequence < 9),
        [],
      );
  }
});

test("gaps between sequences, which transient messages leave, cost nothing and are no messages", async () => {
  const one = new TestStore();
  const sequences = [5, 6, 7, 100, 1_000_000, 2 ** 33, 2 ** 33 + 1, 2 ** 50];
  for (const sequence of sequences) one.store.append(messageOf(sequence % 1000, 20), sequence, NO_DEADLINE);
  await one.stored();
  for (const unknown of [0, 4, 8, 99, 101, 2 ** 32, 2 ** 33 + 2]) one.store.settle(unknown);
  assert.equal(one.store.messageCount, 8);
  one.store.settleRange(7, 999_999);
  assert.equal(one.store.messageCount, 6);
  await one.stored();
  const two = new TestStore({ fileSystem: one.fileSystem });
  assert.deepEqual(two.recoveredSequences, [5, 6, 1_000_000, 2 ** 33, 2 ** 33 + 1, 2 ** 50]);
  assertSameMessage(two.store.readSync(2 ** 50), messageOf(2 ** 50 % 1000, 20));
  assert.equal(two.store.nextSequence, 2 ** 50 + 1);
});

test("65536 messages fill a segment; settled in the worst order its log is replaced by a bitmap", async () => {
  const one = new TestStore();
  for (let i = 0; i < 66; i++) await one.fill(1000, 0);
  assert.deepEqual(
    one.files().filter((name) => name.endsWith(".messages")),
    ["0.messages", "65536.messages"],
  );
  for (let turn = 0; turn < 4; turn++) {
    for (let i = turn; i < 65_535; i += 4) one.store.settle((i * 7919) % 65_536);
    assert.equal(await one.stored(), true);
  }
  assert.equal(one.store.messageCount, 66_000 - 65_535);
  const acks = one.fileSystem.paths.find((path) => path.endsWith("00-1.acks"))!;
  assert.ok(one.fileSystem.content(acks).length <= 256 * 1024);
  const two = new TestStore({ fileSystem: one.fileSystem });
  assert.equal(two.recovered.length, 66_000 - 65_535);
  assert.equal(two.recoveredSequences[0], (65_535 * 7919) % 65_536);
});

test("a large write goes to the thread pool; what happens meanwhile is kept in order", async () => {
  const one = new TestStore({ segmentBytes: 4 * MIB });
  for (let sequence = 0; sequence < 12; sequence++)
    one.store.append(messageOf(sequence, MIB), sequence, NO_DEADLINE);
  const first = one.stored();
  await new Promise(setImmediate); // under way
  assertSameMessage(one.store.readSync(3), messageOf(3, MIB));
  one.store.settle(3);
  assert.throws(() => one.store.readSync(3), StoredMessageError);
  one.store.settleRange(8, 9);
  one.store.append(messageOf(12, 10), 12, NO_DEADLINE);
  one.store.settle(12);
  one.store.append(messageOf(13, 10), 13, NO_DEADLINE);
  assert.equal(one.store.messageCount, 10);
  assert.equal(await first, true);
  assert.equal(await one.stored(), true);
  const live = [0, 1, 2, 4, 5, 6, 7, 10, 11, 13];
  const two = new TestStore({ fileSystem: one.fileSystem });
  assert.deepEqual(two.recoveredSequences, live);
  for (const sequence of live) {
    const expected = messageOf(sequence, sequence === 13 ? 10 : MIB);
    assertSameMessage(one.store.readSync(sequence), expected);
    assertSameMessage(await two.store.read(sequence), expected);
  }
});

test("reading in order takes one access for many messages, and a message larger than that takes one too", async () => {
  const one = new TestStore();
  await one.fill(1000, 1000);
  const before = one.fileSystem.bytesRead;
  for (let sequence = 0; sequence < 1000; sequence++) {
    if (sequence % 2 === 0) assertSameMessage(await one.store.read(sequence), messageOf(sequence, 1000));
    else {
      assertSameMessage(one.store.readSync(sequence), messageOf(sequence, 1000));
    }
  }
  assert.ok(one.fileSystem.bytesRead - before < 1_300_000);
  assert.equal(one.store.isAtHand(999), true);
  assert.equal(one.store.isAtHand(1), false);
  await one.fill(1, 500_000);
  assertSameMessage(one.store.readSync(1000), messageOf(1000, 500_000));
});

test("a message that the disk changed is an error when it is read, never another message", async () => {
  const one = new TestStore();
  await one.fill(3, 100);
  const path = one.fileSystem.paths.find((name) => name.endsWith(".messages"))!;
  const content = one.fileSystem.content(path);
  content[content.length - 200]! ^= 1;
  one.fileSystem.setContent(path, content);
  assertSameMessage(one.store.readSync(0), messageOf(0, 100));
  assert.throws(() => one.store.readSync(1), StoredMessageError);
  await assert.rejects(one.store.read(1), StoredMessageError);
  assertSameMessage(one.store.readSync(2), messageOf(2, 100));
});

test("a removed queue's name is free at once, and what was under it does not come back", async () => {
  const one = new TestStore();
  await one.fill(3, 100);
  one.store.append(messageOf(3, 100), 3, NO_DEADLINE);
  const reading = one.store.read(0);
  one.store.remove();
  await reading;
  assert.throws(() => one.store.readSync(0), StoredMessageError);
  one.store.settle(0);
  one.store.append(messageOf(4, 100), 4, NO_DEADLINE);
  assert.equal(await one.stored(), true, "nobody waits for a queue that is gone");
  const again = one.stores.open("q1");
  assert.equal(again.nextSequence, 0);
  again.remove();
  await new Promise(setImmediate);
  assert.deepEqual(one.fileSystem.paths, []);
  assert.deepEqual(one.stores.list(), []);
  assert.equal(one.fileSystem.openFiles, 0);
});

test("a removal cut short by a kill is finished by the next start", async () => {
  const fileSystem = new MemoryFileSystem();
  const one = new TestStore({ fileSystem });
  await one.fill(3, 100);
  one.store.remove();
  const renamed = fileSystem.log.findIndex(({ kind }) => kind === "rename") + 1;
  const after = fileSystem.killedAfter(renamed);
  const two = new TestStore({ fileSystem: after });
  await new Promise(setImmediate);
  assert.deepEqual(two.recovered, []);
  assert.deepEqual(after.paths, []);
});

test("a closed store has no file open, and a closed or empty one leaves nothing behind", async () => {
  const one = new TestStore({ segmentBytes: 10_000 });
  await one.fill(50, 1000);
  await one.close();
  const two = new TestStore({ fileSystem: one.fileSystem });
  two.store.settleRange(0, 49);
  await two.stored();
  await two.close();
  await new Promise(setImmediate);
  assert.deepEqual(two.fileSystem.paths, []);
});

test("a file that is used again shows nothing of its former life, neither of this queue nor of another", async () => {
  const one = new TestStore({ segmentMessages: 50 });
  const other = one.stores.open("q2");
  for (let sequence = 0; sequence < 51; sequence++)
    other.append(messageOf(7, 64), 1000 + sequence, NO_DEADLINE);
  await one.fill(51, 64);
  other.settleRange(1000, 1049);
  one.store.settleRange(0, 49);
  await one.stored();
  one.store.remove();
  const again = one.stores.open("q1"); // sequences begin at 0 again, and sizes are the same
  const files = one.fileSystem.log.filter(({ kind }) => kind === "create").length;
  again.append(messageOf(0, 64), 0, NO_DEADLINE);
  other.append(messageOf(7, 64), 1051, NO_DEADLINE);
  await one.stored();
  const created = one.fileSystem.log
    .slice()
    .filter((operation) => operation.kind === "create")
    .slice(files);
  assert.deepEqual(
    created.filter(({ path }) => path.endsWith(".messages")),
    [],
    "no new file was made",
  );
  for (let operations = 0; operations < one.fileSystem.log.length; operations++) {
    const two = new TestStore({ fileSystem: one.fileSystem.killedAfter(operations, 20) });
    assert.ok(two.recovered.length <= 51);
  }
  const two = new TestStore({ fileSystem: one.fileSystem });
  assert.deepEqual(two.recoveredSequences, [0]);
  const found: number[] = [];
  two.stores.open("q2").recover((sequence) => found.push(sequence));
  assert.deepEqual(found, [1050, 1051]);
});

test("what an earlier process left in a file never comes back in another queue, though stamps begin anew", async () => {
  const one = new TestStore();
  const other = one.stores.open("q2");
  for (let sequence = 1000; sequence < 1020; sequence++)
    other.append(messageOf(7, 64), sequence, NO_DEADLINE);
  await one.stored();
  const two = new TestStore({ fileSystem: one.fileSystem.killedAfter(one.fileSystem.log.length, 0) });
  const again = two.stores.open("q2");
  again.recover(() => {});
  again.settleRange(1000, 1019);
  await two.stored();
  await two.fill(5, 64);
  const three = new TestStore({ fileSystem: two.fileSystem.killedAfter(two.fileSystem.log.length, 0) });
  assert.deepEqual(three.recoveredSequences, [0, 1, 2, 3, 4]);
  assert.equal(three.store.messageCount, 5);
});

test("settled while its segment is written, and purged before the rest is: it counts once", async () => {
  const one = new TestStore({ segmentMessages: 1 });
  for (let sequence = 0; sequence < 3; sequence++) {
    one.store.append(messageOf(sequence, 150_000), sequence, NO_DEADLINE);
  }
  const stored = one.stored();
  for (let turn = 0; turn < 8; turn++) {
    await new Promise(setImmediate);
    one.store.settleRange(0, 1);
    assert.equal(one.store.messageCount, 1);
  }
  assert.equal(await stored, true);
  assert.equal(one.store.messageCount, 1);
  assert.deepEqual(new TestStore({ fileSystem: one.fileSystem }).recoveredSequences, [2]);
});

test("damaged records are named and passed over at a start, and acknowledgements still meet their messages", async () => {
  for (const victim of [0, 4, 9]) {
    const one = new TestStore();
    await one.fill(10, 100);
    for (const sequence of [2, 6]) one.store.settle(sequence);
    await one.stored();
    const path = one.pathOf(0, ".messages");
    const recordBytes = one.fileSystem.content(path).length / 10;
    for (const at of [0, 4, 8, 35, 36, 60, recordBytes - 1]) {
      const after = one.fileSystem.killedAfter(one.fileSystem.log.length);
      const content = after.content(path);
      let start = 0;
      for (let i = 0; i < victim; i++) start += content.readUInt32LE(start);
      content[start + Math.floor(Math.min(at, content.readUInt32LE(start) - 1))]! ^= 4;
      after.setContent(path, content);
      const two = new TestStore({ fileSystem: after });
      const expected = [0, 1, 3, 4, 5, 7, 8, 9].filter((sequence) => sequence !== victim);
      assert.deepEqual(two.recoveredSequences, expected, `message ${victim}, byte ${at}`);
      for (const sequence of expected)
        assertSameMessage(two.store.readSync(sequence), messageOf(sequence, 100));
      const isLast = victim === 9;
      assert.ok(two.reports.includes(isLast ? "queue segment cut" : "queue segment damaged"));
      two.store.settle(8);
      await two.fill(1, 100);
      const rest = [...expected.filter((sequence) => sequence !== 8), isLast ? 9 : 10];
      const three = new TestStore({ fileSystem: after.killedAfter(after.log.length) });
      assert.deepEqual(three.recoveredSequences, rest);
      await three.close();
      assert.deepEqual(new TestStore({ fileSystem: after }).recoveredSequences, rest);
    }
  }
});

test("the last messages of a nearly empty segment move, so that its file goes; order, sequences and acknowledgements stay", async () => {
  const relocation = { segmentBytes: 1000, liveShare: 0.05, removedSegments: 2 };
  const one = new TestStore({ segmentMessages: 100, relocation });
  await one.fill(600, 100);
  one.store.settleRange(0, 36);
  one.store.settleRange(38, 90);
  one.store.settleRange(92, 99);
  await one.stored();
  const before = one.store.fileBytes;
  assert.equal(one.store.counters.relocatedMessages, 0, "it may yet go by itself");
  one.store.settleRange(100, 299);
  await one.stored();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  await one.stored();
  assert.equal(one.store.counters.relocatedMessages, 2);
  assert.ok(one.store.fileBytes < before - 2.9 * (before / 6), `${one.store.fileBytes} of ${before} bytes`);
  assert.deepEqual(
    one.files().filter((name) => name.endsWith(".messages")),
    ["37.messages", "300.messages", "400.messages", "500.messages"],
  );
  for (const sequence of [37, 91]) assertSameMessage(one.store.readSync(sequence), messageOf(sequence, 100));
  one.store.settle(37);
  await one.stored();
  const two = new TestStore({ fileSystem: one.fileSystem.killedAfter(one.fileSystem.log.length) });
  assert.deepEqual(two.recoveredSequences.slice(0, 2), [91, 300]);
  assertSameMessage(two.store.readSync(91), messageOf(91, 100));
  await one.close();
});

test("a segment that loses more messages while it is copied is copied once, and a start finds the copy", async () => {
  const fileSystem = new MemoryFileSystem();
  const limits = { segmentMessages: 10, relocation: { segmentBytes: 0, liveShare: 0.5, removedSegments: 0 } };
  const before = new TestStore({ fileSystem, durability: "fsync", ...limits });
  await before.fill(30, 100);
  await before.close();
  const one = new TestStore({ fileSystem, durability: "fsync", ...limits });
  one.store.settleRange(21, 26);
  await one.stored();
  one.store.settle(27);
  await one.stored();
  for (let sequence = 0; sequence < 10; sequence++) {
    one.store.settle(sequence);
    await one.stored();
  }
  assert.ok(one.store.counters.relocatedMessages > 0);
  await one.close();
  const two = new TestStore({ fileSystem, durability: "fsync" });
  assert.deepEqual(two.recoveredSequences, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 28, 29]);
  await two.close();
});
