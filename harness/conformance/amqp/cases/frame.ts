/** A-FRAME: framing and malformed input. */
import { accept } from "../../../src/conform/case.ts";
import type { Channel } from "../client/channel.ts";
import { encodeFrame, encodeHeader, encodeMethod, FRAME, type Loose, methodFrame } from "../client/codec.ts";
import { inWords } from "../client/describe.ts";
import { field } from "../client/field-table.ts";
import type { Properties } from "../client/methods.ts";
import type { AmqpCase, AmqpContext } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";

export const FRAME_CASES: readonly AmqpCase[] = [
  {
    id: "A-FRAME-01",
    level: "must",
    requirement: "A frame that does not end with 0xCE is a frame error.",
    source: "AMQP 0-9-1 4.2.3",
    outcomes: { "wrong frame end": accept(["CONN 501", "SOCK"], ["CONN 505", "CONN 502"]) },
    kills: ["any-frame-end"],
    calibrated: RABBITMQ_4,
    run: (t) =>
      provokeRaw(t, "wrong frame end", (channel) => {
        const frame = methodFrame(channel.id, "exchange.declare", {
          exchange: "amq.direct",
          type: "direct",
          passive: true,
        });
        frame[frame.length - 1] = 0xcd;
        return frame;
      }),
  },
  {
    id: "A-FRAME-02",
    level: "must",
    requirement: "An unknown frame type is a connection error.",
    source: "AMQP 0-9-1 4.2.3; RabbitMQ",
    outcomes: { "frame type 21": accept("CONN 501", ["CONN 505", "CONN 503", "SOCK"]) },
    kills: ["unknown-frames-ignored"],
    calibrated: RABBITMQ_4,
    run: (t) => provokeRaw(t, "frame type 21", (channel) => encodeFrame(21, channel.id, Buffer.from("what"))),
  },
  {
    id: "A-FRAME-03",
    level: "must",
    requirement:
      "A frame larger than the negotiated size is a frame error (RabbitMQ allows eight bytes more).",
    source: "AMQP 0-9-1 4.2.3; RabbitMQ frame_too_large",
    outcomes: { "frame of frame-max + 64": accept("CONN 501", ["SOCK"]) },
    kills: ["any-frame-size"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const connection = await t.connect({ frameMax: 8192 });
      const channel = await connection.channel();
      const queue = await t.queue(channel);
      await sendOfSize(channel, queue, 8192);
      await t.awaitCount(channel, queue, 1);
      await sendOfSize(channel, queue, 8192 + 64);
      t.observe("frame of frame-max + 64", await connection.wire.expectEnding());
    },
  },
  {
    id: "A-FRAME-04",
    level: "must",
    requirement:
      "A body or header without its method, a method where a header is due, and a header of another class are unexpected frames.",
    source: "AMQP 0-9-1 4.2.6.1; RabbitMQ",
    outcomes: {
      "body without method": accept("CONN 505", ["CONN 501", "CONN 503"]),
      "header without method": accept("CONN 505", ["CONN 501", "CONN 503"]),
      "method where a header is due": accept("CONN 505", ["CONN 501", "CONN 503"]),
      "header of class 50": accept(["CONN 505", "CONN 501"], ["CONN 503"]),
    },
    kills: ["stray-content-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const publish = (channel: Channel): Buffer =>
        methodFrame(channel.id, "basic.publish", { routingKey: "nowhere" });
      await provokeRaw(t, "body without method", (channel) =>
        encodeFrame(FRAME.body, channel.id, Buffer.from("stray")),
      );
      await provokeRaw(t, "header without method", (channel) =>
        encodeFrame(FRAME.header, channel.id, encodeHeader({}, 5)),
      );
      await provokeRaw(t, "method where a header is due", (channel) =>
        Buffer.concat([publish(channel), publish(channel)]),
      );
      await provokeRaw(t, "header of class 50", (channel) =>
        Buffer.concat([publish(channel), encodeFrame(FRAME.header, channel.id, encodeHeader({}, 0, 50))]),
      );
    },
  },
  {
    id: "A-FRAME-05",
    level: "must",
    requirement: "A method with content on channel 0 is a connection error.",
    source: "AMQP 0-9-1 4.2.6.1",
    outcomes: { "basic.publish on channel 0": accept("CONN 504", ["CONN 503", "CONN 505"]) },
    calibrated: RABBITMQ_4,
    run: (t) =>
      provokeRaw(t, "basic.publish on channel 0", () => methodFrame(0, "basic.publish", { routingKey: "x" })),
  },
  {
    id: "A-FRAME-06",
    level: "must",
    requirement: "An unknown class or method ends the connection.",
    source: "AMQP 0-9-1 constants not-implemented, command-invalid",
    outcomes: {
      "class 77": accept(["CONN 540", "CONN 503", "CONN 501"], ["SOCK", "CONN 541", "CONN 502", "CONN 505"]),
      "method 50.99": accept(
        ["CONN 540", "CONN 503", "CONN 501"],
        ["SOCK", "CONN 541", "CONN 502", "CONN 505"],
      ),
    },
    kills: ["unknown-methods-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      await provokeRaw(t, "class 77", ({ id }) => encodeFrame(FRAME.method, id, Buffer.from([0, 77, 0, 10])));
      await provokeRaw(t, "method 50.99", ({ id }) =>
        encodeFrame(FRAME.method, id, Buffer.from([0, 50, 0, 99])),
      );
    },
  },
  {
    id: "A-FRAME-07",
    level: "must",
    requirement: "A field table whose length runs past its frame is refused.",
    source: "AMQP 0-9-1 4.2.5.5",
    outcomes: { "table past the frame": accept(["CONN 501", "CONN 502"], ["SOCK", "CONN 541", "CONN 505"]) },
    calibrated: RABBITMQ_4,
    run: (t) =>
      provokeRaw(t, "table past the frame", ({ id }) => {
        const payload = encodeMethod("queue.declare", { exclusive: true });
        payload.writeUInt32BE(1000, payload.length - 4);
        return encodeFrame(FRAME.method, id, payload);
      }),
  },
  {
    id: "A-FRAME-08",
    level: "must",
    requirement: "More body bytes than the header declared are refused, and the message is never delivered.",
    source: "RabbitMQ command assembler; AMQP 0-9-1 4.2.6.2",
    outcomes: { "body beyond its size": accept(["CONN 505", "CONN 501"], ["CONN 502", "CONN 503"]) },
    kills: ["stray-content-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await (await t.connect()).channel();
      const queue = await t.queue(channel);
      const bytes = Buffer.concat([
        methodFrame(channel.id, "basic.publish", { routingKey: queue }),
        encodeFrame(FRAME.header, channel.id, encodeHeader({}, 3)),
        encodeFrame(FRAME.body, channel.id, Buffer.from("four")),
      ]);
      channel.connection.wire.write(bytes);
      t.observe("body beyond its size", await channel.barrier());
      t.equal((await t.counts(await t.channel(), queue)).messages, 0, "messages in the queue");
    },
  },
  {
    id: "A-FRAME-09",
    level: "must",
    requirement: "An empty body travels as a header of body size 0 and no body frame.",
    source: "AMQP 0-9-1 4.2.6.2",
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      channel.publish("", queue, "");
      channel.publish("", queue, "next");
      await t.awaitCount(channel, queue, 2);
      const empty = await channel.get(queue);
      t.equal(
        [empty?.body.length, empty?.bodyFrameBytes],
        [0, []],
        "body and body frames of an empty message",
      );
      t.equal((await channel.get(queue))?.text, "next", "the message after it");
    },
  },
  {
    id: "A-FRAME-10",
    level: "must",
    requirement:
      "Bodies around the frame size and of megabytes are split and delivered byte for byte, whatever each peer's frame-max.",
    source: "AMQP 0-9-1 4.2.6.2; LavinMQ",
    kills: ["large-bodies-cut"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const publisher = await t.confirmingChannel();
      const { frameMax } = publisher.connection;
      const reader = await (await t.connect({ frameMax: 4096 })).channel();
      const queue = await t.queue(reader);
      await reader.consume(queue, { noAck: true });
      for (const bytes of [
        1,
        4087,
        4088,
        4089,
        frameMax - 9,
        frameMax - 8,
        frameMax - 7,
        3 * frameMax,
        4_000_003,
      ]) {
        const body = noise(t, bytes);
        t.equal(await publisher.publishConfirmed("", queue, body), "ack", `confirm of ${bytes} bytes`);
        const delivery = await reader.delivery();
        t.holds(
          delivery.body.equals(body),
          `${bytes} bytes unchanged`,
          `${delivery.body.length} bytes, or changed`,
        );
        t.holds(
          Math.max(...delivery.bodyFrameBytes) <= 4088,
          "body frames within the reader's frame-max",
          delivery.bodyFrameBytes.slice(0, 3),
        );
      }
    },
  },
  {
    id: "A-FRAME-11",
    level: "should",
    requirement: "A content header larger than the negotiated frame size is a frame error.",
    source: "RabbitMQ",
    outcomes: { "header frame above frame-max": accept("CONN 501", ["SOCK"]) },
    kills: ["any-frame-size"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const connection = await t.connect({ frameMax: 4096 });
      const channel = await connection.channel();
      channel.publish("", t.name("nowhere"), "x", { properties: { headers: { long: "x".repeat(5000) } } });
      t.observe("header frame above frame-max", await connection.wire.expectEnding());
    },
  },
  {
    id: "A-FRAME-12",
    level: "must",
    requirement:
      "Every type of field value round-trips in a message's headers, with RabbitMQ's meaning of the type octets.",
    source: "RabbitMQ's errata of AMQP 0-9-1, section 3",
    kills: ["properties-dropped"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const headers = {
        boolean: field("t", true),
        signedOctet: field("b", -3),
        octet: field("B", 200),
        signedShort: field("s", -30_000),
        short: field("u", 60_000),
        signedInt: field("I", -2_000_000_000),
        int: field("i", 4_000_000_000),
        long: field("l", -(2n ** 60n)),
        float: field("f", 1.5),
        double: field("d", Math.PI),
        decimal: field("D", { scale: 2, unscaled: 12_345 }),
        text: field("S", "Grüße, 世界"),
        list: field("A", [field("I", 1), field("S", "two"), field("A", [field("t", false)])]),
        time: field("T", 1_700_000_000n),
        table: field("F", { inner: field("F", { deep: field("I", 1) }), void: field("V", null) }),
        nothing: field("V", null),
        bytes: field("x", Buffer.from([0, 255, 206, 1])),
      };
      const channel = await t.channel();
      const queue = await t.queue(channel);
      channel.publish("", queue, "fields", { properties: { headers } });
      const message = await channel.getWithin(queue);
      const expected = Object.entries(headers)
        .map(([name, value]) => [name, tagged(value)])
        .sort(byName);
      t.equal(
        message?.headerTable.map(([name, value]) => [name, tagged(value)]).sort(byName),
        expected,
        "headers",
      );
    },
  },
  {
    id: "A-FRAME-13",
    level: "must",
    requirement: "All basic properties are delivered as they were published.",
    source: "AMQP 0-9-1 3.1.1",
    kills: ["properties-dropped"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const properties: Properties = {
        contentType: "application/json",
        contentEncoding: "identity",
        headers: { one: 1 },
        deliveryMode: 2,
        priority: 7,
        correlationId: "correlation",
        replyTo: "reply.to",
        expiration: "600000",
        messageId: "message-1",
        timestamp: 1_700_000_000,
        type: "kind",
        userId: t.login.user,
        appId: "conform",
        clusterId: "cluster",
      };
      const channel = await t.channel();
      const queue = await t.queue(channel);
      channel.publish("", queue, "all", { properties });
      channel.publish("", queue, "none");
      await t.awaitCount(channel, queue, 2);
      t.equal((await channel.get(queue))?.properties, properties, "all properties");
      t.equal((await channel.get(queue))?.properties, {}, "no property");
    },
  },
  {
    id: "A-FRAME-14",
    level: "must",
    requirement: "A client that sends half a frame and falls silent delays nobody else.",
    source: "derived from AMQP 0-9-1 4.2.3",
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const stuck = await t.connect();
      await stuck.channel(1);
      const frame = methodFrame(1, "queue.declare", { queue: t.queueName() });
      stuck.wire.write(frame.subarray(0, 9));
      const channel = await t.channel();
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["meanwhile"]);
      t.equal(await t.drain(channel, queue), ["meanwhile"], "messages on another connection");
      stuck.wire.write(frame.subarray(9));
      const reply = await stuck.wire.until(() => stuck.ending ?? "still open", 100, "nothing");
      t.equal(reply, "still open", "the connection of the half frame");
    },
  },
  {
    id: "A-FRAME-15",
    level: "must",
    requirement:
      "Mutated frames bring a reply or an end of the connection, and the broker goes on serving others.",
    source: "derived; as h2spec and Autobahn fuzz",
    calibrated: RABBITMQ_4,
    run: async (t) => {
      for (let round = 0; round < 60; round++) await mutatedRound(t);
    },
  },
];

