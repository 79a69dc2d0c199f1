/** Bad frames: RabbitMQ's reply code at RabbitMQ's level, and others unharmed. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AmqpClient } from "../../support/amqp-connection.ts";
import {
  BODY_FRAME,
  body,
  frame,
  HEADER_FRAME,
  HEARTBEAT_FRAME,
  header,
  METHOD_FRAME,
  method,
  methodPayload,
  publish,
} from "../../support/amqp-frames.ts";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";

const MEBIBYTE = 1024 * 1024;

let broker: BrokerProcess;
let port: number;
let innocent: AmqpClient;

before(async () => {
  broker = await startBroker({ target: "reference", args: ["--max-message-bytes", String(MEBIBYTE)] });
  port = (await broker.amqp).port;
  innocent = await opened();
});
after(async () => {
  innocent?.destroy();
  await broker?.discard();
});

async function opened(): Promise<AmqpClient> {
  const client = await AmqpClient.open(port);
  await client.openChannel(1);
  return client;
}

async function checkInnocent(): Promise<void> {
  innocent.send(1, "basic.qos", { prefetchSize: 0, prefetchCount: 1, global: false });
  await innocent.expect(1, "basic.qos-ok");
}

const PUBLISH = method(1, "basic.publish", {
  ...{ exchange: "", routingKey: "none", mandatory: false, immediate: false },
});
const QOS = method(1, "basic.qos", { prefetchSize: 0, prefetchCount: 0, global: false });
const oversized = Buffer.alloc(131_072 + 9);
oversized.set([METHOD_FRAME, 0, 1]);
oversized.writeUInt32BE(131_073, 3);
/** A table that claims more octets than its frame has. */
const overlongTable = Buffer.concat([
  Buffer.from([0, 40, 0, 10, 0, 0, 1, 0x78, 6]),
  Buffer.from("direct\0"),
  Buffer.from([0xff, 0xff, 0xff, 0xff]),
]);

const ENDS_CONNECTION: readonly (readonly [what: string, code: number, bytes: Buffer, text?: RegExp])[] = [
  ["a wrong frame end", 501, frame(METHOD_FRAME, 1, methodPayload("tx.select", {}), 0xcd), /FRAME_ERROR/],
  ["an unknown frame type", 501, frame(7, 1, Buffer.alloc(3))],
  ["a frame above frame_max", 501, oversized, /frame_too_large/],
  ["a field table longer than its frame", 501, frame(METHOD_FRAME, 1, overlongTable)],
  ["a method frame without a method", 501, frame(METHOD_FRAME, 1, Buffer.alloc(2))],
  ["an unknown method", 540, frame(METHOD_FRAME, 1, Buffer.from([0, 60, 0, 99]))],
  ["an unknown class", 540, frame(METHOD_FRAME, 1, Buffer.from([0, 61, 0, 10]))],
  ["a heartbeat on a channel", 505, frame(HEARTBEAT_FRAME, 1, Buffer.alloc(0))],
  ["a header without a method", 505, header(1, 1)],
  ["a body without a method", 505, body(1, Buffer.from("x"))],
  ["a body where a header is due", 505, Buffer.concat([PUBLISH, body(1, Buffer.from("x"))])],
  ["a method where a header is due", 505, Buffer.concat([PUBLISH, QOS])],
  ["the same publish where a header is due", 505, Buffer.concat([PUBLISH, PUBLISH])],
  ["a method where a body is due", 505, Buffer.concat([PUBLISH, header(1, 5), QOS])],
  ["a header where a body is due", 505, Buffer.concat([PUBLISH, header(1, 5), header(1, 5)])],
  ["a header of another class", 505, Buffer.concat([PUBLISH, header(1, 5, Buffer.alloc(2), 50)])],
  ["more body than announced", 505, Buffer.concat([PUBLISH, header(1, 1), body(1, Buffer.from("xy"))])],
  ["a header cut short", 501, Buffer.concat([PUBLISH, frame(HEADER_FRAME, 1, Buffer.from([0, 60, 0, 0]))])],
  [
    "properties longer than their frame",
    501,
    Buffer.concat([PUBLISH, header(1, 0, Buffer.from([0x80, 0, 200, 1]))]),
  ],
  ["a content method on channel 0", 504, method(0, "tx.select", {})],
  ["a body on channel 0", 505, frame(BODY_FRAME, 0, Buffer.from("x"))],
  ["a method on a channel that is not open", 504, method(2, "tx.select", {}), /expected 'channel.open'/],
  ["a body on a channel that is not open", 505, body(2, Buffer.from("x"))],
  ["a second channel.open", 504, method(1, "channel.open", {}), /second 'channel.open' seen/],
  ["a method of the server's", 503, method(1, "basic.qos-ok", {})],
  [
    "immediate",
    540,
    publish(1, "", "none", Buffer.from("x"), { immediate: true }),
    /NOT_IMPLEMENTED - immediate=true/,
  ],
  ["a prefetch size", 540, method(1, "basic.qos", { prefetchSize: 1, prefetchCount: 0, global: false })],
  ["recover without requeue", 540, method(1, "basic.recover", { requeue: false })],
  ["flow off", 540, method(1, "channel.flow", { active: false })],
];

for (const [what, code, bytes, text = /./] of ENDS_CONNECTION) {
  test(`${what} ends the connection with ${code}`, async () => {
    const client = await opened();
    client.write(bytes);
    assert.match(await client.expectConnectionClose(code), text);
    await checkInnocent();
  });
}

const ACK = { deliveryTag: 1, multiple: false };

