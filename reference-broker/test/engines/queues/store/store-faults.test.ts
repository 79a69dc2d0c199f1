import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_DEADLINE } from "../../../../src/engines/queues/store/contract.ts";
import { assertSameMessage, messageOf, TestStore } from "./test-store.ts";

const WAYS = [
  { name: "small write", durability: "os", bodyBytes: 100 },
  { name: "large write", durability: "os", bodyBytes: 200_000 },
  { name: "group commit", durability: "fsync", bodyBytes: 100 },
] as const;

for (const { name, durability, bodyBytes } of WAYS) {
  for (const roomBytes of [0, 1, 60, 250]) {
    test(`${name} that stops after ${roomBytes} bytes: told, kept, and written with the next`, async () => {
      const one = new TestStore({ durability });
      await one.fill(2, bodyBytes);
      one.fileSystem.faults.roomBytes = roomBytes;
      for (let sequence = 2; sequence < 5; sequence++) {
        one.store.append(messageOf(sequence, bodyBytes), sequence, NO_DEADLINE);
      }
      one.store.settle(3);
      one.store.settle(0);
      assert.equal(await one.stored(), false);
      assert.ok(one.reports.includes("commit failed"));
      assertSameMessage(one.store.readSync(4), messageOf(4, bodyBytes));
      const killed = new TestStore({ fileSystem: one.fileSystem.killedAfter(one.fileSystem.log.length) });
      assert.deepEqual(killed.recoveredSequences.slice(-1), [1]);
      one.fileSystem.faults.roomBytes = null;
      await one.fill(1, bodyBytes);
      const two = new TestStore({ fileSystem: one.fileSystem });
      assert.deepEqual(two.recoveredSequences, [1, 2, 4, 5]);
      for (const sequence of [1, 2, 4, 5]) {
        assertSameMessage(two.store.readSync(sequence), messageOf(sequence, bodyBytes));
      }
    });
  }
}

test("a segment that cannot be begun fails its commit, and is begun with the next", async () => {
  const one = new TestStore({ segmentMessages: 3 });
  await one.fill(3, 10);
  one.fileSystem.faults.refused = /\.(messages|acks)$/;
  one.store.append(messageOf(3, 10), 3, NO_DEADLINE);
  assert.equal(await one.stored(), false);
  one.fileSystem.faults.refused = null;
  await one.fill(1, 10);
  assert.deepEqual(new TestStore({ fileSystem: one.fileSystem }).recoveredSequences, [0, 1, 2, 3, 4]);
});

test("acknowledgements that cannot be written are written later", async () => {
  const one = new TestStore();
  await one.fill(5, 10);
  for (const [sequence, roomBytes] of [0, 5, 11].entries()) {
    one.fileSystem.faults.roomBytes = roomBytes;
    one.store.settle(sequence);
    assert.equal(await one.stored(), false);
  }
  one.fileSystem.faults.roomBytes = null;
  one.store.settle(4);
  assert.equal(await one.stored(), true);
  assert.deepEqual(new TestStore({ fileSystem: one.fileSystem }).recoveredSequences, [3]);
});

test("after a failed sync nothing is confirmed any more, what is in memory is served, and a start finds what was synced", async () => {
  const one = new TestStore({ durability: "fsync" });
  await one.fill(2, 100);
  one.fileSystem.faults.syncFails = true;
  one.store.append(messageOf(2, 100), 2, NO_DEADLINE);
  assert.equal(await one.stored(), false);
  one.fileSystem.faults.syncFails = false;
  one.store.append(messageOf(3, 100), 3, NO_DEADLINE);
  assert.equal(await one.stored(), false);
  assert.ok(one.reports.includes("queue store failed"));
  one.store.settle(3);
  assertSameMessage(one.store.readSync(1), messageOf(1, 100));
  const lost = one.fileSystem.afterPowerLoss(one.fileSystem.log.length, () => 0);
  assert.deepEqual(new TestStore({ fileSystem: lost }).recoveredSequences, [0, 1]);
});

test("writes that keep failing do not gather without end, and when there is room again all is well", async () => {
  const one = new TestStore();
  await one.fill(1, 100);
  one.fileSystem.faults.roomBytes = 0;
  for (let sequence = 1; sequence <= 10; sequence++) {
    one.store.append(messageOf(sequence, 10_000_000), sequence, NO_DEADLINE);
    assert.equal(await one.stored(), false);
  }
  assert.ok(one.reports.includes("unwritten messages dropped"));
  assert.equal(one.store.messageCount, 1 + 3);
  one.fileSystem.faults.roomBytes = null;
  one.store.settle(0);
  assert.equal(await one.stored(), true);
  await one.fill(1, 100);
  assert.deepEqual(new TestStore({ fileSystem: one.fileSystem }).recoveredSequences, [8, 9, 10, 11]);
});

test("what is appended while a large write fails is not dropped with it: its commit would confirm it", async () => {
  const one = new TestStore();
  one.fileSystem.faults.roomBytes = 0;
  for (let sequence = 0; sequence < 7; sequence++) {
    one.store.append(messageOf(sequence, 10_000_000), sequence, NO_DEADLINE);
  }
  const failing = one.stored();
  await new Promise(setImmediate);
  one.store.append(messageOf(7, 10), 7, NO_DEADLINE);
  const alsoFailing = one.stored();
  assert.equal(await failing, false);
  assert.equal(await alsoFailing, false);
  one.fileSystem.faults.roomBytes = null;
  await one.fill(1, 10);
  assert.deepEqual(new TestStore({ fileSystem: one.fileSystem }).recoveredSequences, [7, 8]);
});

test("a summary that cannot be written costs a scan, not a message", async () => {
  const one = new TestStore({ segmentMessages: 10 });
  one.fileSystem.faults.refused = /\.index$/;
  for (let i = 0; i < 10; i++) await one.fill(10, 50);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(one.reports.includes("seal failed"));
  const two = new TestStore({ fileSystem: one.fileSystem.killedAfter(one.fileSystem.log.length) });
  assert.equal(two.recovered.length, 100);
});