/** Sends bytes on a fresh channel and observes how the connection ends; a sync method follows so that silence shows. */
async function provokeRaw(t: AmqpContext, step: string, bytes: (channel: Channel) => Buffer): Promise<void> {
  const channel = await (await t.connect()).channel();
  channel.connection.wire.write(bytes(channel));
  const reaction = await channel.barrier();
  t.observe(step, reaction);
}

/** A message whose only body frame has `frameBytes` in all. */
async function sendOfSize(channel: Channel, queue: string, frameBytes: number): Promise<void> {
  const body = Buffer.alloc(frameBytes - 8, 120);
  channel.connection.wire.write(
    Buffer.concat([
      methodFrame(channel.id, "basic.publish", { routingKey: queue }),
      encodeFrame(FRAME.header, channel.id, encodeHeader({}, body.length)),
      encodeFrame(FRAME.body, channel.id, body),
    ]),
  );
}

function noise(t: AmqpContext, bytes: number): Buffer {
  const body = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at++) body[at] = t.random() & 255;
  return body;
}

/** RabbitMQ 4 sorts headers by name; AMQP gives their order no meaning. */
function byName([one]: unknown[], [other]: unknown[]): number {
  return String(one) < String(other) ? -1 : 1;
}

/** Type octet and value of a field, inside out, comparable as text. */
function tagged(value: unknown): unknown {
  const { tag, value: inner } = value as { tag: string; value: Loose };
  if (tag === "A") return [tag, inner.map(tagged)];
  if (tag === "F") {
    const entries = Array.isArray(inner) ? inner : Object.entries(inner);
    return [tag, entries.map(([name, field]: [string, unknown]) => [name, tagged(field)])];
  }
  return [tag, Buffer.isBuffer(inner) ? inner.toString("hex") : inWords(inner)];
}

