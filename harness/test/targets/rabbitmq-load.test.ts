import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Endpoint } from "../../src/load/protocol.ts";
import { TARGETS } from "../../src/targets/catalog.ts";
import type { RunningTarget } from "../../src/targets/target.ts";
import { anomalies, INTACT, runQueueLoad } from "../load-processes/queue-load.ts";

const { installed, howToInstall } = await TARGETS.rabbitmq.describe();
const skip = installed ? false : `RabbitMQ is not installed: ${howToInstall}`;

describe("the drivers on RabbitMQ", { skip }, () => {
  let target: RunningTarget | null = null;
  let directory = "";
  const endpoint = (): Endpoint => target!.endpoint;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
    const signal = new AbortController().signal;
    const asked = { protocol: "amqp", durability: null, options: {}, signal } as const;
    target = await TARGETS.rabbitmq.start({ ...asked, directory });
  });

  after(async () => {
    await target?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  for (const driver of ["amqp", "amqplib"] as const) {
    test(`${driver} publishes to every subscriber, over several routing keys`, async () => {
      const { published, consumed } = await runQueueLoad({ endpoint: endpoint(), driver });
      assert.equal(published.confirmedMessages, published.publishedMessages);
      assert.deepEqual(anomalies(consumed), INTACT);
      assert.equal(consumed.delivered, 4 * published.publishedMessages);
    });

    test(`${driver}: persistent messages wait in a durable queue until they are read back`, async () => {
      const { published, consumed } = await runQueueLoad({
        endpoint: endpoint(),
        driver,
        parameters: { routing: "direct", topics: 1, queues: 1, persistent: true, payloadBytes: 1024 },
        readsAlong: false,
      });
      assert.equal(published.confirmedMessages, published.publishedMessages);
      assert.deepEqual(anomalies(consumed), INTACT);
      assert.equal(consumed.delivered, published.publishedMessages);
    });
  }

  for (const ackEvery of [1, 10]) {
    test(`competing consumers with an ack for ${ackEvery} leave nothing behind`, async () => {
      const parameters = {
        routing: "direct",
        topics: 1,
        queues: 1,
        consumersPerQueue: 3,
        prefetch: 10,
        ackEvery,
      } as const;
      const { published, consumed } = await runQueueLoad({ endpoint: endpoint(), parameters });
      assert.deepEqual(anomalies(consumed), INTACT);
      assert.equal(consumed.delivered, published.publishedMessages);
    });
  }

  test("with drop-head the slow subscriber misses old messages, counted as dropped, and the others none", async () => {
    const slow = { policy: "drop-head", maxLength: 10, pauseMs: 0 } as const;
    // More than the kernel keeps for a socket that is not read.
    const parameters = { queues: 2, topics: 1, payloadBytes: 32 * 1024, slow };
    const { published, consumed } = await runQueueLoad({
      endpoint: endpoint(),
      parameters,
      durationMs: 5_000,
      maxBytes: 60e6,
    });
    const { dropped, ...others } = anomalies(consumed);
    assert.deepEqual({ ...others, dropped: 0 }, INTACT);
    assert.ok(dropped > 0, "nothing was dropped");
    assert.equal(consumed.delivered + dropped, 2 * published.publishedMessages);
    assert.equal(consumed.delivered - consumed.deliveredSlowly, published.publishedMessages);
  });

  test("with reject-publish the publisher hears of every message that is refused", async () => {
    const slow = { policy: "reject-publish", maxLength: 10, pauseMs: 0 } as const;
    const parameters = { queues: 2, topics: 1, payloadBytes: 32 * 1024, slow };
    const { published, consumed } = await runQueueLoad({
      endpoint: endpoint(),
      parameters,
      durationMs: 5_000,
      maxBytes: 60e6,
    });
    assert.ok((published.errors.NACK ?? 0) > 0, "nothing was refused");
    assert.equal(published.confirmedMessages + (published.errors.NACK ?? 0), published.publishedMessages);
    assert.deepEqual(anomalies(consumed), INTACT);
  });
});
