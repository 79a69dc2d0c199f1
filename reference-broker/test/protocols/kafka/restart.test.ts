import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startBroker } from "../../support/broker-process.ts";
import { Connection } from "../../support/connection.ts";
import { encodeBatch } from "../../support/wire-batch.ts";
import {
  createTopicsRequest,
  fetchRequest,
  frame,
  listOffsetsRequest,
  produceRequest,
  readListOffsetsResponse,
  readProduceResponse,
} from "../../support/wire-requests.ts";

const ENTRY = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
const TOPIC = "t";
const MEBIBYTE = 1024 * 1024;

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), "brokermark-restart-"));
  try {
    await body(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function batch(sequence: number, valueBytes: number): Buffer {
  const producer = { producerId: 1000, producerEpoch: 0, baseSequence: sequence };
  return encodeBatch([{ value: Buffer.alloc(valueBytes, sequence) }], producer);
}

/** Runs the broker to its end. */
async function runBroker(args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, stderr };
}

for (const way of ["stop", "kill"] as const) {
  test(`${way} under load: what was confirmed is there, retries are known, ${way === "stop" ? "nothing is scanned" : "nothing is lost"}`, () =>
    inDirectory(async (dataDir) => {
      let broker = await startBroker({ target: "reference", dataDir });
      let connection = await Connection.open(broker.host, broker.port);
      await connection.send(createTopicsRequest(TOPIC, 1));
      const confirmed: number[] = [];
      let closed = 0;
      for (let sequence = 0; sequence < 400; sequence++) {
        connection
          .send(produceRequest(TOPIC, 0, batch(sequence, sequence % 7 === 0 ? MEBIBYTE / 4 : 100)))
          .then(
            (body) => confirmed.push(readProduceResponse(body).baseOffset),
            () => closed++,
          );
      }
      while (confirmed.length < 50) await new Promise(setImmediate);
      if (way === "stop") assert.equal(await broker.stop(), 0);
      else await broker.kill();
      connection.close();
      broker = await startBroker({ target: "reference", dataDir });
      if (way === "stop") assert.doesNotMatch(broker.log(), /log recovered/);
      connection = await Connection.open(broker.host, broker.port);
      const end = readListOffsetsResponse(await connection.send(listOffsetsRequest(TOPIC, 0, -1))).offset;
      assert.deepEqual(
        confirmed,
        confirmed.map((_, i) => i),
      );
      assert.ok(end >= confirmed.length, `${end} records for ${confirmed.length} confirmed`);
      const last = confirmed.length - 1;
      for (let sequence = Math.max(end - 5, 0); sequence < end; sequence++) {
        const retried = readProduceResponse(
          await connection.send(produceRequest(TOPIC, 0, batch(sequence, 100))),
        );
        assert.deepEqual(
          retried,
          { errorCode: 0, baseOffset: sequence },
          `retry of ${sequence}, confirmed to ${last}`,
        );
      }
      const next = readProduceResponse(await connection.send(produceRequest(TOPIC, 0, batch(end, 100))));
      assert.deepEqual(next, { errorCode: 0, baseOffset: end });
      connection.close();
      await broker.discard();
    }));
}

test("a stop answers what is in flight, ends waiting fetches, and does not wait for a client that never reads", () =>
  inDirectory(async (dataDir) => {
    const broker = await startBroker({ target: "reference", dataDir, durability: "fsync" });
    const connection = await Connection.open(broker.host, broker.port);
    await connection.send(createTopicsRequest(TOPIC, 1));
    const deaf = connect({ host: broker.host, port: broker.port });
    await once(deaf, "connect");
    deaf.pause();
    deaf.on("error", () => {});
    for (let i = 0; i < 12; i++) await connection.send(produceRequest(TOPIC, 0, batch(i, MEBIBYTE / 2)));
    for (let i = 0; i < 3; i++) deaf.write(frame(fetchRequest(TOPIC, 0, 0), i));
    const waiting = await Connection.open(broker.host, broker.port);
    const fetched = waiting.send(fetchRequest(TOPIC, 0, 12, { maxWaitMs: 60_000, minBytes: 1 }));
    await connection.send(listOffsetsRequest(TOPIC, 0, -1));
    const inFlight = connection.send(produceRequest(TOPIC, 0, batch(12, MEBIBYTE / 2)));
    const stopped = broker.stop();
    await inFlight.then(
      (body) => assert.equal(readProduceResponse(body).errorCode, 0),
      () => {}, // the signal was there before the request
    );
    await fetched;
    assert.equal(await stopped, 0);
    assert.ok(!fs.existsSync(path.join(dataDir, ".lock")));
    deaf.destroy();
  }));

test("a taken port and a used directory are told apart, and neither leaves a lock", () =>
  inDirectory(async (directory) => {
    const broker = await startBroker({ target: "reference", dataDir: path.join(directory, "a") });
    const other = path.join(directory, "b");
    const portTaken = await runBroker(["--data-dir", other, "--port", String(broker.port)]);
    assert.equal(portTaken.code, 5);
    assert.match(portTaken.stderr, /is taken/);
    assert.ok(!fs.existsSync(path.join(other, ".lock")));
    const inUse = await runBroker(["--data-dir", broker.dataDir, "--port", "0"]);
    assert.equal(inUse.code, 5);
    assert.match(inUse.stderr, new RegExp(`process ${broker.pid} uses`));
    await broker.kill();
    const again = await startBroker({ target: "reference", dataDir: broker.dataDir });
    assert.equal(await again.stop(), 0, "the lock of a killed broker holds nobody up");
  }));
