import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { type BrokerProcess, readProcessCost, startBroker } from "../../support/broker-process.ts";
import { Connection } from "../../support/connection.ts";
import { encodeBatch } from "../../support/wire-batch.ts";
import {
  createTopicsRequest,
  deleteTopicsRequest,
  fetchRequest,
  frame,
  listOffsetsRequest,
  metadataRequest,
  produceRequest,
  readFetchResponse,
  readListOffsetsResponse,
  readProduceResponse,
} from "../../support/wire-requests.ts";

const UNKNOWN_TOPIC_OR_PARTITION = 3;
const OFFSET_OUT_OF_RANGE = 1;
const MEBIBYTE = 1024 * 1024;

let broker: BrokerProcess;
before(async () => {
  broker = await startBroker({
    target: "reference",
    settings: { "max.message.bytes": String(4 * MEBIBYTE) },
  });
});
after(() => broker.discard());

let topics = 0;

async function openWithTopic(): Promise<{ connection: Connection; topic: string }> {
  const topic = `topic-${topics++}`;
  const connection = await Connection.open(broker.host, broker.port);
  await connection.send(createTopicsRequest(topic, 1));
  return { connection, topic };
}

function batch(valueBytes: number): Buffer {
  return encodeBatch([{ value: Buffer.alloc(valueBytes, 1) }]);
}

async function rawSocket(): Promise<Socket> {
  const socket = connect({ host: broker.host, port: broker.port });
  await once(socket, "connect");
  return socket;
}

/** True when the broker closes; false when it has not within the time. */
async function isClosedByBroker(socket: Socket): Promise<boolean> {
  socket.on("error", () => {});
  socket.resume();
  if (!socket.destroyed) await once(socket, "close", { signal: AbortSignal.timeout(5000) });
  return true;
}

test("a thousand pipelined requests of all kinds are answered in their order, appends in theirs", async () => {
  const { connection, topic } = await openWithTopic();
  const offsets: Promise<number>[] = [];
  const others: Promise<Buffer>[] = [];
  for (let i = 0; i < 1000; i++) {
    if (i % 10 === 3)
      others.push(
        connection.send(fetchRequest(topic, 0, 0, { maxWaitMs: 5, minBytes: 1e9, maxBytes: 1000 })),
      );
    else if (i % 10 === 5) others.push(connection.send(metadataRequest(null)));
    else if (i % 10 === 7) others.push(connection.send(listOffsetsRequest(topic, 0, 0)));
    else {
      const size = i % 50 === 0 ? 400_000 : 20;
      offsets.push(
        connection
          .send(produceRequest(topic, 0, batch(size)))
          .then((body) => readProduceResponse(body).baseOffset),
      );
    }
  }
  assert.deepEqual(
    await Promise.all(offsets),
    Array.from({ length: offsets.length }, (_, i) => i),
  );
  assert.equal((await Promise.all(others)).length, 300);
  connection.close();
});

test("requests that arrive byte by byte are the same requests", async () => {
  const { connection, topic } = await openWithTopic();
  const socket = await rawSocket();
  socket.setNoDelay(true);
  const answers: number[] = [];
  const answered = new Promise<void>((resolve) => {
    let received = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 8 && received.length >= 4 + received.readInt32BE(0)) {
        answers.push(received.readInt32BE(4));
        received = received.subarray(4 + received.readInt32BE(0));
      }
      if (answers.length === 3) resolve();
    });
  });
  const bytes = Buffer.concat([1, 2, 3].map((id) => frame(produceRequest(topic, 0, batch(10)), id)));
  for (const byte of bytes) {
    socket.write(Buffer.from([byte]));
    if (byte % 8 === 0) await new Promise(setImmediate);
  }
  await answered;
  assert.deepEqual(answers, [1, 2, 3]);
  const end = readListOffsetsResponse(await connection.send(listOffsetsRequest(topic, 0, -1)));
  assert.equal(end.offset, 3);
  socket.destroy();
  connection.close();
});

for (const [what, bytes] of [
  ["of length 0", Buffer.alloc(4)],
  ["of negative length", Buffer.from("ffffffff", "hex")],
  ["longer than is allowed", Buffer.from("7fffffff", "hex")],
] as const) {
  test(`a frame ${what} closes its connection and no other`, async () => {
    const { connection, topic } = await openWithTopic();
    const socket = await rawSocket();
    socket.write(bytes);
    assert.ok(await isClosedByBroker(socket));
    assert.equal(readProduceResponse(await connection.send(produceRequest(topic, 0, batch(1)))).errorCode, 0);
    connection.close();
  });
}

