import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AmqpControl } from "../../src/targets/amqp/connection.ts";
import { TARGETS } from "../../src/targets/catalog.ts";
import { signalGroup } from "../../src/targets/live-processes.ts";

const { installed, howToInstall } = await TARGETS.rabbitmq.describe();
const skip = installed ? false : `RabbitMQ is not installed: ${howToInstall}`;
const signal = new AbortController().signal;
const asked = { protocol: "amqp", durability: null, options: {}, signal } as const;

/** Processes whose environment or working directory names the directory, and mounts in it: nothing of a node is left. */
function leftovers(directory: string): string[] {
  const processes = readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, "latin1");
      return environment.includes(directory) || readlinkSync(`/proc/${name}/cwd`).includes(directory);
    } catch {
      return false;
    }
  });
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return [
    ...processes.map((pid) => `process ${pid}`),
    ...mounts.filter((mount) => mount.includes(directory)),
  ];
}

test("RabbitMQ carries a message, tells version and class, and leaves nothing", { skip }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  const options = { channel_max: "77" };
  const target = await TARGETS.rabbitmq.start({ ...asked, directory, options });
  assert.notDeepEqual(leftovers(directory), []);
  assert.match(target.version, /^4\.\d+\.\d+$/);
  assert.equal(target.durability, "os");
  assert.match(target.durabilityEvidence, /RabbitMQ 4.*classic/);
  assert.equal(target.configuration.product, "RabbitMQ");
  assert.match(readFileSync(join(directory, "rabbitmq.conf"), "utf8"), /^channel_max = 77$/m);
  const { host, port } = target.endpoint;
  await using external = await TARGETS.external.start({
    ...asked,
    directory,
    options: { url: `amqp://guest@${host}:${port}` },
  });
  assert.equal(external.version, `RabbitMQ ${target.version}`);
  assert.equal(external.durability, "os");
  await target[Symbol.asyncDispose]();
  assert.equal(signalGroup(target.pid ?? 0, 0), false);
  assert.deepEqual(leftovers(directory), []);
  await rm(directory, { recursive: true });
});

test("two nodes run side by side, on the loopback alone", { skip }, async () => {
  const directories = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), "brokermark-test-"))));
  await using first = await TARGETS.rabbitmq.start({ ...asked, directory: directories[0]! });
  await using second = await TARGETS.rabbitmq.start({ ...asked, directory: directories[1]! });
  using connection = await AmqpControl.open(first.endpoint, signal);
  await connection.call("queueDeclare", { queue: "of-the-first" }, "queueDeclareOk");
  using other = await AmqpControl.open(second.endpoint, signal);
  const PASSIVE = 1;
  await assert.rejects(
    other.call("queueDeclare", { queue: "of-the-first", bits: PASSIVE }, "queueDeclareOk"),
    /404/,
  );
  // 127.0.0.2 is the loopback too, but not the address that is listened on.
  await assert.rejects(
    new Promise((resolve, reject) => {
      connect({ host: "127.0.0.2", port: first.endpoint.port })
        .once("connect", resolve)
        .once("error", reject);
    }),
    { code: "ECONNREFUSED" },
  );
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  for (const directory of directories) await rm(directory, { recursive: true });
});

test("a node started in a directory again has its data", { skip }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  const [DURABLE, PASSIVE] = [2, 1];
  {
    await using target = await TARGETS.rabbitmq.start({ ...asked, directory });
    using connection = await AmqpControl.open(target.endpoint, signal);
    await connection.call("queueDeclare", { queue: "kept", bits: DURABLE }, "queueDeclareOk");
    await connection.call("confirmSelect", {}, "confirmSelectOk");
    assert.equal(await connection.publish("kept", Buffer.from("message")), true);
  }
  {
    await using target = await TARGETS.rabbitmq.start({ ...asked, directory });
    using connection = await AmqpControl.open(target.endpoint, signal);
    const { values } = await connection.call(
      "queueDeclare",
      { queue: "kept", bits: PASSIVE },
      "queueDeclareOk",
    );
    assert.equal(values.messageCount, 1);
    assert.equal(String(await connection.get("kept")), "message");
  }
  await rm(directory, { recursive: true });
});

test("a RabbitMQ that does not start says why", { skip }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  const options = { "vm_memory_high_watermark.relative": "much" };
  await assert.rejects(TARGETS.rabbitmq.start({ ...asked, directory, options }), {
    code: "TARGET_START_FAILED",
    message: /did not start: Error preparing[^|]*vm_memory_high_watermark/,
  });
  assert.deepEqual(leftovers(directory), []);
  await rm(directory, { recursive: true });
});

test("an interrupted start of RabbitMQ leaves nothing, at whatever moment", { skip }, async () => {
  let interrupted = 0;
  for (const afterMs of [0, 20, 60, 150, 400, 700, 1000, 1400]) {
    const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error("interrupted")), afterMs);
    const starting = TARGETS.rabbitmq.start({ ...asked, directory, signal: controller.signal });
    try {
      await (await starting)[Symbol.asyncDispose]();
    } catch (error) {
      assert.match(String(error), /interrupted/);
      interrupted++;
    }
    clearTimeout(timer);
    assert.deepEqual(leftovers(directory), [], `interrupted after ${afterMs} ms`);
    await rm(directory, { recursive: true });
  }
  // On a fast machine it may be up before the last ones.
  assert.ok(interrupted >= 5, `${interrupted} starts were interrupted`);
});

test("a node that is killed is told dead, and leaves nothing", { skip }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  await using target = await TARGETS.rabbitmq.start({ ...asked, directory });
  process.kill(target.pid!, "SIGKILL");
  await assert.rejects(target.died, { code: "TARGET_DIED" });
  await target[Symbol.asyncDispose]();
  for (let tries = 0; leftovers(directory).length > 0 && tries < 200; tries++) await sleep(10);
  assert.deepEqual(leftovers(directory), []);
  assert.ok(existsSync(join(directory, "data")));
  await rm(directory, { recursive: true });
});
