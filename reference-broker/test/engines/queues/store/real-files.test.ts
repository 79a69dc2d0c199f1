import assert from "node:assert/strict";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { NO_DEADLINE } from "../../../../src/engines/queues/store/contract.ts";
import { FileQueueStores } from "../../../../src/engines/queues/store/file-queue-stores.ts";
import { CommitGroup, type Durability } from "../../../../src/mechanisms/commit-group.ts";
import { nodeFileSystem } from "../../../../src/mechanisms/file-system.ts";
import { assertSameMessage, decodeMessage, messageOf } from "./test-store.ts";

/** Descriptors of this process that lead to files under a directory; null where the system does not tell. */
function openUnder(directory: string): string[] | null {
  if (!fs.existsSync("/proc/self/fd")) return null;
  const targets = fs.readdirSync("/proc/self/fd").map((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // the one that listed the directory
    }
  });
  return targets.filter((target) => target.startsWith(directory));
}

for (const durability of ["none", "os", "fsync"] as const satisfies readonly Durability[]) {
  test(`class ${durability} on real files: segments roll, are used again, are found again and go`, async () => {
    const directory = fs.mkdtempSync(path.join(tmpdir(), "brokermark-store-"));
    const reports: string[] = [];
    const report = (event: string) => reports.push(event);
    const open = () => {
      const group = new CommitGroup({ durability, defer: setImmediate, report });
      const shared = { fileSystem: nodeFileSystem, commitGroup: group, decodeMessage, report };
      const stores = new FileQueueStores(directory, { ...shared, segmentBytes: 50_000 });
      return { group, stores, queues: ["a", "b"].map((name) => stores.open(name)) };
    };
    const bodyBytesOf = (sequence: number) => (sequence % 10 === 0 ? 5000 : 400);
    try {
      const one = open();
      for (let sequence = 0; sequence < 1000; sequence++) {
        const message = messageOf(sequence, bodyBytesOf(sequence));
        for (const queue of one.queues) {
          queue.append(message, sequence, NO_DEADLINE);
          if (sequence >= 300) queue.settle(sequence - 300);
        }
        if (sequence % 50 === 49)
          assert.equal(await new Promise((resolve) => one.group.whenStored(resolve)), true);
      }
      await one.group.drain();
      for (const queue of one.queues) await queue.close();
      await one.stores.close();
      const two = open();
      for (const queue of two.queues) {
        const found: number[] = [];
        queue.recover((sequence) => found.push(sequence));
        assert.deepEqual(
          found,
          Array.from({ length: 300 }, (_, i) => 700 + i),
        );
        for (const sequence of [700, 850, 999]) {
          assertSameMessage(await queue.read(sequence), messageOf(sequence, bodyBytesOf(sequence)));
        }
      }
      two.queues[0]!.settleRange(0, 999);
      two.queues[1]!.remove();
      await two.group.drain();
      await two.queues[0]!.close();
      await two.stores.close();
      // Removals are done by the thread pool.
      for (let i = 0; i < 500 && fs.readdirSync(directory).length > 2; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.deepEqual(fs.readdirSync(directory).sort(), ["a", "bodies"]);
      for (const name of ["a", "bodies"]) assert.deepEqual(fs.readdirSync(path.join(directory, name)), []);
      assert.deepEqual(openUnder(directory) ?? [], []);
      assert.deepEqual(reports, []);
    } finally {
      fs.rmSync(directory, { recursive: true, force: true });
    }
  });
}
