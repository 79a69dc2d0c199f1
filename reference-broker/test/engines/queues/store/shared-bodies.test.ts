import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NO_DEADLINE, type QueueStore } from "../../../../src/engines/queues/store/contract.ts";
import { FileQueueStores } from "../../../../src/engines/queues/store/file-queue-stores.ts";
import { CommitGroup, type Durability } from "../../../../src/mechanisms/commit-group.ts";
import type { Message } from "../../../../src/mechanisms/message.ts";
import { MemoryFileSystem } from "./memory-file-system.ts";
import { assertSameMessage, decodeMessage, messageOf } from "./test-store.ts";

const QUEUES = ["q0", "q1", "q2"];

/** Three queues beside each other. */
class Bench {
  readonly fileSystem: MemoryFileSystem;
  readonly group: CommitGroup;
  readonly stores: FileQueueStores;
  readonly queues: QueueStore[];
  readonly recovered: number[][] = [];
  readonly reports: string[] = [];

  constructor(fileSystem = new MemoryFileSystem(), durability: Durability = "os") {
    this.fileSystem = fileSystem;
    const report = (event: string) => this.reports.push(event);
    this.group = new CommitGroup({ durability, defer: setImmediate, report });
    const limits = { segmentBytes: 40_000, segmentMessages: 8 };
    const shared = { fileSystem, commitGroup: this.group, decodeMessage, report };
    this.stores = new FileQueueStores("/data/queues", { ...shared, ...limits });
    this.queues = QUEUES.map((name) => this.stores.open(name));
    for (const [i, queue] of this.queues.entries()) {
      this.recovered[i] = [];
      queue.recover((sequence, _deadlineMs, _priority, bodyBytes) => {
        this.recovered[i]!.push(sequence);
        assert.equal(queue.readSync(sequence).body.length, bodyBytes);
      });
    }
  }

  /** To the queues of these numbers, in this order. Returns the sequences it was given there. */
  publish(message: Message, queues: readonly number[] = [0, 1, 2]): number[] {
    return queues.map((i) => {
      const sequence = this.queues[i]!.nextSequence;
      this.queues[i]!.append(message, sequence, NO_DEADLINE);
      return sequence;
    });
  }

  stored(): Promise<boolean> {
    return new Promise((resolve) => this.group.whenStored(resolve));
  }

  get writtenBytes(): number {
    return this.fileSystem.log.reduce((sum, one) => sum + (one.kind === "write" ? one.data.length : 0), 0);
  }

  get bodyFiles(): string[] {
    return this.fileSystem.paths.filter((path) => path.includes("/bodies/"));
  }

  async close(): Promise<void> {
    await this.group.drain();
    for (const queue of this.queues) await queue.close();
    await this.stores.close();
    assert.equal(this.fileSystem.openFiles, 0);
  }
}

test("a large body is written once for three queues, and read back from each, also after a start", async () => {
  const one = new Bench();
  one.publish(messageOf(1, 10_000));
  assert.equal(await one.stored(), true);
  assert.ok(one.writtenBytes < 11_000, `${one.writtenBytes} bytes for a body of 10000`);
  for (const queue of one.queues) assertSameMessage(queue.readSync(0), messageOf(1, 10_000));
  for (const clean of [false, true]) {
    if (clean) await one.close();
    const two = new Bench(one.fileSystem.killedAfter(one.fileSystem.log.length));
    assert.deepEqual(two.recovered, [[0], [0], [0]]);
    for (const queue of two.queues) assertSameMessage(await queue.read(0), messageOf(1, 10_000));
  }
});

test("small ones, and those of one queue, stand with their messages", async () => {
  const one = new Bench();
  one.publish(messageOf(1, 4095));
  one.publish(messageOf(2, 50_000), [1]);
  await one.stored();
  assert.ok(one.writtenBytes > 3 * 4095 + 50_000);
  assert.deepEqual(one.bodyFiles, []);
});

test("the body goes with the last message that refers to it, whether settled, purged or removed with its queue", async () => {
  const one = new Bench();
  for (let i = 0; i < 8; i++) one.publish(messageOf(i, 5000));
  await one.stored();
  for (let i = 0; i < 8; i++) one.queues[0]!.settle(i);
  one.queues[1]!.settleRange(0, 7);
  await one.stored();
  assertSameMessage(one.queues[2]!.readSync(7), messageOf(7, 5000));
  one.queues[2]!.remove();
  one.publish(messageOf(8, 5000), [0, 1]);
  await one.stored();
  assert.equal(one.bodyFiles.filter((path) => path.endsWith(".messages")).length, 1);
  assert.deepEqual(new Bench(one.fileSystem).recovered, [[8], [8], []]);
});

test("settled in the turn it was published: not a byte of it is written", async () => {
  const one = new Bench();
  const message = messageOf(1, 9000);
  one.publish(message, [0, 1]);
  one.queues[0]!.settle(0);
  one.queues[1]!.settle(0);
  one.publish(message, [2]);
  one.queues[2]!.settle(0);
  assert.equal(await one.stored(), true);
  assert.equal(one.writtenBytes, 0);
});

