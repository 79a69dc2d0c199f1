/** Bits flip in the small files that say which topics and queues there are. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { it } from "node:test";
import { startBroker, targetFromEnvironment } from "../support/broker-process.ts";
import { open } from "./amqp/load.ts";
import { filesBelow } from "./bodies-in-file.ts";
import { assertStartIsRefused } from "./refused-start.ts";

const target = targetFromEnvironment();
const skip = target === "reference" ? false : `not run: ${target} has files of its own`;
const QUEUES = ["first", "second", "third"];
const MESSAGES = 10;

async function inDirectory(body: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "brokermark-damaged-files-"));
  try {
    await body(dataDir);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

it(
  "one queue's definition: the others are there with their messages, and its messages are set aside",
  { skip },
  () =>
    inDirectory(async (dataDir) => {
      let broker = await startBroker({ target: "reference", dataDir });
      const publishing = await open((await broker.amqp).port);
      const channel = await publishing.createConfirmChannel();
      for (const queue of QUEUES) {
        await channel.assertQueue(queue, { durable: true });
        for (let at = 0; at < MESSAGES; at++) {
          channel.sendToQueue(queue, Buffer.from(`${queue} ${at}`), { persistent: true });
        }
      }
      await channel.waitForConfirms();
      await broker.kill();

      const journal = path.join(dataDir, "queues", "queues", "definitions.journal");
      const content = readFileSync(journal);
      content[content.indexOf("second")]! ^= 2;
      writeFileSync(journal, content);
      for (const start of [1, 2]) {
        broker = await startBroker({ target: "reference", dataDir });
        try {
          const connection = await open((await broker.amqp).port);
          const reading = await connection.createChannel();
          for (const queue of ["first", "third"]) {
            assert.equal(
              (await reading.checkQueue(queue)).messageCount,
              MESSAGES,
              `${queue}, start ${start}`,
            );
          }
          // A change writes the definitions anew.
          await reading.assertQueue("later", { durable: true });
          await connection.close();
          if (start === 1) {
            assert.match(broker.log(), /journal damaged/);
            assert.match(broker.log(), /store set aside/);
          }
        } finally {
          await broker.kill();
        }
      }
      const bodies = QUEUES.filter((queue) =>
        holds(path.join(dataDir, "queues"), `${queue} ${MESSAGES - 1}`),
      );
      assert.deepEqual(bodies, QUEUES, "no message is gone from the disk");
    }),
);

it("metadata of topics: the start is refused and says which file", { skip }, () =>
  inDirectory(async (dataDir) => {
    const broker = await startBroker({ target: "reference", dataDir });
    await broker.stop();
    const file = path.join(dataDir, "metadata.json");
    const content = readFileSync(file);
    content[20]! ^= 1;
    writeFileSync(file, content);
    await assertStartIsRefused(dataDir, /metadata\.json is damaged/, false);
  }),
);

function holds(directory: string, body: string): boolean {
  return filesBelow(directory, [".messages"]).some(({ file }) => readFileSync(file).includes(body));
}
