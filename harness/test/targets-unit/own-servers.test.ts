import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { AmqpControl } from "../../src/targets/amqp/connection.ts";
import { TARGETS } from "../../src/targets/catalog.ts";
import { signalGroup } from "../../src/targets/live-processes.ts";
import type { TargetName } from "../../src/targets/target.ts";
import { ControlConnection } from "../../src/targets/wire/connection.ts";
import { encodeSingle } from "../../src/targets/wire/record-batch.ts";

async function started(t: TestContext, name: TargetName, options: Record<string, string> = {}) {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  const signal = new AbortController().signal;
  const target = await TARGETS[name].start({
    directory,
    protocol: "kafka",
    durability: "os",
    options,
    signal,
  });
  t.after(async () => {
    await target[Symbol.asyncDispose]();
    assert.equal(target.pid !== null && signalGroup(target.pid, 0), false);
    await rm(directory, { recursive: true });
  });
  const connection = await ControlConnection.open(target.endpoint, signal);
  t.after(() => connection[Symbol.dispose]());
  return { target, connection };
}

async function produce(connection: ControlConnection, values: readonly string[]): Promise<number[]> {
  const wanted = [{ name: "t", numPartitions: 1, replicationFactor: 1 }];
  const created = await connection.request("createTopics", { topics: wanted, timeoutMs: 1000 });
  assert.equal(created.topics[0]?.errorCode, 0);
  const offsets: number[] = [];
  for (const value of values) {
    const records = encodeSingle(Buffer.from(value), 0);
    const topics = [{ name: "t", partitions: [{ index: 0, records }] }];
    const answer = await connection.request("produce", { acks: -1, topics });
    assert.equal(answer.topics[0]?.partitions[0]?.errorCode, 0);
    offsets.push(answer.topics[0]?.partitions[0]?.baseOffset ?? -1);
  }
  return offsets;
}

async function end(connection: ControlConnection): Promise<number | undefined> {
  const topics = [{ name: "t", partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
  return (await connection.request("listOffsets", { topics })).topics[0]?.partitions[0]?.offset;
}

async function fetchAll(connection: ControlConnection): Promise<Buffer> {
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
  const answer = await connection.request("fetch", {
    minBytes: 1,
    maxBytes: 1 << 20,
    topics: [{ name: "t", partitions }],
  });
  return answer.topics[0]?.partitions[0]?.records ?? Buffer.alloc(0);
}

test("null: counts what is produced and keeps nothing", async (t) => {
  const { connection } = await started(t, "null");
  assert.deepEqual(await produce(connection, ["a", "b", "c"]), [0, 1, 2]);
  assert.equal(await end(connection), 3);
  assert.equal((await fetchAll(connection)).length, 0);
});

test("synthetic: keeps messages, confirms none before its delay", async (t) => {
  const { connection } = await started(t, "synthetic", { delayMs: "20" });
  const before = performance.now();
  assert.deepEqual(await produce(connection, ["alpha", "beta"]), [0, 1]);
  assert.ok(performance.now() - before >= 40);
  const read = await fetchAll(connection);
  assert.ok(read.includes("alpha") && read.includes("beta"));
});

test("synthetic: a lost message is confirmed, counted in the log end, and never delivered", async (t) => {
  const { connection } = await started(t, "synthetic", { lose: "1" });
  const values = Array.from({ length: 14 }, (_, index) => `message-${String(index).padStart(2, "0")}`);
  await produce(connection, values);
  assert.equal(await end(connection), values.length);
  const read = await fetchAll(connection);
  assert.deepEqual(
    values.filter((value) => !read.includes(value)),
    ["message-10"],
  );
});

test("reference: carries a message and tells its version and durability class", async (t) => {
  const { target, connection } = await started(t, "reference");
  assert.match(target.version, /^\d+\.\d+\.\d+/);
  assert.equal(target.durability, "os");
  assert.deepEqual(await produce(connection, ["alpha"]), [0]);
  assert.ok((await fetchAll(connection)).includes("alpha"));
});

test("reference, started for AMQP: carries a message through a queue, and external reads it as a broker", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  const asked = { directory, protocol: "amqp", durability: "os", options: {} } as const;
  const signal = new AbortController().signal;
  const target = await TARGETS.reference.start({ ...asked, signal });
  t.after(async () => {
    await target[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });
  assert.equal(target.durability, "os");
  const { host, port } = target.endpoint;
  using queues = await AmqpControl.open(target.endpoint, signal);
  await queues.call("queueDeclare", { queue: "q" }, "queueDeclareOk");
  await queues.call("confirmSelect", {}, "confirmSelectOk");
  assert.equal(await queues.publish("q", Buffer.from("alpha")), true);
  assert.equal(String(await queues.get("q")), "alpha");
  assert.equal(await queues.get("q"), null);
  const options = { url: `amqp://guest@${host}:${port}` };
  await using external = await TARGETS.external.start({ ...asked, options, signal });
  assert.match(external.version, /\d+\.\d+\.\d+$/);
  assert.equal(external.durability, null);
});
