/** Clients pass over a batch that a start found damaged between others: Java with CRCs checked, and librdkafka. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { JavaClient } from "../clients/java-client.ts";
import { kcatUnavailable, runKcat } from "../clients/kcat-client.ts";
import { type BrokerProcess, startBroker, targetFromEnvironment } from "../support/broker-process.ts";
import { connectWhenReady, createTopic, produce } from "../support/client.ts";
import { javaUnavailable } from "../support/kafka-install.ts";
import { encodeBatch } from "../support/wire-batch.ts";
import { parseEntries } from "./history.ts";
import { newestSegments } from "./torn-tail.ts";

const TOPIC = "damaged-batch";
const BATCHES = 5;
const VICTIM = 2;
const RECORDS = 3;

const expected = Array.from({ length: BATCHES * RECORDS }, (_, offset) => offset)
  .filter((offset) => Math.floor(offset / RECORDS) !== VICTIM)
  .map((offset) => ({ partition: 0, offset, sequence: offset }));

const notReference = targetFromEnvironment() === "reference" ? null : "Apache Kafka ends the log there";

function skip(unavailable: string | null): string | false {
  return unavailable === null ? false : `not run: ${unavailable}`;
}

describe("a damaged batch between others", { skip: skip(notReference) }, () => {
  let broker: BrokerProcess;
  let dataDir: string;

  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), "brokermark-damaged-batch-"));
    broker = await startBroker({ target: "reference", dataDir });
    const connection = await connectWhenReady(broker.host, broker.port);
    await createTopic(connection, TOPIC, 1);
    for (let at = 0; at < BATCHES; at++) {
      const numbers = Array.from({ length: RECORDS }, (_, record) => String(at * RECORDS + record));
      const records = numbers.map((number) => ({ key: Buffer.from(number), value: Buffer.from(number) }));
      assert.equal((await produce(connection, TOPIC, 0, encodeBatch(records))).errorCode, 0);
    }
    connection.close();
    await broker.kill();
    const [segment] = await newestSegments(dataDir, TOPIC);
    const content = await readFile(segment!);
    let start = 0;
    for (let at = 0; at < VICTIM; at++) start += 12 + content.readInt32BE(start + 8);
    content[start + 70]! ^= 4;
    await writeFile(segment!, content);
    broker = await startBroker({ target: "reference", dataDir });
  });
  after(async () => {
    await broker?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it("is named in the log", () => {
    const lost = `offsets ${VICTIM * RECORDS} to ${VICTIM * RECORDS + RECORDS - 1} are damaged and passed over`;
    assert.ok(broker.log().includes(lost), broker.log());
  });

  it("is passed over by Java's consumer", { skip: skip(javaUnavailable()) }, async () => {
    const java = new JavaClient();
    const file = path.join(dataDir, "dump");
    try {
      await java.call("dump", { bootstrap: broker.bootstrap, topic: TOPIC, partitions: 1, file });
      assert.deepEqual(parseEntries(await readFile(file, "utf8")), expected);
    } finally {
      await java.close();
    }
  });

  it("is passed over by kcat", { skip: skip(kcatUnavailable()) }, async () => {
    const from = ["-C", "-q", "-e", "-o", "beginning", "-b", broker.bootstrap, "-t", TOPIC];
    const output = await runKcat([...from, "-X", "check.crcs=true", "-f", "%p %o %k\n"]);
    assert.deepEqual(parseEntries(output.toString("latin1")), expected);
  });
});
