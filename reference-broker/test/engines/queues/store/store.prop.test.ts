import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NO_DEADLINE } from "../../../../src/engines/queues/store/contract.ts";
import type { Durability } from "../../../../src/mechanisms/commit-group.ts";
import { MemoryFileSystem } from "./memory-file-system.ts";
import { assertSameMessage, messageOf, TestStore } from "./test-store.ts";

const NEVER = Number.POSITIVE_INFINITY;
const LIMITS = {
  segmentBytes: 6000,
  segmentMessages: 12,
  relocation: { segmentBytes: 0, liveShare: 0.5, removedSegments: 0 },
};

/** What is known of one message; moments are lengths of the file system's log. */
interface Known {
  readonly bodyBytes: number;
  readonly deadlineMs: number;
  readonly appendedAt: number;
  storedAt: number;
  settledAt: number;
  /** From here on a start must not find it. */
  settledForGoodAt: number;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      // Now and then one that goes to the thread pool.
      bodyBytes: fc.oneof(
        { weight: 30, arbitrary: fc.nat(900) },
        { weight: 1, arbitrary: fc.constant(280_000) },
      ),
      gap: fc.constantFrom(1, 1, 1, 1, 2, 50),
      deadlineMs: fc.constantFrom(NO_DEADLINE, NO_DEADLINE, 1_700_000_000_123),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("settle" as const), pick: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("purge" as const), from: fc.nat(), count: fc.nat(30) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("commit" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("turn" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A store and what must be true of it. */
class Model {
  readonly durability: Durability;
  store: TestStore;
  readonly known = new Map<number, Known>();
  /** Sequences may be given out anew after a start, so what was known before it is of no use. */
  startedAt: number;

  constructor(fileSystem: MemoryFileSystem, durability: Durability, known: ReadonlyMap<number, Known>) {
    this.durability = durability;
    this.store = new TestStore({ fileSystem, durability, ...LIMITS });
    for (const [sequence, one] of known) this.known.set(sequence, one);
    this.startedAt = this.now;
  }

  get now(): number {
    return this.store.fileSystem.log.length;
  }

  get live(): number[] {
    const live = [...this.known].filter(([, one]) => one.settledAt === NEVER).map(([sequence]) => sequence);
    return live.sort((a, b) => a - b);
  }

  async run(one: Step): Promise<void> {
    const { store } = this.store;
    switch (one.kind) {
      case "append": {
        const sequence = store.nextSequence - 1 + one.gap;
        store.append(messageOf(sequence, one.bodyBytes), sequence, one.deadlineMs, sequence % 3 > 0);
        const { bodyBytes, deadlineMs } = one;
        const times = { appendedAt: this.now, storedAt: NEVER, settledAt: NEVER, settledForGoodAt: NEVER };
        this.known.set(sequence, { bodyBytes, deadlineMs, ...times });
        this.#noteWhenStored();
        return;
      }
      case "settle": {
        const live = this.live;
        const sequence = live[one.pick % Math.max(1, live.length)];
        if (sequence !== undefined) this.#settle(sequence, sequence);
        return;
      }
      case "purge": {
        const first = one.from % Math.max(1, store.nextSequence);
        this.#settle(first, first + one.count);
        return;
      }
      case "turn":
        await new Promise(setImmediate);
        return;
      case "commit":
        assert.equal(await this.store.stored(), true);
        return;
      case "restart":
        await this.store.close();
        this.store = new TestStore({
          fileSystem: this.store.fileSystem,
          durability: this.durability,
          ...LIMITS,
        });
        assert.deepEqual(this.store.recoveredSequences, this.live);
        assert.deepEqual(this.store.reports, []);
        for (const sequence of this.known.keys())
          if (!this.live.includes(sequence)) this.known.delete(sequence);
        this.startedAt = this.now;
    }
  }

  #settle(first: number, last: number): void {
    if (first === last) this.store.store.settle(first);
    else this.store.store.settleRange(first, last);
    const settled = this.live.filter((sequence) => sequence >= first && sequence <= last);
    for (const sequence of settled) this.known.get(sequence)!.settledAt = this.now;
    this.store.group.whenStored((stored) => {
      assert.equal(stored, true);
      for (const sequence of settled) this.known.get(sequence)!.settledForGoodAt = this.now;
    });
  }

  #noteWhenStored(): void {
    const sequence = this.store.store.nextSequence - 1;
    this.store.group.whenStored((stored) => {
      assert.equal(stored, true);
      this.known.get(sequence)!.storedAt = this.now;
    });
  }

  /** What a start on `after` finds, which is how the files stood at `moment`; checked, and known from then on. */
  recover(after: MemoryFileSystem, moment: number): Map<number, Known> {
    const found = new TestStore({ fileSystem: after, durability: this.durability, ...LIMITS });
    const sequences = found.recoveredSequences;
    assert.deepEqual(
      sequences,
      sequences.toSorted((a, b) => a - b),
      "in order",
    );
    assert.equal(new Set(sequences).size, sequences.length, "none twice");
    const known = new Map<number, Known>();
    for (const one of found.recovered) {
      const expected = this.known.get(one.sequence);
      assert.ok(
        expected !== undefined && expected.appendedAt <= moment,
        `${one.sequence} was never appended`,
      );
      assert.ok(expected.settledForGoodAt > moment, `${one.sequence} was settled for good`);
      assert.equal(one.bodyBytes, expected.bodyBytes);
      assert.equal(one.deadlineMs, expected.deadlineMs);
      assertSameMessage(found.store.readSync(one.sequence), messageOf(one.sequence, expected.bodyBytes));
      const { bodyBytes, deadlineMs } = expected;
      known.set(one.sequence, {
        bodyBytes,
        deadlineMs,
        appendedAt: -1,
        storedAt: -1,
        settledAt: NEVER,
        settledForGoodAt: NEVER,
      });
    }
    for (const [sequence, one] of this.known) {
      if (one.storedAt <= moment && one.settledAt > moment) {
        assert.ok(known.has(sequence), `${sequence} was reported stored and is lost`);
      }
    }
    return known;
  }
}

const rounds = fc.array(
  fc.record({
    steps: fc.array(step, { maxLength: 60, size: "max" }),
    /** When the process dies, and how much of the write that it was in the middle of is done. */
    where: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.oneof(fc.nat(40), fc.nat(5000)),
  }),
  { minLength: 1, maxLength: 4 },
);

async function play(
  list: readonly { readonly steps: readonly Step[]; readonly where: number; readonly bytes: number }[],
  durability: Durability,
  crash: (fileSystem: MemoryFileSystem, operations: number, bytes: number) => MemoryFileSystem,
): Promise<void> {
  let fileSystem = new MemoryFileSystem();
  let known = new Map<number, Known>();
  for (const { steps, where, bytes } of list) {
    const model = new Model(fileSystem, durability, known);
    for (const one of steps) {
      await model.run(one);
      assert.equal(model.store.store.messageCount, model.live.length);
    }
    for (const sequence of model.live) {
      const message = messageOf(sequence, model.known.get(sequence)!.bodyBytes);
      assertSameMessage(await model.store.store.read(sequence), message);
    }
    const moment = model.startedAt + Math.floor(where * (model.now - model.startedAt));
    await model.store.group.drain();
    // Twice: what the first start repaired, the second finds in order.
    const after = crash(model.store.fileSystem, moment, bytes);
    known = model.recover(after, moment);
    assert.deepEqual(
      [...model.recover(after.killedAfter(after.log.length), moment).keys()],
      [...known.keys()],
    );
    fileSystem = after.killedAfter(after.log.length);
  }
}

for (const durability of ["os", "fsync"] as const) {
  test(`class ${durability}: killed at any byte, nothing stored is lost, nothing settled comes back, nothing is altered`, async () => {
    await fc.assert(
      fc.asyncProperty(rounds, (list) =>
        play(list, durability, (fileSystem, operations, bytes) => fileSystem.killedAfter(operations, bytes)),
      ),
      { numRuns: 150 },
    );
  });
}

test("class fsync: the same holds when the power goes and unsynced writes are there in part or not at all", async () => {
  await fc.assert(
    fc.asyncProperty(rounds, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (list, chance) =>
      play(list, "fsync", (fileSystem, operations) =>
        fileSystem.afterPowerLoss(operations, (bytes) => {
          const share = chance.next().value;
          return share < 0.3 ? 0 : share > 0.6 ? bytes : Math.floor(share * bytes);
        }),
      ),
    ),
    { numRuns: 150 },
  );
});

test("a garbled tail: what stands before it is found, and nothing of it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(300), { minLength: 1, maxLength: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      async (sizes, where, noise) => {
        const one = new TestStore();
        const ends: number[] = [];
        for (const [sequence, bodyBytes] of sizes.entries()) {
          one.store.append(messageOf(sequence, bodyBytes), sequence, NO_DEADLINE);
          await one.stored();
          ends.push(one.store.fileBytes);
        }
        const path = one.fileSystem.paths.find((name) => name.endsWith(".messages"))!;
        const content = one.fileSystem.content(path);
        const at = Math.floor(where * content.length);
        one.fileSystem.setContent(path, Buffer.concat([content.subarray(0, at), noise]));
        const found = new TestStore({ fileSystem: one.fileSystem }).recoveredSequences;
        const before = ends.filter((end) => end <= at).length;
        // Noise may by chance go on as the record did: then that much more of it is intact.
        const garbled = Buffer.concat([content.subarray(0, at), noise]);
        const intact = ends.filter((end) => garbled.subarray(0, end).equals(content.subarray(0, end))).length;
        assert.ok(intact >= before);
        assert.deepEqual(found, [...sizes.keys()].slice(0, intact));
      },
    ),
    { numRuns: 200 },
  );
});

