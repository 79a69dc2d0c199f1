import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { nowUs } from "../../src/measure/clock.ts";
import { MetricsScraper } from "../../src/run/staged/metrics-scraper.ts";
import { TARGETS } from "../../src/targets/catalog.ts";
import type { RunningTarget } from "../../src/targets/target.ts";
import { anomalies, INTACT, runQueueLoad } from "../load-processes/queue-load.ts";

const { installed, howToInstall } = await TARGETS.rabbitmq.describe();
const skip = installed ? false : `RabbitMQ is not installed: ${howToInstall}`;

describe("RabbitMQ started for HTTP", { skip }, () => {
  let target: RunningTarget | null = null;
  let directory = "";

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
    const signal = new AbortController().signal;
    const asked = { protocol: "amqp", http: true, durability: null, options: {}, signal } as const;
    target = await TARGETS.rabbitmq.start({ ...asked, directory });
  });

  after(async () => {
    await target?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  test("takes messages at its management API, and every one confirmed can be read back", async () => {
    const { published, consumed } = await runQueueLoad({
      endpoint: target!.endpoint,
      driver: "http-exchange",
      parameters: { producers: 4, routing: "direct", topics: 1, queues: 1, persistent: true },
      readsAlong: false,
      durationMs: 2_000,
    });
    assert.ok(published.confirmedMessages > 0);
    assert.deepEqual(published.errors, {});
    assert.deepEqual(anomalies(consumed), INTACT);
    assert.equal(consumed.delivered, published.publishedMessages);
  });

  test("tells its metrics", async () => {
    const { bytes } = await new MetricsScraper(target!.endpoint.http!, nowUs).scrape();
    assert.ok(bytes > 1_000, `${bytes} bytes`);
  });
});
