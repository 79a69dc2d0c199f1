/** Liveness and readiness: of a running broker, and the rules on their own. */
import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { after, before, test } from "node:test";
import { Health } from "../../../src/protocols/http/health.ts";
import { AmqpClient } from "../../support/amqp-connection.ts";
import { HttpBroker } from "./http-broker.ts";

let broker: HttpBroker;

before(async () => {
  broker = await HttpBroker.start();
});
after(() => broker?.process.discard());

test("a broker is live and ready once it listens", async () => {
  for (const path of ["/health/live", "/health/ready"]) {
    const { status, json } = await broker.get(path);
    assert.deepEqual([status, json], [200, { status: "ok" }]);
  }
});

test("without its directory it is not ready, says why, and is ready again when the directory is back", async () => {
  const { dataDir } = broker.process;
  await rename(dataDir, `${dataDir}-away`);
  const away = await readyBecomes(503);
  await rename(`${dataDir}-away`, dataDir);
  assert.equal(away.json.status, "unavailable");
  assert.match(away.json.reasons.join(), /^storage: ENOENT/);
  assert.equal((await broker.get("/health/live")).status, 200);
  await readyBecomes(200);
});

async function readyBecomes(status: number, of = broker) {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const answer = await of.get("/health/ready");
    if (answer.status === status) return answer;
    assert.ok(performance.now() < deadline, `not ${status}: ${answer.text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("low memory is a reason, and publishers over HTTP are told to come again", async () => {
  const MEBIBYTE = 1024 * 1024;
  const small = await HttpBroker.start(["--memory-limit-bytes", String(64 * MEBIBYTE)]);
  const client = await AmqpClient.open((await small.process.amqp).port);
  try {
    await client.openChannel(1);
    client.send(1, "queue.declare", {
      ...{ queue: "q", passive: false, durable: false, exclusive: false, autoDelete: false, noWait: false },
      arguments: [],
    });
    await client.expect(1, "queue.declare-ok");
    let refused = await publishTo(small);
    for (let i = 0; i < 300 && refused.status === 200; i++) refused = await publishTo(small);
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
    assert.match(refused.json.reason, /memory alarm: low on memory/);
    const { json } = await readyBecomes(503, small);
    assert.deepEqual(json.reasons, ["memory alarm: low on memory"]);
  } finally {
    client.destroy();
    await small.process.discard();
  }
});

function publishTo(broker: HttpBroker) {
  return broker.publish("amq.default", { routing_key: "q", payload: "x".repeat(1024 * 1024) });
}

const FAULTLESS = { count: 0, lastError: null };

test("a write that the disk refused counts for ten seconds, also when small files can be written", async () => {
  let nowMs = 0;
  let faults = FAULTLESS as { count: number; lastError: string | null };
  const health = new Health({
    storageFaults: () => [FAULTLESS, faults],
    probeStorage: async () => null,
    memoryAlarm: () => null,
    nowMs: () => nowMs,
  });
  assert.deepEqual(await health.reasons(), []);
  faults = { count: 1, lastError: "ENOSPC" };
  assert.deepEqual(await health.reasons(), ["storage: ENOSPC"]);
  nowMs = 9999;
  assert.deepEqual(await health.reasons(), ["storage: ENOSPC"]);
  nowMs = 10_000;
  assert.deepEqual(await health.reasons(), []);
  faults = { count: 2, lastError: "EIO" };
  assert.deepEqual(await health.reasons(), ["storage: EIO"]);
});

test("the disk is not asked more than once a second", async () => {
  let nowMs = 0;
  let probes = 0;
  const health = new Health({
    storageFaults: () => [],
    probeStorage: async () => `probe ${++probes}`,
    memoryAlarm: () => "low on memory",
    nowMs: () => nowMs,
  });
  assert.deepEqual(await health.reasons(), ["storage: probe 1", "memory alarm: low on memory"]);
  nowMs = 999;
  assert.deepEqual(await health.reasons(), ["storage: probe 1", "memory alarm: low on memory"]);
  nowMs = 1000;
  health.isStopping = true;
  assert.deepEqual(await health.reasons(), [
    ...["shutting down", "storage: probe 2", "memory alarm: low on memory"],
  ]);
});