test("a garbled log of acknowledgements settles nothing that was not, and keeps what stands before the damage", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(99), { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      async (turns, where, noise) => {
        const one = new TestStore();
        await one.fill(101, 10); // the last is never settled
        const path = one.fileSystem.paths.find((name) => name.endsWith(".acks"))!;
        const settledBy: { readonly end: number; readonly settled: ReadonlySet<number> }[] = [];
        const settled = new Set<number>();
        for (const turn of turns) {
          for (const sequence of turn) {
            one.store.settle(sequence);
            settled.add(sequence);
          }
          await one.stored();
          settledBy.push({ end: one.fileSystem.content(path).length, settled: new Set(settled) });
        }
        const content = one.fileSystem.content(path);
        const at = Math.floor(where * content.length);
        one.fileSystem.setContent(path, Buffer.concat([content.subarray(0, at), noise]));
        const found = new Set(new TestStore({ fileSystem: one.fileSystem }).recoveredSequences);
        const kept = settledBy.findLast(({ end }) => end <= at)?.settled ?? new Set<number>();
        for (let sequence = 0; sequence <= 100; sequence++) {
          if (kept.has(sequence)) assert.ok(!found.has(sequence), `${sequence} was settled`);
          if (!settled.has(sequence)) assert.ok(found.has(sequence), `${sequence} was not settled`);
        }
      },
    ),
    { numRuns: 200 },
  );
});
