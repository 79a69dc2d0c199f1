/** Queues without a protocol in front of them: published, delivered, acknowledged; with a store and without. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Queue, Subscription, VirtualHost } from "../../../src/engines/queues/contract.ts";
import { openQueueEngine } from "../../../src/engines/queues/file-queue-engine.ts";
import { encodeProperties } from "../../../src/mechanisms/basic-properties.ts";
import { nodeFileSystem } from "../../../src/mechanisms/file-system.ts";
import { type Message, PublishedMessage } from "../../../src/mechanisms/message.ts";
import { nodeAlarms, steadyClock, WheelTimers } from "../../../src/mechanisms/timers.ts";
import type { Suite, Subject } from "../benchmark.ts";
import { CLAIMS } from "../claims.ts";

const MESSAGES = 5000;
const BACKLOG = 200_000;
const STORED_BACKLOG = 20_000;
const PREFETCH = 100;
const KIBIBYTE = 1024;
const QUEUE = "bench";

interface Opened {
  readonly host: VirtualHost;
  readonly queue: Queue;
  stored(): Promise<void>;
  close(): Promise<void>;
}

async function open(durable: boolean): Promise<Opened> {
  const directory = mkdtempSync(join(tmpdir(), "brokermark-bench-"));
  const timers = new WheelTimers(
    steadyClock(Date.now, () => performance.now()),
    nodeAlarms,
  );
  const engine = await openQueueEngine({
    ...{ fileSystem: nodeFileSystem, directory, durability: "os", timers },
    report: (event, fields) => process.stderr.write(`${event} ${JSON.stringify(fields)}\n`),
  });
  const host = engine.virtualHost("/")!;
  const declaration = { name: QUEUE, durable, autoDelete: false, arguments: [], exclusiveOwner: null };
  const queue = await host.declareQueue(declaration);
  const stored = () =>
    new Promise<void>((resolve, reject) => {
      engine.whenStored((isStored) => (isStored ? resolve() : reject(new Error("not stored"))));
    });
  const close = async () => {
    await engine.close();
    timers.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { host, queue, stored, close };
}

/** Acknowledges what it gets as soon as it has PREFETCH of them. */
class Consumer implements Subscription {
  readonly consumerTag = "bench";
  readonly priority = 0;
  readonly exclusive = false;
  readonly noAck = false;
  readonly #queue: Queue;
  readonly #positions = new Float64Array(PREFETCH);
  #held = 0;
  received = 0;
  bytes = 0;
  #wanted = 0;
  #done: () => void = () => {};

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  get isReady(): boolean {
    return this.#held < PREFETCH;
  }

  deliver(message: Message, position: number): void {
    this.#positions[this.#held++] = position;
    this.received++;
    this.bytes = (this.bytes + message.body.length + position) | 0;
    if (this.#held === PREFETCH) queueMicrotask(this.#acknowledge);
    if (this.received === this.#wanted) this.#done();
  }

  cancelled(): void {}

  disconnect(): void {}

  /** Resolves when `count` were received in all. */
  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = count;
      this.#done = resolve;
      if (this.received >= count) resolve();
    });
  }

  acknowledgeAll(): void {
    for (let at = 0; at < this.#held; at++) this.#queue.settle(this.#positions[at]!);
    this.#held = 0;
  }

  readonly #acknowledge = (): void => {
    this.acknowledgeAll();
    this.#queue.resume(this);
  };
}

function messageOf(bodyBytes: number, persistent: boolean): Message {
  const properties = encodeProperties({ deliveryMode: persistent ? 2 : 1 });
  return new PublishedMessage("", QUEUE, properties, Buffer.alloc(bodyBytes, 0x61));
}

/** Each message on its way to a waiting consumer; persistent ones are confirmed by the store every MESSAGES. */
async function passing(bodyBytes: number, persistent: boolean): Promise<Subject> {
  const { host, queue, stored, close } = await open(persistent);
  const consumer = new Consumer(queue);
  queue.subscribe(consumer);
  const message = messageOf(bodyBytes, persistent);
  let published = 0;
  return {
    operations: MESSAGES,
    run: async () => {
      for (let at = 0; at < MESSAGES; at++) {
        host.publish(message);
        // As many as a read of a socket brings.
        if (at % PREFETCH === PREFETCH - 1) await null;
      }
      published += MESSAGES;
      await consumer.until(published);
      if (persistent) await stored();
      return consumer.bytes;
    },
    close,
  };
}

/** Into a queue that nobody reads; emptied, untimed, by purge. */
async function filling(bodyBytes: number, persistent: boolean): Promise<Subject> {
  const { host, queue, stored, close } = await open(persistent);
  const message = messageOf(bodyBytes, persistent);
  return {
    operations: MESSAGES,
    before: () => {
      if (queue.readyCount >= BACKLOG) queue.purge();
    },
    run: async () => {
      for (let at = 0; at < MESSAGES; at++) host.publish(message);
      if (persistent) await stored();
      return queue.readyCount;
    },
    close,
  };
}

/** Taken one by one from the head of a long queue and acknowledged. */
async function draining(bodyBytes: number, persistent: boolean): Promise<Subject> {
  const { host, queue, stored, close } = await open(persistent);
  const message = messageOf(bodyBytes, persistent);
  return {
    operations: MESSAGES,
    before: async () => {
      if (queue.readyCount >= MESSAGES) return;
      const backlog = persistent ? STORED_BACKLOG : BACKLOG;
      for (let at = 0; at < backlog; at++) host.publish(message);
      if (persistent) await stored();
    },
    run: async () => {
      let sum = 0;
      for (let at = 0; at < MESSAGES; at++) {
        const taken = queue.take(false)!;
        sum += taken.position + taken.message.body.length;
        queue.settle(taken.position);
      }
      if (persistent) await stored();
      return sum;
    },
    close,
  };
}

export const suite: Suite = {
  benchmarks: [
    {
      ...{ name: "queue index: enqueue, empty bodies, up to 200,000 waiting", operation: "message" },
      prepare: () => filling(0, false),
    },
    {
      ...{ name: "queue index: take and settle, empty bodies", operation: "message" },
      prepare: () => draining(0, false),
    },
    {
      ...{ name: "queue: publish, deliver, acknowledge, 1 KiB, transient", operation: "message" },
      ...{ bytesPerOperation: KIBIBYTE, claim: CLAIMS.transientDelivery },
      prepare: () => passing(KIBIBYTE, false),
    },
    {
      ...{ name: "queue: publish, deliver, acknowledge, 1 KiB, persistent", operation: "message" },
      ...{ bytesPerOperation: KIBIBYTE, claim: CLAIMS.cachedDelivery },
      prepare: () => passing(KIBIBYTE, true),
    },
    {
      ...{ name: "queue: publish and confirm, 1 KiB, persistent, nobody reads", operation: "message" },
      ...{ bytesPerOperation: KIBIBYTE, claim: CLAIMS.persistentPublish },
      prepare: () => filling(KIBIBYTE, true),
    },
    {
      ...{ name: "queue: take and settle, 1 KiB, persistent", operation: "message" },
      ...{ bytesPerOperation: KIBIBYTE, claim: CLAIMS.cachedDelivery },
      prepare: () => draining(KIBIBYTE, true),
    },
  ],
};
