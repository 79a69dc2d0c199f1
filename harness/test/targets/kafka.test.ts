import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TARGETS } from "../../src/targets/catalog.ts";
import { signalGroup } from "../../src/targets/live-processes.ts";

const { installed, howToInstall } = await TARGETS.kafka.describe();
const skip = installed ? false : `Apache Kafka is not installed: ${howToInstall}`;

test("Apache Kafka carries a message, tells its class, and leaves no process", { skip }, async () => {
  for (const durability of ["os", "fsync"] as const) {
    const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
    const signal = new AbortController().signal;
    const options = { "num.io.threads": "3" };
    const target = await TARGETS.kafka.start({ directory, protocol: "kafka", durability, options, signal });
    assert.match(target.version, /^4\.\d+\.\d+$/);
    assert.equal(target.durability, durability);
    assert.equal(target.configuration["num.io.threads"], "3");
    const url = `${target.endpoint.host}:${target.endpoint.port}`;
    await using external = await TARGETS.external.start({
      directory,
      protocol: "kafka",
      durability: null,
      options: { url },
      signal,
    });
    assert.equal(external.durability, durability);
    assert.equal(external.pid, null);
    await target[Symbol.asyncDispose]();
    assert.equal(signalGroup(target.pid ?? 0, 0), false);
    await rm(directory, { recursive: true });
  }
});

test("a Kafka that does not start says why", { skip }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  const signal = new AbortController().signal;
  const options = { "num.io.threads": "many" };
  await assert.rejects(
    TARGETS.kafka.start({ directory, protocol: "kafka", durability: null, options, signal }),
    {
      code: "TARGET_START_FAILED",
      message: /num\.io\.threads/,
    },
  );
  await rm(directory, { recursive: true });
});

test("an interrupted start of Kafka leaves no process", { skip }, async () => {
  // All before any JVM can have formatted a directory and joined its own quorum.
  for (const afterMs of [100, 700, 1500]) {
    const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error("interrupted")), afterMs);
    const starting = TARGETS.kafka.start({
      directory,
      protocol: "kafka",
      durability: null,
      options: {},
      signal: controller.signal,
    });
    starting.then((running) => running[Symbol.asyncDispose]()).catch(() => {}); // none may outlive a failed assertion
    await assert.rejects(starting, /interrupted/);
    clearTimeout(timer);
    // Nothing writes into it any more, or this would fail.
    await rm(directory, { recursive: true });
  }
});