test("the first queue's copy is settled before the second gets the message: it is whole there", async () => {
  const one = new Bench();
  const message = messageOf(1, 9000);
  one.publish(message, [0]);
  one.queues[0]!.settle(0);
  one.publish(message, [1]);
  await one.stored();
  assert.deepEqual(new Bench(one.fileSystem).recovered, [[], [0], []]);
  one.publish(message, [2]); // in a later turn: q1's is written already
  await one.stored();
  const two = new Bench(one.fileSystem);
  assert.deepEqual(two.recovered, [[], [0], [0]]);
  assertSameMessage(two.queues[2]!.readSync(0), message);
});

interface Known {
  readonly seed: number;
  readonly bodyBytes: number;
  readonly appendedAt: number;
  storedAt: number;
  settledAt: number;
  settledForGoodAt: number;
}

const NEVER = Number.POSITIVE_INFINITY;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      bodyBytes: fc.constantFrom(10, 4096, 4096, 6000, 30_000),
      queues: fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("settle" as const), queue: fc.nat(2), pick: fc.nat() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("commit" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("turn" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

let seeds = 0;

async function run(bench: Bench, known: Map<number, Known>[], one: Step): Promise<void> {
  const moment = () => bench.fileSystem.log.length;
  if (one.kind === "turn") await new Promise(setImmediate);
  else if (one.kind === "commit") assert.equal(await bench.stored(), true);
  else if (one.kind === "publish") {
    const seed = seeds++;
    const sequences = bench.publish(messageOf(seed, one.bodyBytes), one.queues);
    const made = one.queues.map((queue, i) => {
      const times = { appendedAt: moment(), storedAt: NEVER, settledAt: NEVER, settledForGoodAt: NEVER };
      const entry: Known = { seed, bodyBytes: one.bodyBytes, ...times };
      known[queue]!.set(sequences[i]!, entry);
      return entry;
    });
    bench.group.whenStored(() => {
      for (const entry of made) entry.storedAt = moment();
    });
  } else {
    const live = [...known[one.queue]!].filter(([, entry]) => entry.settledAt === NEVER);
    const picked = live[one.pick % Math.max(1, live.length)];
    if (picked === undefined) return;
    const [sequence, entry] = picked;
    assertSameMessage(bench.queues[one.queue]!.readSync(sequence), messageOf(entry.seed, entry.bodyBytes));
    bench.queues[one.queue]!.settle(sequence);
    entry.settledAt = moment();
    bench.group.whenStored(() => {
      entry.settledForGoodAt = moment();
    });
  }
}

/** What a start finds in each queue, checked against what was known at `moment`. */
function recover(
  fileSystem: MemoryFileSystem,
  durability: Durability,
  known: Map<number, Known>[],
  moment: number,
) {
  const found = new Bench(fileSystem, durability);
  return known.map((messages, queue) => {
    const after = new Map<number, Known>();
    for (const sequence of found.recovered[queue]!) {
      const entry = messages.get(sequence);
      assert.ok(entry !== undefined && entry.appendedAt <= moment, `${sequence} of queue ${queue} never was`);
      assert.ok(entry.settledForGoodAt > moment, `${sequence} of queue ${queue} was settled for good`);
      assertSameMessage(found.queues[queue]!.readSync(sequence), messageOf(entry.seed, entry.bodyBytes));
      const { seed, bodyBytes } = entry;
      const times = { appendedAt: -1, storedAt: -1, settledAt: NEVER, settledForGoodAt: NEVER };
      after.set(sequence, { seed, bodyBytes, ...times });
    }
    for (const [sequence, entry] of messages) {
      const mustBeThere = entry.storedAt <= moment && entry.settledAt > moment;
      if (mustBeThere) assert.ok(after.has(sequence), `${sequence} of queue ${queue} is lost`);
    }
    return after;
  });
}

for (const durability of ["os", "fsync"] as const) {
  test(`class ${durability}: killed at any byte, and again, no queue loses a body or gets another's`, async () => {
    const rounds = fc.array(
      fc.record({
        steps: fc.array(step, { maxLength: 40, size: "max" }),
        where: fc.double({ min: 0, max: 1, noNaN: true }),
        bytes: fc.nat(9000),
        keeps: fc.infiniteStream(fc.boolean()),
      }),
      { minLength: 1, maxLength: 5, size: "max" },
    );
    await fc.assert(
      fc.asyncProperty(rounds, async (list) => {
        let fileSystem = new MemoryFileSystem();
        let known: Map<number, Known>[] = QUEUES.map(() => new Map());
        for (const { steps, where, bytes, keeps } of list) {
          const bench = new Bench(fileSystem, durability);
          const start = bench.fileSystem.log.length;
          for (const one of steps) await run(bench, known, one);
          const moment = start + Math.floor(where * (bench.fileSystem.log.length - start));
          await bench.group.drain();
          const after =
            durability === "os"
              ? bench.fileSystem.killedAfter(moment, bytes)
              : bench.fileSystem.afterPowerLoss(moment, (size) => (keeps.next().value ? size : 0));
          known = recover(after, durability, known, moment);
          fileSystem = after.killedAfter(after.log.length);
        }
      }),
      { numRuns: 150 },
    );
  });
}
