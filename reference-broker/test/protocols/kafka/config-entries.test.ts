import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigSource, topicConfigEntries } from "../../../src/protocols/kafka/config-entries.ts";

const entry = (name: string, overrides: Record<string, string>) =>
  topicConfigEntries(overrides).find((one) => one.name === name)!;

test("an override shows as the topic's, with the broker's default behind it", () => {
  const { value, configSource, synonyms } = entry("retention.ms", { "retention.ms": "1000" });
  assert.equal(value, "1000");
  assert.equal(configSource, ConfigSource.topic);
  assert.deepEqual(synonyms, [
    { name: "retention.ms", value: "1000", source: ConfigSource.topic },
    { name: "log.retention.ms", value: "604800000", source: ConfigSource.default },
  ]);
});

test("what is not overridden shows as a default", () => {
  const { value, configSource, configType, documentation } = entry("flush.ms", {});
  assert.equal(value, "9223372036854775807");
  assert.equal(configSource, ConfigSource.default);
  assert.equal(configType, 5);
  assert.notEqual(documentation, "");
});

test("a default that the broker's configuration changes shows as the broker's", () => {
  const entries = topicConfigEntries({}, { "retention.ms": "5000" });
  const { value, configSource, synonyms } = entries.find(({ name }) => name === "retention.ms")!;
  assert.equal(value, "5000");
  assert.equal(configSource, ConfigSource.staticBroker);
  assert.deepEqual(synonyms, [
    { name: "log.retention.ms", value: "5000", source: ConfigSource.staticBroker },
    { name: "log.retention.ms", value: "604800000", source: ConfigSource.default },
  ]);
});
