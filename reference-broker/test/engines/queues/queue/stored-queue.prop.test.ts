import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { FileQueueStores } from "../../../../src/engines/queues/store/file-queue-stores.ts";
import { encodeProperties } from "../../../../src/mechanisms/basic-properties.ts";
import { CommitGroup } from "../../../../src/mechanisms/commit-group.ts";
import { type Message, PublishedMessage } from "../../../../src/mechanisms/message.ts";
import { MemoryFileSystem } from "../store/memory-file-system.ts";
import { makeQueue, type QueueUnderTest, TestSubscription } from "./test-queue.ts";

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      count: fc.integer({ min: 1, max: 40 }),
      priority: fc.nat(2),
      transientEvery: fc.integer({ min: 1, max: 5 }),
      bodyBytes: fc.nat(200),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("settle" as const, "requeue" as const, "hold" as const),
      count: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("page out" as const), bytes: fc.nat(20_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("restart" as const, "purge" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Entry {
  readonly body: string;
  readonly priority: number;
  readonly persistent: boolean;
  /** Unacknowledged until the next restart. */
  isHeld: boolean;
}

/** A queue on the broker's own storage, on a file system in memory. */
class StoredQueue {
  readonly #fileSystem = new MemoryFileSystem();
  #close: () => Promise<void> = async () => {};
  under: QueueUnderTest = this.#open();
  /** Everything that is not settled, in order of arrival. */
  entries: Entry[] = [];
  #published = 0;

  #open(): QueueUnderTest {
    const report = (event: string) => assert.fail(event);
    const commitGroup = new CommitGroup({ durability: "os", defer: setImmediate, report });
    const limits = { segmentBytes: 4000, segmentMessages: 64 };
    const stores = new FileQueueStores("/queues", {
      ...{ fileSystem: this.#fileSystem, commitGroup, report, ...limits },
      decodeMessage: (exchange, routingKey, properties, bytes, start, end) =>
        new PublishedMessage(exchange, routingKey, properties, bytes, undefined, start, end),
    });
    const store = stores.open("q");
    const under = makeQueue({ durable: true, store, arguments: { "x-max-priority": 2 } });
    this.#close = async () => {
      under.queue.close();
      await commitGroup.drain();
      await store.close();
    };
    return under;
  }

  async restart(): Promise<void> {
    await this.#close();
    this.under = this.#open();
    await this.under.queue.recover();
    this.entries = this.entries.filter(({ persistent }) => persistent);
    for (const entry of this.entries) entry.isHeld = false;
  }

  publish(bodyBytes: number, priority: number, persistent: boolean): void {
    const body = `${this.#published++}`.padEnd(bodyBytes, ".");
    this.entries.push({ body, priority, persistent, isHeld: false });
    const properties = encodeProperties({ deliveryMode: persistent ? 2 : 1, priority });
    const message: Message = new PublishedMessage("x", "q", properties, Buffer.from(body));
    this.under.queue.enqueue(message);
  }

  /** In the order of delivery. */
  get ready(): Entry[] {
    return this.entries.filter(({ isHeld }) => !isHeld).sort((a, b) => b.priority - a.priority);
  }

  /** All that is left, through a consumer that waits for the disk. */
  async consumeAll(): Promise<string[]> {
    const consumer = new TestSubscription("c");
    this.under.queue.subscribe(consumer);
    for (let turn = 0; turn < 10_000 && consumer.deliveries.length < this.entries.length; turn++) {
      this.under.environment.runTurns();
      await nextTurn();
    }
    return consumer.bodies;
  }

  async close(): Promise<void> {
    await this.#close();
  }
}

async function perform(stored: StoredQueue, step: Step): Promise<void> {
  const { queue } = stored.under;
  switch (step.do) {
    case "publish":
      for (let at = 0; at < step.count; at++) {
        stored.publish(step.bodyBytes, step.priority, at % step.transientEvery === 0);
      }
      return;
    case "page out":
      return void queue.pageOut(step.bytes);
    case "purge":
      assert.equal(queue.purge(), stored.entries.filter(({ isHeld }) => !isHeld).length);
      stored.entries = stored.entries.filter(({ isHeld }) => isHeld);
      return;
    case "restart":
      return stored.restart();
    default:
      return takeSome(stored, step.do, step.count);
  }
}

/** Takes from the head; each message must be the first of those that are not held. */
function takeSome(stored: StoredQueue, what: "settle" | "requeue" | "hold", count: number): void {
  const { queue } = stored.under;
  const positions: number[] = [];
  for (let at = 0; at < count; at++) {
    const taken = queue.take(false);
    const entry = stored.ready[positions.length * (what === "requeue" ? 1 : 0)];
    assert.equal(taken?.message.body.toString(), entry?.body);
    if (taken === null || entry === undefined) break;
    positions.push(taken.position);
    if (what === "hold") entry.isHeld = true;
    if (what === "settle") stored.entries.splice(stored.entries.indexOf(entry), 1);
  }
  if (what === "requeue") queue.requeue(positions);
  if (what === "settle") for (const position of positions) queue.settle(position);
}

test("what was stored comes back in order from the broker's own files, paged out or not, however often it restarts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40, size: "max" }), async (steps) => {
      const stored = new StoredQueue();
      for (const step of steps) await perform(stored, step);
      await stored.restart();
      const expected = stored.ready.map(({ body }) => body);
      assert.deepEqual(await stored.consumeAll(), expected);
      await stored.close();
    }),
    { numRuns: 60 },
  );
});