test("a fetch at the end waits, is woken by enough bytes and not by fewer", async () => {
  const { connection: producer, topic } = await openWithTopic();
  const consumer = await Connection.open(broker.host, broker.port);
  const size = batch(100).length;
  await producer.send(produceRequest(topic, 0, batch(100)));
  const wanted = { maxWaitMs: 20_000, minBytes: 2 * size };
  let isAnswered = false;
  const answer = consumer.send(fetchRequest(topic, 0, 1, wanted)).finally(() => {
    isAnswered = true;
  });
  await producer.send(produceRequest(topic, 0, batch(100)));
  await producer.send(metadataRequest([topic]));
  assert.equal(isAnswered, false, "one batch is not enough, and the one before the offset does not count");
  await producer.send(produceRequest(topic, 0, batch(100)));
  const { records, highWatermark } = readFetchResponse(await answer);
  assert.deepEqual([records.length, highWatermark], [2 * size, 3]);
  const startedAt = performance.now();
  const empty = readFetchResponse(
    await consumer.send(fetchRequest(topic, 0, 3, { maxWaitMs: 200, minBytes: 1 })),
  );
  assert.equal(empty.records.length, 0);
  assert.ok(performance.now() - startedAt >= 198, "never empty before max_wait_ms");
  const beyond = readFetchResponse(
    await consumer.send(fetchRequest(topic, 0, 4, { maxWaitMs: 20_000, minBytes: 1 })),
  );
  assert.equal(beyond.errorCode, OFFSET_OUT_OF_RANGE);
  consumer.close();
  producer.close();
});

test("a fetch that waits on a topic is answered when the topic is deleted; a new one of its name is another log", async () => {
  const { connection, topic } = await openWithTopic();
  const consumer = await Connection.open(broker.host, broker.port);
  await connection.send(produceRequest(topic, 0, batch(400_000)));
  // More than the produce in flight brings: only the deletion answers it.
  const waiting = consumer.send(fetchRequest(topic, 0, 1, { maxWaitMs: 20_000, minBytes: 10_000_000 }));
  const other = await Connection.open(broker.host, broker.port);
  await other.send(metadataRequest([topic]));
  const inFlight = connection.send(produceRequest(topic, 0, batch(400_000)));
  await other.send(deleteTopicsRequest([topic]));
  assert.equal(readFetchResponse(await waiting).errorCode, UNKNOWN_TOPIC_OR_PARTITION);
  assert.ok([0, UNKNOWN_TOPIC_OR_PARTITION].includes(readProduceResponse(await inFlight).errorCode));
  await other.send(createTopicsRequest(topic, 1));
  assert.equal(readListOffsetsResponse(await other.send(listOffsetsRequest(topic, 0, -1))).offset, 0);
  for (const one of [connection, consumer, other]) one.close();
});

test("a connection that goes away while its fetch waits leaves nothing open", async () => {
  const { connection, topic } = await openWithTopic();
  const openFiles = () => fs.readdirSync(`/proc/${broker.pid}/fd`).length;
  const consumers = await Promise.all(
    Array.from({ length: 20 }, () => Connection.open(broker.host, broker.port)),
  );
  for (const consumer of consumers) await consumer.send(metadataRequest([topic])); // answered, so accepted
  const whileOpen = openFiles();
  for (const consumer of consumers) {
    consumer.send(fetchRequest(topic, 0, 0, { maxWaitMs: 60_000, minBytes: 1 })).catch(() => {});
  }
  await connection.send(metadataRequest([topic]));
  for (const consumer of consumers) consumer.close();
  // The test's own time limit ends this.
  while (openFiles() > whileOpen - consumers.length) await connection.send(metadataRequest([topic]));
  connection.close();
});

test("acks 0 has no answer, and an error closes the connection", async () => {
  const { connection, topic } = await openWithTopic();
  const socket = await rawSocket();
  socket.write(frame(produceRequest(topic, 0, batch(10), 0), 1));
  socket.write(frame(listOffsetsRequest(topic, 0, -2), 2));
  const [first] = (await once(socket, "data")) as [Buffer];
  assert.equal(first.readInt32BE(4), 2);
  socket.write(frame(produceRequest(topic, 9, batch(10), 0), 3));
  assert.ok(await isClosedByBroker(socket));
  connection.close();
});

test("memory stays bounded for a client that asks for much and reads nothing", async () => {
  const { connection, topic } = await openWithTopic();
  for (let i = 0; i < 8; i++) await connection.send(produceRequest(topic, 0, batch(3 * MEBIBYTE)));
  const before = readProcessCost(broker.pid)!.rssBytes;
  const socket = await rawSocket();
  socket.pause();
  for (let i = 0; i < 400; i++)
    socket.write(frame(fetchRequest(topic, 0, 0, { maxBytes: 25 * MEBIBYTE }), i));
  for (let i = 0; i < 20; i++) await connection.send(metadataRequest([topic]));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const grown = readProcessCost(broker.pid)!.peakRssBytes - before;
  assert.ok(grown < 300 * MEBIBYTE, `${Math.round(grown / MEBIBYTE)} MiB more`);
  socket.destroy();
  connection.close();
});
