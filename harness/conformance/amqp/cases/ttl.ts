/** A-TTL: message expiry. Waits are far longer than the times to live, so that a busy machine decides nothing. */
import { accept } from "../../../src/conform/case.ts";
import { type FieldTag, field } from "../client/field-table.ts";
import type { AmqpCase } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";
const LONG = "600000";

export const TTL_CASES: readonly AmqpCase[] = [
  {
    id: "A-TTL-01",
    level: "must",
    requirement:
      "The lower of x-message-ttl and expiration counts, and an expired message is never delivered.",
    source: "RabbitMQ docs ttl",
    timed: true,
    kills: ["queue-ttl-ignored", "expiration-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const short = await t.queue(channel, { arguments: { "x-message-ttl": 200 } });
      const long = await t.queue(channel, { arguments: { "x-message-ttl": 600_000 } });
      const none = await t.queue(channel);
      for (const queue of [short, long, none]) {
        channel.publish("", queue, "by expiration", { properties: { expiration: "200" } });
        channel.publish("", queue, "long", { properties: { expiration: LONG } });
        channel.publish("", queue, "by the queue");
      }
      await t.sleep(1200);
      t.equal(await t.drain(channel, short), [], "messages after the queue's time to live");
      t.equal(await t.drain(channel, long), ["long", "by the queue"], "messages of the long-lived queue");
      t.equal(await t.drain(channel, none), ["long", "by the queue"], "messages of the queue without one");
    },
  },
  {
    id: "A-TTL-01b",
    level: "must",
    requirement: "Expired messages are counted no more, also when nobody consumes.",
    source: "RabbitMQ docs ttl",
    timed: true,
    kills: ["head-timer-never-armed"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      channel.publish("", queue, "lives", { properties: { expiration: LONG } });
      channel.publish("", queue, "dies", { properties: { expiration: "150" } });
      channel.publish("", queue, "dies later", { properties: { expiration: "400" } });
      await t.awaitCount(channel, queue, 3, 2000).catch(() => undefined);
      t.equal((await channel.get(queue))?.text, "lives", "the head");
      await t.awaitCount(channel, queue, 0, 5000);
      t.equal(await channel.get(queue), null, "messages left");
    },
  },
  {
    id: "A-TTL-02",
    level: "must",
    requirement:
      "With a time to live of 0 a message is delivered to a consumer that is ready now, or expires.",
    source: "RabbitMQ docs ttl#per-message-ttl-in-publishers",
    kills: ["ttl-zero-always-expires"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel, { arguments: { "x-message-ttl": 0 } });
      const other = await t.queue(channel);
      for (const [to, properties] of [
        [queue, {}],
        [other, { expiration: "0" }],
      ] as const) {
        channel.publish("", to, "nobody ready", { properties });
        await channel.sync();
        await t.sleep(100);
        t.equal(await channel.get(to), null, "a message without a consumer");
        const consumer = await t.channel();
        await consumer.consume(to);
        channel.publish("", to, "ready", { properties });
        t.equal((await consumer.delivery()).text, "ready", "delivery to a consumer that is ready");
      }
    },
  },
  {
    id: "A-TTL-03",
    level: "must",
    requirement: "A requeued message keeps its original deadline.",
    source: "RabbitMQ docs ttl",
    timed: true,
    kills: ["requeue-at-tail"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel, { arguments: { "x-message-ttl": 1500 } });
      channel.publish("", queue, "held");
      const held = await channel.getWithin(queue, false);
      t.equal(held?.text, "held", "message in time");
      await t.sleep(1000);
      channel.nack(held!.tag);
      await t.sleep(1000);
      t.equal(await channel.get(queue), null, "the message past its first deadline");
    },
  },
  {
    id: "A-TTL-05",
    level: "must",
    requirement: "x-message-ttl takes every integer type; a negative one or a string is 406.",
    source: "RabbitMQ multipleTTLTypes",
    outcomes: { "x-message-ttl -1": accept("CHAN 406"), "x-message-ttl a string": accept("CHAN 406") },
    kills: ["queue-arguments-unchecked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const tags: readonly [FieldTag, unknown][] = [
        ["b", 100],
        ["s", 1000],
        ["I", 1000],
        ["l", 1000n],
      ];
      const channel = await t.channel();
      for (const [tag, value] of tags)
        await t.queue(channel, { arguments: { "x-message-ttl": field(tag, value) } });
      const bad = { "x-message-ttl -1": -1, "x-message-ttl a string": "1000" };
      for (const [step, value] of Object.entries(bad)) {
        const args = { queue: t.queueName(), durable: true, arguments: { "x-message-ttl": value } };
        t.observe(step, await (await t.channel()).provoke("queue.declare", args));
      }
    },
  },
  {
    id: "A-TTL-06",
    level: "must",
    requirement: "One message in two queues expires in each by itself.",
    source: "RabbitMQ docs ttl",
    timed: true,
    kills: ["queue-ttl-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "fanout");
      const short = await t.queue(channel, { arguments: { "x-message-ttl": 200 } });
      const long = await t.queue(channel);
      for (const queue of [short, long]) await t.bind(channel, queue, exchange);
      channel.publish(exchange, "", "both");
      await t.sleep(1000);
      t.equal(await t.drain(channel, short), [], "messages of the short-lived queue");
      t.equal(await t.drain(channel, long), ["both"], "messages of the other");
    },
  },
];
