/** A last batch cut short or with a flipped byte is dropped; everything before it stays, and the log goes on there. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { it } from "node:test";
import { startBroker, targetFromEnvironment } from "../support/broker-process.ts";
import { freePort } from "../support/ports.ts";
import { connectWhenReady, createTopic, fetchAll, LOG_END, offsetFor, produce } from "../support/client.ts";
import { encodeBatch } from "../support/wire-batch.ts";
import { lastBatch, newestSegments } from "./torn-tail.ts";

const target = targetFromEnvironment();
const TOPIC = "damaged";
const RECORDS = 3;
/** Kafka takes about 15 s to return after a kill. */
const CUTS: readonly number[] = target === "kafka" ? [0.5] : [0, 0.05, 0.12, 0.3, 0.5, 0.8, 0.99];

type Damage = (segment: string) => Promise<void>;

const DAMAGES: readonly (readonly [string, Damage])[] = [
  ...CUTS.map((part): readonly [string, Damage] => [
    `cut after ${part} of its bytes`,
    async (segment) => {
      const { start, last } = lastBatch(await readFile(segment));
      await truncate(segment, start + Math.floor(last.length * part));
    },
  ]),
  [
    "with a flipped byte in a record",
    async (segment) => {
      const bytes = await readFile(segment);
      const { start, last } = lastBatch(bytes);
      bytes[start + last.length - 2]! ^= 0x10;
      await writeFile(segment, bytes);
    },
  ],
];

const batch = (at: number) =>
  encodeBatch(Array.from({ length: RECORDS }, (_, record) => ({ value: Buffer.from(`${at}/${record}`) })));

it("a damaged last batch is dropped, and only that", async (context) => {
  const dataDir = await mkdtemp(path.join(tmpdir(), "brokermark-damage-"));
  let broker = await startBroker({ target, dataDir, port: await freePort() });
  try {
    let connection = await connectWhenReady(broker.host, broker.port);
    await createTopic(connection, TOPIC, 1);
    await produce(connection, TOPIC, 0, batch(0));
    let kept = await fetchAll(connection, TOPIC, 0);
    for (const [at, [name, damage]] of DAMAGES.entries()) {
      const { baseOffset } = await produce(connection, TOPIC, 0, batch(at + 1));
      assert.equal(await offsetFor(connection, TOPIC, 0, LOG_END), baseOffset + RECORDS);
      connection.close();
      await broker.kill();
      const [segment] = await newestSegments(dataDir, TOPIC);
      await damage(segment!);

      broker = await startBroker({ target, dataDir, port: broker.port });
      connection = await connectWhenReady(broker.host, broker.port);
      await createTopic(connection, TOPIC, 1);
      assert.equal(await offsetFor(connection, TOPIC, 0, LOG_END), baseOffset, `last batch ${name}: log end`);
      assert.ok(
        (await fetchAll(connection, TOPIC, 0)).equals(kept),
        `last batch ${name}: what was before it`,
      );
      const next = await produce(connection, TOPIC, 0, batch(at + 1));
      assert.deepEqual(next, { errorCode: 0, baseOffset }, `last batch ${name}: the log goes on`);
      kept = await fetchAll(connection, TOPIC, 0);
      context.diagnostic(`last batch ${name}: dropped, ${baseOffset} records kept`);
    }
    connection.close();
  } finally {
    await broker.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
