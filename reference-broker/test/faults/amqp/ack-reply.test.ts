/** What was acknowledged before a synchronous reply on its channel does not come back after kill -9. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { it } from "node:test";
import type { ConfirmChannel } from "amqplib";
import { type Durability, startBroker } from "../../support/broker-process.ts";
import { open } from "./load.ts";

const MESSAGES = 50;
/** Published all the time: one commit is on its way to the disk when the acks come, and theirs is the next. */
const LARGE = Buffer.alloc(1024 * 1024);
const LARGE_UNCONFIRMED = 8;
const LARGE_CONFIRMED = 20;
const QUEUE = "ack-reply";

/** Goes on until the channel ends; resolves when some are confirmed. */
function keepPublishing(channel: ConfirmChannel): Promise<void> {
  let confirmed = 0;
  return new Promise((resolve) => {
    const publish = () => {
      channel.sendToQueue("large", LARGE, { persistent: true }, (error) => {
        if (error !== null) return;
        if (++confirmed === LARGE_CONFIRMED) resolve();
        publish();
      });
    };
    for (let at = 0; at < LARGE_UNCONFIRMED; at++) publish();
  });
}

for (const durability of ["os", "fsync"] satisfies Durability[]) {
  it(`class ${durability}: while another commit is on its way to the disk`, async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), "brokermark-ack-reply-"));
    let broker = await startBroker({ target: "reference", dataDir, durability });
    try {
      const { port } = await broker.amqp;
      const publishing = await (await open(port)).createConfirmChannel();
      const consuming = await (await open(port)).createChannel();
      for (const name of [QUEUE, "large"]) await publishing.assertQueue(name, { durable: true });
      for (let at = 0; at < MESSAGES; at++) {
        publishing.sendToQueue(QUEUE, Buffer.from(String(at)), { persistent: true });
      }
      await publishing.waitForConfirms();
      for (let at = 0; at < MESSAGES; at++) assert.ok(await consuming.get(QUEUE), `message ${at}`);

      for (const channel of [publishing, consuming]) channel.on("error", () => undefined);
      await keepPublishing(publishing);
      consuming.ackAll();
      await consuming.checkQueue(QUEUE);
      await broker.kill();

      broker = await startBroker({ target: "reference", dataDir, durability });
      const again = await open((await broker.amqp).port);
      const { messageCount } = await (await again.createChannel()).checkQueue(QUEUE);
      assert.equal(messageCount, 0, "messages that came back");
      await again.close();
    } finally {
      await broker.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
}
