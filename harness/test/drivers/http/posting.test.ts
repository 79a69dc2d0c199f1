import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PostedMessages, postTargetOf } from "../../../src/drivers/http/posting.ts";
import { checksum, readStamp } from "../../../src/integrity/message.ts";
import type { PrepareLogLoad, PrepareQueueLoad } from "../../../src/load/protocol.ts";

const head = {
  type: "prepare",
  endpoint: { host: "127.0.0.1", port: 1 },
  topic: 'run "1"',
  seed: 7,
  runId: 99,
  producers: [0, 1, 2],
} as const;
const shape = { payloadBytes: 101, payloadKind: "json", ratePerSecond: null } as const;
const toQueues = {
  ...head,
  kind: "queues",
  driver: "http-exchange",
  parameters: { ...shape, queues: 2, persistent: true },
} as unknown as PrepareQueueLoad;
const toTopic = {
  ...head,
  kind: "log",
  driver: "http-topic",
  parameters: { ...shape, partitions: 2 },
} as unknown as PrepareLogLoad;

describe("a message posted", () => {
  test("to an exchange is what RabbitMQ's management API takes, its bytes intact and stamped", () => {
    const target = postTargetOf(toQueues, 2);
    const text = target.before + new PostedMessages(toQueues).stamped(2, 5, 1_000) + target.after;
    const { payload, ...rest } = JSON.parse(text);
    assert.deepEqual(rest, {
      properties: { delivery_mode: 2 },
      routing_key: 'run "1".q0',
      payload_encoding: "base64",
    });
    const bytes = Buffer.from(payload, "base64");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    assert.equal(bytes.length, 101);
    assert.equal(view.getUint32(0, true), checksum(view, 0, bytes.length));
    assert.deepEqual(readStamp(view, 0), {
      runId: 99,
      producer: 2,
      sequence: 5,
      intendedUs: 1_000,
      sentUs: 1_000,
    });
  });

  test("to a topic is a binary record of Confluent's REST proxy", () => {
    const target = postTargetOf(toTopic, 1);
    assert.equal(target.path, "/topics/run%20%221%22");
    const { records } = JSON.parse(`${target.before}AAAA${target.after}`);
    assert.deepEqual(records, [{ partition: 1, value: "AAAA" }]);
    assert.equal(target.contentType, "application/vnd.kafka.binary.v2+json");
  });

  test("is taken only when the answer says so", () => {
    const exchange = postTargetOf(toQueues, 0);
    assert.equal(exchange.judge('{"routed":true}'), "taken");
    assert.equal(exchange.judge('{"routed":false}'), "refused");
    const topic = postTargetOf(toTopic, 0);
    assert.equal(
      topic.judge('{"offsets":[{"partition":0,"offset":3,"error_code":null,"error":null}]}'),
      "taken",
    );
    assert.equal(topic.judge('{"offsets":[{"partition":0,"offset":0}]}'), "taken");
    assert.equal(
      topic.judge('{"offsets":[{"partition":0,"offset":null,"error_code":2,"error":"x"}]}'),
      "refused",
    );
    assert.equal(topic.judge('{"offsets":[{"offset":7,"error_code":50003}]}'), "refused");
  });
});
