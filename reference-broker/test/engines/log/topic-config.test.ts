import assert from "node:assert/strict";
import { test } from "node:test";
import {
  resolveTopicConfig,
  settingNames,
  topicSettings,
  validateOverride,
} from "../../../src/engines/log/topic-config.ts";

test("every default passes its own check and is documented", () => {
  for (const name of settingNames) {
    assert.equal(validateOverride(name, topicSettings[name].default), null, name);
    assert.match(topicSettings[name].doc, /\.$/, name);
  }
});

test("names stand in Kafka's order, which is the alphabet's", () => {
  assert.deepEqual(settingNames, [...settingNames].sort());
});

test("overrides lie over defaults, typed", () => {
  const config = resolveTopicConfig({
    "segment.bytes": " 2000000 ",
    "message.timestamp.type": "LogAppendTime",
  });
  assert.equal(config.segmentBytes, 2_000_000);
  assert.equal(config.messageTimestampType, "LogAppendTime");
  assert.equal(config.maxMessageBytes, 1_048_588);
  assert.equal(config.retentionBytes, -1);
  assert.equal(config.flushMs, 2 ** 63);
  assert.equal(config.preallocate, false);
  assert.deepEqual(config.cleanupPolicy, ["delete"]);
});

test("values out of range, of the wrong type or of unknown settings are refused in words", () => {
  const refused: [name: string, value: string, why: RegExp][] = [
    ["retention.ms", "-2", /at least -1/],
    ["retention.ms", "9223372036854775808", /at most 9223372036854775807/],
    ["segment.bytes", "1048575", /at least 1048576/],
    ["segment.bytes", "2147483648", /at most 2147483647/],
    ["segment.bytes", "", /whole number/],
    ["segment.bytes", "1e7", /whole number/],
    ["compression.gzip.level", "0", /must not be 0/],
    ["min.cleanable.dirty.ratio", "1.5", /from 0 to 1/],
    ["min.cleanable.dirty.ratio", "", /from 0 to 1/],
    ["message.timestamp.type", "createtime", /one of CreateTime, LogAppendTime/],
    ["preallocate", "yes", /true or false/],
    ["no.such.setting", "1", /Unknown topic config name: no.such.setting/],
    ["toString", "1", /Unknown topic config name/],
  ];
  for (const [name, value, why] of refused) assert.match(validateOverride(name, value) ?? "", why);
});

test("what Kafka accepts and this broker cannot honour is refused with the reason", () => {
  const refused: [name: string, value: string, why: RegExp][] = [
    ["cleanup.policy", "compact", /compaction is not implemented/],
    ["cleanup.policy", "delete,compact", /compaction is not implemented/],
    ["compression.type", "lz4", /as the producer compressed them/],
    ["remote.storage.enable", "true", /no remote tier/],
    ["preallocate", "true", /only false/],
  ];
  for (const [name, value, why] of refused) assert.match(validateOverride(name, value) ?? "", why);
  assert.equal(validateOverride("preallocate", "FALSE"), null);
});

test("an override that was never validated is a bug and throws", () => {
  assert.throws(() => resolveTopicConfig({ "retention.ms": "soon" }), /retention.ms/);
});
