/** Publishing to exchanges over HTTP, read back over AMQP; who may; what is told of queues. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decodeProperties } from "../../../src/mechanisms/basic-properties.ts";
import type { FieldTable } from "../../../src/mechanisms/message.ts";
import { AmqpClient } from "../../support/amqp-connection.ts";
import { basic, GUEST, HttpBroker } from "./http-broker.ts";

const directory = mkdtempSync(join(tmpdir(), "brokermark-http-"));
const READER = basic("reader", "secret");
let broker: HttpBroker;
let client: AmqpClient;

before(async () => {
  const definitions = join(directory, "definitions.json");
  writeFileSync(
    definitions,
    JSON.stringify({
      vhosts: [{ name: "/" }, { name: "other" }],
      users: [{ name: "reader", password: "secret", tags: "" }],
      permissions: [{ user: "reader", vhost: "/", configure: "", write: "^only$", read: ".*" }],
      topic_permissions: [{ user: "reader", vhost: "/", exchange: "only", write: "^a\\.", read: ".*" }],
    }),
  );
  broker = await HttpBroker.start(["--load-definitions", definitions, "--max-message-bytes", "100000"]);
  client = await AmqpClient.open((await broker.process.amqp).port);
  await client.openChannel(1);
});
after(async () => {
  client?.destroy();
  await broker?.process.discard();
  rmSync(directory, { recursive: true, force: true });
});

async function declare(queue: string, table: FieldTable = []): Promise<void> {
  client.send(1, "queue.declare", {
    ...{ queue, passive: false, durable: true, exclusive: false, autoDelete: false, noWait: false },
    arguments: table,
  });
  await client.expect(1, "queue.declare-ok");
}

async function take(queue: string) {
  client.send(1, "basic.get", { queue, noAck: true });
  const { exchange, routingKey } = await client.expect(1, "basic.get-ok");
  const { properties, body } = await client.content(1);
  return { exchange, routingKey, body, properties: decodeProperties(properties) };
}

test("a message arrives with its properties, types as RabbitMQ's management chooses them", async () => {
  await declare("taken");
  const properties = {
    ...{ content_type: "text/plain", content_encoding: "utf-8", delivery_mode: 2, priority: 3 },
    ...{ correlation_id: "c", reply_to: "r", expiration: "60000", message_id: "m", timestamp: 1_700_000_000 },
    ...{ type: "t", user_id: "guest", app_id: "a", cluster_id: "l" },
    headers: {
      text: "ü",
      whole: 7,
      part: 1.5,
      yes: true,
      none: null,
      list: [1, "two"],
      table: { in: "side" },
    },
  };
  const { status, json } = await broker.publish("amq.default", {
    ...{ properties, routing_key: "taken", payload: "grüß dich" },
  });
  assert.deepEqual([status, json], [200, { routed: true }]);
  const message = await take("taken");
  assert.deepEqual([message.exchange, message.routingKey], ["", "taken"]);
  assert.equal(message.body.toString(), "grüß dich");
  const { headers, ...rest } = message.properties;
  assert.deepEqual(rest, {
    ...{ contentType: "text/plain", contentEncoding: "utf-8", deliveryMode: 2, priority: 3 },
    ...{ correlationId: "c", replyTo: "r", expiration: "60000", messageId: "m", timestamp: 1_700_000_000 },
    ...{ type: "t", userId: "guest", appId: "a", clusterId: "l" },
  });
  assert.deepEqual(headers, [
    ["text", { type: "S", value: "ü" }],
    ["whole", { type: "l", value: 7 }],
    ["part", { type: "d", value: 1.5 }],
    ["yes", { type: "t", value: true }],
    ["none", { type: "V", value: null }],
    [
      "list",
      {
        type: "A",
        value: [
          { type: "l", value: 1 },
          { type: "S", value: "two" },
        ],
      },
    ],
    ["table", { type: "F", value: [["in", { type: "S", value: "side" }]] }],
  ]);
});

test("a base64 payload is decoded, and a message that no queue takes is not routed", async () => {
  await declare("binary");
  const body = Buffer.from([0, 255, 128, 10]);
  const message = { routing_key: "binary", payload: body.toString("base64"), payload_encoding: "base64" };
  assert.deepEqual((await broker.publish("amq.default", message)).json, { routed: true });
  assert.deepEqual((await take("binary")).body, body);
  assert.deepEqual((await broker.publish("amq.topic", message)).json, { routed: false });
});

test("what is wrong with a message is said, and nothing is published", async () => {
  await declare("wrong");
  const cases: readonly [Readonly<Record<string, unknown>>, RegExp][] = [
    [{ payload: 7 }, /`payload` must be a string/],
    [{ payload: undefined }, /`payload` is missing/],
    [{ payload: "?", payload_encoding: "base64" }, /not base64/],
    [{ payload_encoding: "hex" }, /`payload_encoding` must be/],
    [{ routing_key: "k".repeat(256) }, /`routing_key` is longer/],
    [{ properties: { deliverymode: 2 } }, /properties\.deliverymode is unknown/],
    [{ properties: { delivery_mode: "2" } }, /properties\.delivery_mode must be a number/],
    [{ properties: { priority: 256 } }, /properties\.priority must be a number from 0 to 255/],
    [{ properties: { expiration: "soon" } }, /invalid expiration 'soon'/],
    [{ properties: { user_id: "other" } }, /user_id property set to 'other'/],
    [{ properties: [] }, /`properties` must be an object/],
    [{ payload: "x".repeat(100_001) }, /larger than configured max size 100000/],
  ];
  for (const [message, text] of cases) {
    const answer = await broker.publish("amq.default", { routing_key: "wrong", ...message });
    assert.deepEqual([answer.status, answer.json.error], [400, "bad_request"], answer.text);
    assert.match(answer.json.reason, text);
  }
  assert.equal((await broker.get("/api/queues/%2F/wrong", GUEST)).json.messages, 0);
  const missing = await broker.publish("no-such-exchange", {});
  assert.deepEqual(
    [missing.status, missing.json.reason],
    [404, "no exchange 'no-such-exchange' in vhost '/'"],
  );
});

test("only users with the right password come in, and each only where it may", async () => {
  for (const authorization of [
    undefined,
    basic("guest", "wrong"),
    basic("nobody", "x"),
    "Basic ???",
    "Bearer x",
  ]) {
    const answer = await broker.get("/api/queues", authorization);
    assert.deepEqual([answer.status, answer.json.error], [401, "not_authorised"]);
    assert.match(answer.headers.get("www-authenticate") ?? "", /^Basic realm=/);
  }
  const refused = await broker.publish("amq.default", { routing_key: "q" }, READER);
  assert.equal(refused.status, 403);
  assert.match(
    refused.json.reason,
    /write access to exchange 'amq.default' in vhost '\/' refused for user 'reader'/,
  );
  const elsewhere = await broker.publish("amq.default", {}, READER, "other");
  assert.equal(elsewhere.status, 403);
  assert.equal((await broker.publish("amq.default", {}, GUEST, "nowhere")).status, 404);
});

test("topic permissions narrow the routing keys, those in CC headers too", async () => {
  client.send(1, "exchange.declare", {
    ...{ exchange: "only", type: "topic", passive: false, durable: false, autoDelete: false },
    ...{ internal: false, noWait: false, arguments: [] },
  });
  await client.expect(1, "exchange.declare-ok");
  const status = async (routing_key: string, headers = {}) =>
    (await broker.publish("only", { routing_key, properties: { headers } }, READER)).status;
  assert.equal(await status("a.b"), 200);
  assert.equal(await status("b.a"), 403);
  assert.equal(await status("a.b", { CC: ["b.a"] }), 403);
});

test("a message that a full queue refuses is not answered as taken", async () => {
  await declare("full", [
    ["x-max-length", { type: "I", value: 1 }],
    ["x-overflow", { type: "S", value: "reject-publish" }],
  ]);
  assert.equal((await broker.publish("amq.default", { routing_key: "full" })).status, 200);
  const refused = await broker.publish("amq.default", { routing_key: "full" });
  assert.deepEqual([refused.status, refused.json.reason], [400, "rejected: a queue is full"]);
  const { json } = await broker.get("/api/queues/%2F/full", GUEST);
  assert.deepEqual([json.messages_ready, json.statistics.refusedMessages], [1, 1]);
});

test("a publisher is held back while a queue that blocks is full, and its message is there", async () => {
  await declare("blocking", [
    ["x-max-length", { type: "I", value: 1 }],
    ["x-overflow", { type: "S", value: "block-publisher" }],
  ]);
  let answered = false;
  const held = broker.publish("amq.default", { routing_key: "blocking" }).then((answer) => {
    answered = true;
    return answer;
  });
  while ((await broker.get("/api/queues/%2F/blocking", GUEST)).json.messages !== 1) await pause();
  assert.equal(answered, false);
  await take("blocking");
  assert.deepEqual((await held).json, { routed: true });
});

test("a client that goes before its answer harms nobody", async () => {
  const limit: FieldTable = [
    ["x-max-length", { type: "I", value: 1 }],
    ["x-overflow", { type: "S", value: "block-publisher" }],
  ];
  await declare("left", limit);
  const body = JSON.stringify({
    properties: {},
    routing_key: "left",
    payload: "",
    payload_encoding: "string",
  });
  const leaving = new AbortController();
  const url = `http://127.0.0.1:${broker.port}/api/exchanges/%2F/amq.default/publish`;
  const headers = { authorization: GUEST };
  const left = fetch(url, { method: "POST", headers, body, signal: leaving.signal });
  while ((await broker.get("/api/queues/%2F/left", GUEST)).json.messages !== 1) await pause();
  leaving.abort();
  await assert.rejects(left, { name: "AbortError" });
  await take("left");
  assert.deepEqual((await broker.publish("amq.topic", {})).json, { routed: false });
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

test("queues are listed whole or by pages, and described under RabbitMQ's names", async () => {
  await declare("listed", [["x-max-priority", { type: "I", value: 3 }]]);
  await broker.publish("amq.default", { routing_key: "listed", payload: "12345" });
  const all: { name: string; vhost: string }[] = (await broker.get("/api/queues", GUEST)).json;
  const { json } = await broker.get("/api/queues/%2F", GUEST);
  assert.deepEqual(json, all);
  assert.ok(all.some(({ name, vhost }) => name === "listed" && vhost === "/"));
  const { json: queue } = await broker.get("/api/queues/%2F/listed", GUEST);
  assert.deepEqual(
    [queue.durable, queue.arguments, queue.messages, queue.message_bytes_ready, queue.message_stats.publish],
    [true, { "x-max-priority": 3 }, 1, 5, 1],
  );
  const page = (await broker.get("/api/queues?page=2&page_size=2", GUEST)).json;
  assert.deepEqual(page.items, all.slice(2, 4));
  assert.equal(page.total_count, all.length);
  assert.equal((await broker.get("/api/queues?page=0", GUEST)).status, 400);
  assert.equal((await broker.get("/api/queues/%2F/missing", GUEST)).status, 404);
});

test("the overview has the totals", async () => {
  const { json } = await broker.get("/api/overview", GUEST);
  assert.equal(json.object_totals.connections, 1);
  assert.ok(json.queue_totals.messages_ready >= 1 && json.object_totals.queues >= 1);
  assert.deepEqual(
    json.listeners.map(({ protocol }: { protocol: string }) => protocol),
    ["kafka", "amqp"],
  );
});

test("without AMQP its endpoints say so, and topics are there", async () => {
  const without = await HttpBroker.start(["--amqp-port", "off"]);
  try {
    const answer = await without.get("/api/overview", GUEST);
    assert.equal(answer.status, 503);
    assert.match(answer.json.reason, /AMQP is off/);
    assert.equal((await without.produce("t", [{ value: 1 }])).status, 200);
    assert.match((await without.get("/metrics")).text, /^brokermark_kafka_appended_records_total 1$/m);
  } finally {
    await without.process.discard();
  }
});
