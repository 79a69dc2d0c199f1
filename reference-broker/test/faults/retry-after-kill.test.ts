/** The producer's retry of a batch that was stored before a kill gets the first offset again (KIP-98). */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { it } from "node:test";
import { type BrokerProcess, startBroker, targetFromEnvironment } from "../support/broker-process.ts";
import {
  connectWhenReady,
  createTopic,
  fetchAll,
  initProducerId,
  LOG_END,
  offsetFor,
  produce,
} from "../support/client.ts";
import { freePort } from "../support/ports.ts";
import { encodeBatch } from "../support/wire-batch.ts";

const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;
const TOPIC = "retry";
const BATCHES = 7;
const RECORDS = 3;

const target = targetFromEnvironment();
/** Batches remembered for each producer and partition; Apache Kafka 4.3.1 remembers only the last over a restart. */
const WINDOW = target === "kafka" ? 1 : 5;

/** How the broker ends, and what it is started with again. */
const ENDINGS: readonly (readonly [string, (broker: BrokerProcess) => Promise<unknown>])[] = [
  ["kill -9", (broker) => broker.kill()],
  ["a graceful stop", (broker) => broker.stop()],
];

for (const [name, end] of ENDINGS) {
  it(`after ${name}: retries return the first offsets, and the next sequence goes on`, async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), "brokermark-retry-"));
    let broker = await startBroker({ target, dataDir, port: await freePort() });
    try {
      let connection = await connectWhenReady(broker.host, broker.port);
      await createTopic(connection, TOPIC, 1);
      const { producerId, epoch } = await initProducerId(connection);
      const batch = (at: number) =>
        encodeBatch(
          Array.from({ length: RECORDS }, (_, record) => ({ value: Buffer.from(`${at}/${record}`) })),
          { producerId, producerEpoch: epoch, baseSequence: at * RECORDS },
        );
      for (let at = 0; at < BATCHES; at++) {
        const answer = await produce(connection, TOPIC, 0, batch(at));
        assert.deepEqual(answer, { errorCode: 0, baseOffset: at * RECORDS });
      }
      const before = await fetchAll(connection, TOPIC, 0);
      connection.close();

      await end(broker);
      broker = await startBroker({ target, dataDir, port: broker.port });

      connection = await connectWhenReady(broker.host, broker.port);
      await createTopic(connection, TOPIC, 1);
      for (let at = BATCHES - WINDOW; at < BATCHES; at++) {
        const answer = await produce(connection, TOPIC, 0, batch(at));
        assert.deepEqual(answer, { errorCode: 0, baseOffset: at * RECORDS }, `retry of batch ${at}`);
      }
      assert.equal(await offsetFor(connection, TOPIC, 0, LOG_END), BATCHES * RECORDS, "nothing is appended");
      assert.ok((await fetchAll(connection, TOPIC, 0)).equals(before), "the log is the same, byte for byte");
      const gap = await produce(connection, TOPIC, 0, batch(BATCHES + 1));
      assert.equal(gap.errorCode, OUT_OF_ORDER_SEQUENCE_NUMBER);
      const next = await produce(connection, TOPIC, 0, batch(BATCHES));
      assert.deepEqual(next, { errorCode: 0, baseOffset: BATCHES * RECORDS });
      const other = await initProducerId(connection);
      assert.notEqual(other.producerId, producerId, "a producer id is never given out twice");
      connection.close();
    } finally {
      await broker.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
}