const MUTABLE: readonly ((id: number, queue: string) => Buffer)[] = [
  (id, queue) =>
    methodFrame(id, "queue.declare", { queue, exclusive: true, arguments: { "x-max-length": 5 } }),
  (id) => methodFrame(id, "exchange.declare", { exchange: "amq.topic", type: "topic", passive: true }),
  (id, queue) =>
    methodFrame(id, "basic.consume", { queue, consumerTag: "tag", arguments: { "x-priority": 1 } }),
  (id) => methodFrame(id, "basic.qos", { prefetchCount: 10 }),
  (id) => methodFrame(id, "basic.nack", { deliveryTag: 1, requeue: true }),
  (id) => methodFrame(id, "confirm.select"),
  (id, queue) =>
    Buffer.concat([
      methodFrame(id, "basic.publish", { routingKey: queue }),
      encodeFrame(FRAME.header, id, encodeHeader({ headers: { a: 1, b: ["x"] }, expiration: "1000" }, 4)),
      encodeFrame(FRAME.body, id, Buffer.from("body")),
    ]),
];

/** One valid exchange with one to three bytes changed or cut; then silence, a close by us, and the broker lives. */
async function mutatedRound(t: AmqpContext): Promise<void> {
  const connection = await t.connect();
  const channel = await connection.channel();
  const queue = t.queueName();
  const bytes = MUTABLE[t.below(MUTABLE.length)]!(channel.id, queue);
  for (let change = 0; change <= t.below(3); change++) bytes[t.below(bytes.length)] = t.below(256);
  const cut = t.below(4) === 0 ? t.below(bytes.length) : bytes.length;
  connection.wire.write(bytes.subarray(0, cut));
  connection.wire.socket.end();
  await connection.wire.expectEnding();
}