const ENDS_CHANNEL: readonly (readonly [what: string, code: number, bytes: Buffer, text: string])[] = [
  [
    "a missing exchange",
    404,
    publish(1, "none", "key", Buffer.from("x")),
    "NOT_FOUND - no exchange 'none' in vhost '/'",
  ],
  ["an unknown tag", 406, method(1, "basic.ack", ACK), "PRECONDITION_FAILED - unknown delivery tag 1"],
  [
    "a message too large",
    406,
    Buffer.concat([PUBLISH, header(1, MEBIBYTE + 1), body(1, Buffer.alloc(1000)), QOS]),
    `PRECONDITION_FAILED - message size ${MEBIBYTE + 1} is larger than configured max size ${MEBIBYTE}`,
  ],
  [
    "an expiration that is none",
    406,
    publish(1, "", "none", Buffer.from("x"), { properties: Buffer.from("\x01\x00\x0310x", "latin1") }),
    "PRECONDITION_FAILED - invalid expiration '10x'",
  ],
  [
    "another's user-id",
    406,
    publish(1, "", "none", Buffer.from("x"), { properties: Buffer.from("\x00\x10\x03joe", "latin1") }),
    "PRECONDITION_FAILED - user_id property set to 'joe' but authenticated user was 'guest'",
  ],
  [
    "an empty queue name that stands for nothing",
    404,
    method(1, "queue.purge", { queue: "", noWait: false }),
    "NOT_FOUND - no previously declared queue",
  ],
  [
    "a declaration of the default exchange",
    403,
    method(1, "exchange.declare", {
      ...{ exchange: "", type: "direct", passive: false, durable: false, autoDelete: false },
      ...{ internal: false, noWait: false, arguments: [] },
    }),
    "ACCESS_REFUSED - operation not permitted on the default exchange",
  ],
  [
    "a commit outside of a transaction",
    406,
    method(1, "tx.commit", {}),
    "PRECONDITION_FAILED - channel is not transactional",
  ],
];

for (const [what, code, bytes, text] of ENDS_CHANNEL) {
  test(`${what} ends the channel with ${code}, what follows is ignored, the number can be used again`, async () => {
    const client = await opened();
    await client.openChannel(2);
    client.write(Buffer.concat([bytes, QOS, publish(1, "none", "key", Buffer.from("ignored"))]));
    const reply = await client.expectChannelClose(1, code);
    assert.ok(reply.startsWith(text), reply);
    client.send(2, "basic.qos", { prefetchSize: 0, prefetchCount: 1, global: false });
    await client.expect(2, "basic.qos-ok");
    await client.openChannel(1);
    client.destroy();
  });
}

test("settling on a channel that is closed already is ignored, and channel.close may cross ours", async () => {
  const client = await opened();
  const CLOSE = { replyCode: 200, replyText: "", classId: 0, methodId: 0 };
  client.send(1, "channel.close", CLOSE);
  await client.expect(1, "channel.close-ok");
  client.send(1, "basic.ack", ACK);
  await client.openChannel(1);
  client.send(1, "basic.ack", ACK);
  client.send(1, "channel.close", CLOSE);
  await client.expect(1, "channel.close");
  await client.expect(1, "channel.close-ok");
  client.send(1, "channel.close-ok", {});
  await client.openChannel(1);
  client.destroy();
});

test("frames that arrive byte by byte, and bodies cut anywhere, are the same message", async () => {
  const client = await opened();
  const QUEUE = { passive: false, durable: false, exclusive: true, autoDelete: false, noWait: false };
  client.send(1, "queue.declare", { queue: "cut", ...QUEUE, arguments: [] });
  await client.expect(1, "queue.declare-ok");
  const content = Buffer.from("a body in pieces");
  const bytes = Buffer.concat([
    method(1, "basic.publish", { exchange: "", routingKey: "cut", mandatory: false, immediate: false }),
    header(1, content.length, Buffer.from([0x10, 0, 2])),
    ...[...content].map((byte) => body(1, Buffer.from([byte]))),
    publish(1, "", "cut", Buffer.alloc(0)),
  ]);
  for (let at = 0; at < bytes.length; at += 5) {
    client.write(bytes.subarray(at, at + 5));
    await new Promise(setImmediate);
  }
  for (const expected of [content, Buffer.alloc(0)]) {
    client.send(1, "basic.get", { queue: "cut", noAck: true });
    await client.expect(1, "basic.get-ok");
    assert.deepEqual((await client.content(1)).body, expected);
  }
  client.destroy();
});

test("contents of several channels interleave, and large ones keep to each peer's frame_max", async () => {
  const client = await AmqpClient.open(port, { frameMax: 4096 });
  await client.openChannel(1);
  await client.openChannel(2);
  const QUEUE = { passive: false, durable: false, exclusive: true, autoDelete: false, noWait: false };
  client.send(1, "queue.declare", { queue: "large", ...QUEUE, arguments: [] });
  await client.expect(1, "queue.declare-ok");
  const contents = [1, 2].map((channel) => Buffer.alloc(100_000, channel));
  const parts = contents.map((content, i) => {
    const fields = { exchange: "", routingKey: "large", mandatory: false, immediate: false };
    const frames = [method(i + 1, "basic.publish", fields), header(i + 1, content.length)];
    for (let at = 0; at < content.length; at += 4088) {
      frames.push(body(i + 1, content.subarray(at, at + 4088)));
    }
    return frames;
  });
  for (let i = 0; i < parts[0]!.length; i++) for (const frames of parts) client.write(frames[i]!);
  for (const expected of contents) {
    client.send(1, "basic.get", { queue: "large", noAck: true });
    await client.expect(1, "basic.get-ok");
    assert.ok((await client.content(1)).body.equals(expected));
  }
  client.destroy();
});
