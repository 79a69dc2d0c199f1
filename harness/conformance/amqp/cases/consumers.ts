/** A-CONS: several consumers, and what a queue does for them. */
import { accept } from "../../../src/conform/case.ts";
import type { Channel } from "../client/channel.ts";
import type { AmqpCase, AmqpContext } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";

export const CONSUMERS_CASES: readonly AmqpCase[] = [
  {
    id: "A-CONS-15",
    level: "must",
    requirement: "A message is held by one consumer at a time.",
    source: "Jepsen RabbitMQ (2014)",
    kills: ["delivered-to-two"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      const consumers = await consumersOf(t, queue, 4, 5);
      const bodies = Array.from({ length: 200 }, (_, index) => `${index}`);
      for (const body of bodies) channel.publish("", queue, body);
      const held = new Map<string, Channel>();
      let done = 0;
      while (done < bodies.length) {
        for (const consumer of consumers) {
          const delivery = consumer.deliveries.shift();
          if (delivery === undefined) continue;
          t.holds(!held.has(delivery.text), "a message held by nobody else", delivery.text);
          held.set(delivery.text, consumer);
          if (t.below(4) === 0) {
            held.delete(delivery.text);
            consumer.nack(delivery.tag);
          } else {
            consumer.ack(delivery.tag);
            done++;
          }
        }
        await anyDelivery(t, consumers);
      }
    },
  },
  {
    id: "A-CONS-17",
    level: "should",
    requirement: "Equal consumers take turns; one of higher priority is served as long as it has room.",
    source: "RabbitMQ docs consumer-priority; queues#consumer-capacity",
    requires: ["consumer_priorities"],
    kills: ["first-consumer-takes-all", "consumer-priority-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      const equals = await consumersOf(t, queue, 3, 0);
      for (let count = 0; count < 30; count++) {
        channel.publish("", queue, `${count}`);
        await channel.sync();
      }
      await t.eventually(async () => total(equals) === 30, "30 deliveries");
      const shares = equals.map(({ deliveries }) => deliveries.length);
      t.holds(
        shares.every((share) => share >= 8 && share <= 12),
        "about ten for each of three",
        shares,
      );
      const other = await t.queue(channel);
      const low = await (await t.connect()).channel();
      await low.consume(other);
      const high = await (await t.connect()).channel();
      await high.call("basic.qos", { prefetchCount: 5 });
      await high.consume(other, { arguments: { "x-priority": 10 } });
      for (let count = 0; count < 8; count++) channel.publish("", other, `${count}`);
      await t.eventually(async () => total([low, high]) === 8, "8 deliveries");
      t.equal([high.deliveries.length, low.deliveries.length], [5, 3], "deliveries to high and low priority");
    },
  },
  {
    id: "A-CONS-18",
    level: "should",
    requirement:
      "A queue with x-single-active-consumer serves one consumer, then the next registered, which first gets what the other held.",
    source: "RabbitMQ docs consumers#single-active-consumer",
    requires: ["single-active-consumer"],
    kills: ["single-active-consumer-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel, { arguments: { "x-single-active-consumer": true } });
      const consumers = await consumersOf(t, queue, 3, 2);
      for (const body of ["1", "2", "3", "4"]) channel.publish("", queue, body);
      const first = await consumers[0]!.take(2);
      t.equal(
        first.map(({ text }) => text),
        ["1", "2"],
        "messages of the active consumer",
      );
      await t.nothingDelivered(consumers[1]!, 100);
      consumers[0]!.ack(first[0]!.tag);
      t.equal((await consumers[0]!.delivery()).text, "3", "the next for the active one");
      await consumers[0]!.connection.close();
      const taken = await consumers[1]!.take(2);
      t.equal(
        taken.map(({ text, redelivered }) => [text, redelivered]),
        [
          ["2", true],
          ["3", true],
        ],
        "messages of the next consumer",
      );
      await t.nothingDelivered(consumers[2]!, 100);
      for (const { tag } of taken) consumers[1]!.ack(tag);
      t.equal((await consumers[1]!.delivery()).text, "4", "the last message");
    },
  },
  {
    id: "A-CONS-19",
    level: "should",
    requirement:
      "Direct reply-to: consuming needs no-ack (406), publishing without consuming is 406, and a reply reaches the requester alone.",
    source: "RabbitMQ docs direct-reply-to",
    outcomes: { "consume with acks": accept("CHAN 406"), "publish without a consumer": accept("CHAN 406") },
    requires: ["direct_reply_to"],
    kills: ["direct-reply-to-with-acks", "direct-reply-to-lost"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const pseudo = "amq.rabbitmq.reply-to";
      const server = await (await t.connect()).channel();
      const requests = await t.queue(server);
      await server.consume(requests, { noAck: true });
      t.observe("consume with acks", await (await t.channel()).provoke("basic.consume", { queue: pseudo }));
      const hasty = await t.channel();
      hasty.publish("", requests, "request", { properties: { replyTo: pseudo } });
      t.observe("publish without a consumer", await hasty.barrier());
      const [requester, bystander] = [await t.channel(), await t.channel()];
      for (const client of [requester, bystander]) await client.consume(pseudo, { noAck: true });
      requester.publish("", requests, "request", { properties: { replyTo: pseudo, correlationId: "7" } });
      const { properties } = await server.delivery();
      t.holds(
        properties.replyTo !== pseudo && properties.replyTo !== undefined,
        "a reply-to of its own",
        properties,
      );
      server.publish("", properties.replyTo!, "reply", { properties: { correlationId: "7" } });
      const reply = await requester.delivery();
      t.equal([reply.text, reply.properties.correlationId], ["reply", "7"], "reply");
      await t.nothingDelivered(bystander, 100);
      await requester.close();
      await t.sleep(50);
      server.publish("", properties.replyTo!, "too late", { mandatory: true });
      t.equal((await server.returned()).text, "too late", "a reply to a channel that is closed");
    },
  },
  {
    id: "A-CONS-20",
    level: "should",
    requirement:
      "A message unacknowledged beyond the consumer timeout closes the channel with 406 and is requeued.",
    source: "RabbitMQ docs consumers#acknowledgement-timeout (looked at once a minute)",
    timed: true,
    outcomes: { "beyond x-consumer-timeout": accept("CHAN 406", ["not enforced"]) },
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel, { arguments: { "x-consumer-timeout": 1000 } });
      await t.fill(channel, queue, ["slow"]);
      const consumer = await (await t.connect()).channel();
      await consumer.consume(queue);
      await consumer.delivery();
      const reaction = await consumer.reaction(75_000).catch((error) => {
        if (error.timedOut === true) return "not enforced";
        throw error;
      });
      t.observe("beyond x-consumer-timeout", reaction);
      if (reaction === "CHAN 406")
        t.equal((await channel.getWithin(queue)).redelivered, true, "the message comes again");
    },
  },
  {
    id: "A-CONS-21",
    level: "should",
    requirement:
      "With x-delivery-limit a message delivered more often is dead-lettered or dropped, and counts its deliveries.",
    source: "RabbitMQ docs quorum-queues#poison-message-handling",
    requires: ["queue-type-quorum"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const dead = await t.queue(channel);
      const queue = await t.queue(channel, {
        arguments: {
          "x-queue-type": "quorum",
          "x-delivery-limit": 2,
          "x-dead-letter-exchange": "",
          "x-dead-letter-routing-key": dead,
        },
      });
      await t.fill(channel, queue, ["poison"]);
      const counts: unknown[] = [];
      for (let round = 0; round < 3; round++) {
        const message = await channel.getWithin(queue, false);
        counts.push(message.headers["x-delivery-count"] ?? 0);
        channel.nack(message.tag);
        await channel.sync();
      }
      t.equal(counts, [0, 1, 2], "x-delivery-count");
      const letter = await channel.getWithin(dead);
      t.equal(letter?.headers["x-death"]?.[0]?.reason, "delivery_limit", "reason of the dead letter");
    },
  },
];

/** Consumers on connections of their own, in order of registration; prefetch 0 is none. */
async function consumersOf(
  t: AmqpContext,
  queue: string,
  count: number,
  prefetchCount: number,
): Promise<Channel[]> {
  const consumers: Channel[] = [];
  for (let index = 0; index < count; index++) {
    const channel = await (await t.connect()).channel();
    await channel.call("basic.qos", { prefetchCount });
    await channel.consume(queue);
    consumers.push(channel);
  }
  return consumers;
}

function total(channels: readonly Channel[]): number {
  return channels.reduce((sum, { deliveries }) => sum + deliveries.length, 0);
}

async function anyDelivery(t: AmqpContext, consumers: readonly Channel[]): Promise<void> {
  if (total(consumers) === 0) await t.sleep(1);
}
