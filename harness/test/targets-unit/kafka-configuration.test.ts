import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { durabilityOf, serverProperties } from "../../src/targets/kafka/configuration.ts";
import { explainMavenFailure, installKafka } from "../../src/targets/kafka/install.ts";
import { parseJavaMajor } from "../../src/targets/kafka/java.ts";
import { loggedVersion } from "../../src/targets/kafka/kafka.ts";
import { findKafkaLibraries } from "../../src/targets/kafka/libraries.ts";

const ports = { broker: 1001, controller: 1002 };

test("options become server properties, except those the target works by", () => {
  const properties = serverProperties("/d", ports, "os", { "num.io.threads": "4" });
  assert.equal(properties["num.io.threads"], "4");
  assert.equal(properties["log.flush.interval.messages"], undefined);
  assert.throws(
    () => serverProperties("/d", ports, null, { "log.dirs": "/x" }),
    /log.dirs is set by the target/,
  );
  assert.throws(() => serverProperties("/d", ports, null, { "Bad Name": "x" }), /no server property/);
});

test("fsync flushes every message, and is read back as such", () => {
  const properties = serverProperties("/d", ports, "fsync", {});
  assert.equal(durabilityOf(properties["log.flush.interval.messages"]).class, "fsync");
  assert.equal(durabilityOf("9223372036854775807").class, "os");
  assert.equal(durabilityOf(undefined).class, null);
});

test("versions are read from what java and Kafka print", () => {
  assert.equal(parseJavaMajor('openjdk version "17.0.15" 2025-04-15'), 17);
  assert.equal(parseJavaMajor('java version "1.8.0_452"'), 8);
  assert.equal(parseJavaMajor("command not found"), null);
  assert.equal(loggedVersion("[x] INFO Kafka version: 4.3.1 (org.apache.kafka…)"), "4.3.1");
});

test("a KAFKA_HOME without jars, and a cache without them, are told apart", async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  try {
    await assert.rejects(findKafkaLibraries({ KAFKA_HOME: directory }), /KAFKA_HOME is .* has no libs/);
    await assert.rejects(findKafkaLibraries({ XDG_CACHE_HOME: directory }), /Apache Kafka is not installed/);
    await mkdir(join(directory, "libs"));
    await writeFile(join(directory, "libs", "kafka_2.13-4.2.0.jar"), "");
    assert.equal((await findKafkaLibraries({ KAFKA_HOME: directory })).version, "4.2.0");
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("an installation without Java says so, and an unreachable repository is explained", async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  const env = { XDG_CACHE_HOME: directory, JAVA_HOME: directory };
  const options = { env, signal: new AbortController().signal, force: false, onProgress: () => undefined };
  await assert.rejects(installKafka(options), {
    code: "TARGET_NOT_INSTALLED",
    message: /cannot run .*java: it is not there/,
  });
  await rm(directory, { recursive: true });
  assert.match(
    explainMavenFailure("Could not transfer artifact: repo: Unknown host repo"),
    /cannot be reached/,
  );
});
