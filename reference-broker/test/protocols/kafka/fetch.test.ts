import assert from "node:assert/strict";
import { test } from "node:test";
import type { Topic } from "../../../src/engines/log/contract.ts";
import { fetch } from "../../../src/protocols/kafka/handlers/01-fetch.ts";
import { fetchMessage } from "../../../src/protocols/kafka/messages/01-fetch.ts";
import { encodeBatch } from "../../support/wire-batch.ts";
import { openTestBroker, type TestBroker, testTimers } from "./handlers/ask.ts";

const VERSION = 11;

function batch(valueBytes: number): Buffer {
  return encodeBatch([{ value: Buffer.alloc(valueBytes, 1) }]);
}

async function append(topic: Topic, partition: number, valueBytes: number): Promise<void> {
  topic.partitions[partition]!.append(batch(valueBytes), null, 4, { appended() {} }, 0);
  await new Promise(setImmediate);
}

interface Wanted {
  readonly partition: number;
  readonly fetchOffset: number;
  readonly partitionMaxBytes?: number;
}

async function ask(
  broker: TestBroker,
  wanted: readonly Wanted[],
  { maxWaitMs = 0, minBytes = 1, maxBytes = 1_000_000 } = {},
) {
  const partitions = wanted.map((one) => ({ partitionMaxBytes: 1_000_000, ...one }));
  const request = { maxWaitMs, minBytes, maxBytes, topics: [{ topic: "t", partitions }] };
  const { responses } = await broker.ask(fetchMessage, VERSION, {
    ...request,
    forgottenTopicsData: [],
  } as never);
  return responses[0]!.partitions.map(({ errorCode, records }) => ({
    errorCode,
    bytes: Buffer.isBuffer(records) ? records.length : 0,
  }));
}

test("request-wide max_bytes is spent in the order of the partitions; only the first batch of all may exceed it", async () => {
  await using broker = await openTestBroker();
  const topic = await broker.engine.createTopic("t", 3, {});
  for (let partition = 0; partition < 3; partition++) {
    for (let i = 0; i < 3; i++) await append(topic, partition, 1000);
  }
  const size = batch(1000).length;
  const all = [2, 0, 1].map((partition) => ({ partition, fetchOffset: 0 }));
  const bytes = async (maxBytes: number, wanted: readonly Wanted[] = all) =>
    (await ask(broker, wanted, { maxBytes })).map((answer) => answer.bytes / size);
  assert.deepEqual(await bytes(1e6), [3, 3, 3]);
  assert.deepEqual(await bytes(size * 4), [3, 1, 0]);
  assert.deepEqual(await bytes(size * 4 - 1), [3, 0, 0]);
  assert.deepEqual(await bytes(1), [1, 0, 0]);
  assert.deepEqual(await bytes(0), [1, 0, 0]);
  const small = all.map((wanted) => ({ ...wanted, partitionMaxBytes: 10 }));
  assert.deepEqual(await bytes(1e6, small), [1, 0, 0]);
  const emptyFirst = [{ partition: 2, fetchOffset: 3 }, ...all.slice(1)];
  assert.deepEqual(await bytes(1, emptyFirst), [0, 1, 0], "the first that has anything");
});

test("min_bytes counts all partitions together, each no further than its own limit", async () => {
  await using broker = await openTestBroker();
  const topic = await broker.engine.createTopic("t", 2, {});
  const size = batch(500).length;
  const wanted = [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: size }));
  let isAnswered = false;
  const waiting = ask(broker, wanted, { maxWaitMs: 20_000, minBytes: 2 * size }).finally(() => {
    isAnswered = true;
  });
  await append(topic, 0, 500);
  await append(topic, 0, 500);
  await new Promise(setImmediate);
  assert.equal(isAnswered, false);
  await append(topic, 1, 500);
  assert.deepEqual(
    (await waiting).map(({ bytes }) => bytes),
    [size, size],
  );
});

test("an error is told at once beside partitions that have nothing; a waiting fetch ends with its connection", async () => {
  await using broker = await openTestBroker();
  await broker.engine.createTopic("t", 1, {});
  const wanted = [
    { partition: 0, fetchOffset: 0 },
    { partition: 7, fetchOffset: 0 },
  ];
  const answers = await ask(broker, wanted, { maxWaitMs: 20_000 });
  assert.deepEqual(
    answers.map(({ errorCode }) => errorCode),
    [0, 3],
  );
  const listeners = new Set<() => void>();
  const onClose = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1, currentLeaderEpoch: -1 }];
  const request = { maxWaitMs: 60_000, minBytes: 1, maxBytes: 1, sessionId: 0, sessionEpoch: -1 };
  const context = { engine: broker.engine, apiVersion: VERSION, onClose, timers: testTimers() };
  const waiting = fetch({ ...request, topics: [{ topic: "t", partitions }] } as never, context as never);
  assert.equal(listeners.size, 1);
  for (const listener of listeners) listener();
  await waiting;
  assert.equal(listeners.size, 0);
});
