/**
 * Every writer against every reader: what one client wrote, every other client reads back equal. Target:
 * BROKERMARK_TEST_TARGET=reference (default) or kafka, the control.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type BrokerProcess, startBroker, targetFromEnvironment } from "../support/broker-process.ts";
import { connectWhenReady, createTopic, fetchAll } from "../support/client.ts";
import type { Connection } from "../support/connection.ts";
import { javaUnavailable } from "../support/kafka-install.ts";
import {
  type CorpusBatch,
  contents,
  kcatContents,
  LARGEST_BATCH_BYTES,
  nullHeader,
  sizedBatches,
} from "./corpus.ts";
import { JavaClient } from "./java-client.ts";
import { kafkajsProduce } from "./kafkajs-client.ts";
import { kcatConsume, kcatProduce, kcatUnavailable } from "./kcat-client.ts";
import { CODECS, type Codec, display, type Message, type ReadMessage, sameContent } from "./message.ts";
import { storedBatches } from "./stored-batches.ts";

const noJava = javaUnavailable();
const noKcat = kcatUnavailable();
const notRun = (reason: string | null) => (reason === null ? false : `not run: ${reason}`);

let broker: BrokerProcess;
let connection: Connection;
let java: JavaClient | null = null;

before(async () => {
  broker = await startBroker({ target: targetFromEnvironment() });
  connection = await connectWhenReady(broker.host, broker.port);
  if (noJava === null) java = new JavaClient();
});

after(async () => {
  connection?.close();
  await java?.close();
  await broker?.discard();
});

interface Writer {
  readonly name: string;
  readonly unavailable: string | null;
  readonly batches: (nowMs: number) => CorpusBatch[];
  readonly write: (topic: string, messages: readonly Message[], codec: Codec) => Promise<unknown>;
}

const WRITERS: readonly Writer[] = [
  {
    name: "Java (idempotent, its default)",
    unavailable: noJava,
    batches: (nowMs) => [
      { name: "contents", messages: [...contents(nowMs), nullHeader(nowMs)] },
      ...sizedBatches(nowMs - 30_000),
    ],
    write: (topic, messages, codec) =>
      java!.produce(broker.bootstrap, topic, 0, messages, {
        ...{ "compression.type": codec, "batch.size": "1048576", "linger.ms": "50" },
        "max.request.size": "2097152",
      }),
  },
  {
    name: "kafkajs",
    unavailable: null,
    batches: (nowMs) => [{ name: "contents", messages: contents(nowMs) }, ...sizedBatches(nowMs - 30_000)],
    write: (topic, messages, codec) => kafkajsProduce(broker.bootstrap, topic, 0, messages, { codec }),
  },
  {
    name: "kafkajs (idempotent)",
    unavailable: null,
    batches: (nowMs) => [{ name: "contents", messages: contents(nowMs) }, ...sizedBatches(nowMs - 30_000)],
    write: (topic, messages, codec) =>
      kafkajsProduce(broker.bootstrap, topic, 0, messages, { codec, idempotent: true }),
  },
  {
    name: "kcat",
    unavailable: noKcat,
    batches: () => [...kcatContents(), ...sizedBatches(null)],
    write: (topic, messages, codec) =>
      // A message as large as the batch limit is refused by librdkafka itself, whose count includes its own overhead.
      kcatProduce(broker.bootstrap, topic, 0, messages, { codec, settings: ["message.max.bytes=1100000"] }),
  },
];

interface Reader {
  readonly name: string;
  readonly unavailable: string | null;
  readonly read: (topic: string, from: number, max?: number) => Promise<ReadMessage[]>;
}

const READERS: readonly Reader[] = [
  {
    name: "Java (check.crcs)",
    unavailable: noJava,
    read: (topic, from, max) => java!.consume(broker.bootstrap, topic, 0, from, max),
  },
  {
    name: "kcat (check.crcs)",
    unavailable: noKcat,
    read: (topic, from, max) => kcatConsume(broker.bootstrap, topic, 0, from, max),
  },
];

for (const [writerAt, writer] of WRITERS.entries()) {
  describe(`written by ${writer.name}`, { skip: notRun(writer.unavailable) }, () => {
    for (const codec of CODECS) {
      const topic = `interop-${writerAt}-${codec}`;
      let written: readonly Message[] = [];

      it(`${codec}: takes every batch`, async () => {
        await createTopic(connection, topic, 1);
        const batches = writer.batches(Date.now());
        for (const { messages } of batches) await writer.write(topic, messages, codec);
        written = batches.flatMap(({ messages }) => messages);
        const stored = storedBatches(await fetchAll(connection, topic, 0));
        assert.equal(
          stored.reduce((sum, batch) => sum + batch.recordCount, 0),
          written.length,
        );
        assert.ok(
          stored.some((batch) => batch.codec === codec),
          `no batch is stored as ${codec}`,
        );
        if (codec === "none") assert.ok(stored.some(({ bytes }) => bytes === LARGEST_BATCH_BYTES));
      });

      for (const reader of READERS) {
        it(`${codec}: read by ${reader.name}`, { skip: notRun(reader.unavailable) }, async () => {
          assert.ok(written.length > 0, "nothing was written");
          const read = await reader.read(topic, 0);
          assertRead(read, written, 0);
        });

        it(`${codec}: ${reader.name} starts inside batches`, {
          skip: notRun(reader.unavailable),
        }, async () => {
          const stored = storedBatches(await fetchAll(connection, topic, 0));
          const large = stored.reduce((a, b) => (b.recordCount > a.recordCount ? b : a));
          assert.ok(large.recordCount > 2);
          for (const delta of [1, large.recordCount >> 1, large.recordCount - 1]) {
            const from = large.baseOffset + delta;
            assertRead(await reader.read(topic, from, 2), written.slice(from, from + 2), from);
          }
        });
      }
    }
  });
}

/** Offsets are dense from `from`; content is equal; so is the time wherever the writer set one. */
function assertRead(read: readonly ReadMessage[], written: readonly Message[], from: number): void {
  assert.equal(read.length, written.length, "number of messages");
  for (const [at, message] of read.entries()) {
    const expected = written[at]!;
    assert.equal(message.offset, from + at, "offsets are dense");
    if (!sameContent(message, expected)) assert.deepEqual(display(message), display(expected));
    if (expected.timestampMs !== null)
      assert.equal(message.timestampMs, expected.timestampMs, `time @${from + at}`);
    else assert.ok(Math.abs(message.timestampMs - Date.now()) < 600_000, `time @${from + at}`);
  }
}

describe("every reader sees the same", { skip: notRun(noJava ?? noKcat) }, () => {
  for (const codec of CODECS) {
    it(`${codec}: time stamped by kcat reads equal in Java and kcat`, async () => {
      const topic = `interop-${WRITERS.length - 1}-${codec}`;
      const [first, second] = [await READERS[0]!.read(topic, 0), await READERS[1]!.read(topic, 0)];
      assert.ok(first.length > 0);
      assert.deepEqual(
        first.map((message) => message.timestampMs),
        second.map((message) => message.timestampMs),
      );
    });
  }
});
