import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { TARGETS } from "../../src/targets/catalog.ts";
import { anomalies, INTACT, runQueueLoad } from "./queue-load.ts";

/** The null target hands on what it is given, so all that is wrong here would be the drivers' doing, or its own. */
async function nullTarget(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  const signal = new AbortController().signal;
  const target = await TARGETS.null.start({
    directory,
    protocol: "amqp",
    durability: null,
    options: {},
    signal,
  });
  t.after(async () => {
    await target[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });
  return target;
}

for (const driver of ["amqp", "amqplib"] as const) {
  test(`${driver}: every subscriber gets every message, in order and intact`, async (t) => {
    const { published, consumed } = await runQueueLoad({ endpoint: (await nullTarget(t)).endpoint, driver });
    assert.ok(published.publishedMessages > 100, `${published.publishedMessages} published`);
    assert.equal(published.confirmedMessages, published.publishedMessages);
    assert.deepEqual(anomalies(consumed), INTACT);
    assert.equal(consumed.delivered, 4 * published.publishedMessages);
    assert.equal(consumed.histograms.response, null);
  });
}

test("competing consumers get each message once between them, and all is acknowledged", async (t) => {
  const parameters = {
    routing: "direct",
    topics: 1,
    queues: 2,
    producers: 2,
    consumersPerQueue: 3,
    prefetch: 10,
    ackEvery: 4,
  } as const;
  const { published, consumed } = await runQueueLoad({
    endpoint: (await nullTarget(t)).endpoint,
    parameters,
  });
  assert.deepEqual(anomalies(consumed), INTACT);
  assert.equal(consumed.delivered, published.publishedMessages);
});

test("in open loop each delivery's time is from its intended send", async (t) => {
  const parameters = { ratePerSecond: 2000, queues: 2 };
  const { published, consumed } = await runQueueLoad({
    endpoint: (await nullTarget(t)).endpoint,
    parameters,
  });
  assert.deepEqual(anomalies(consumed), INTACT);
  assert.ok(published.publishedMessages <= 1000, `${published.publishedMessages} in half a second`);
  assert.notEqual(consumed.histograms.response, null);
  assert.equal(published.histograms.scheduleLag !== null, true);
});

test("what the sink does not keep is lost, and said to be", async (t) => {
  const { published, consumed } = await runQueueLoad({
    endpoint: (await nullTarget(t)).endpoint,
    parameters: { queues: 1 },
    readsAlong: false,
    maxBytes: 50_000,
  });
  assert.equal(consumed.delivered, 0);
  assert.equal(consumed.lost, published.publishedMessages);
  assert.equal(consumed.examples.length, 1);
});

test("a broker that ends takes the run with it, not a share of its messages", async (t) => {
  const target = await nullTarget(t);
  const run = runQueueLoad({
    endpoint: target.endpoint,
    parameters: { ratePerSecond: 1000 },
    meanwhile: async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await target[Symbol.asyncDispose]();
    },
  });
  await assert.rejects(run, { message: /^TARGET_UNREACHABLE: connection ended while consuming/ });
});
