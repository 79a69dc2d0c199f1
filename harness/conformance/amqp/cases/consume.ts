/** A-CONS: consuming, acknowledging, prefetch. Consumers against each other are in consumers.ts. */
import { accept } from "../../../src/conform/case.ts";
import type { AmqpCase } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";

export const CONSUME_CASES: readonly AmqpCase[] = [
  {
    id: "A-CONS-01",
    level: "must",
    requirement:
      "basic.get is answered with the message at the head and the number that remain, or with get-empty.",
    source: "AMQP 0-9-1 basic.get",
    kills: ["get-count-includes-itself"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      t.equal(await channel.get(queue), null, "basic.get of an empty queue");
      await t.fill(channel, queue, ["one", "two", "three"]);
      const seen: unknown[] = [];
      for (let count = 0; count < 3; count++) {
        const message = await channel.get(queue);
        seen.push([message?.text, message?.args.messageCount, message?.redelivered]);
      }
      t.equal(
        seen,
        [
          ["one", 2, false],
          ["two", 1, false],
          ["three", 0, false],
        ],
        "messages, remaining, redelivered",
      );
      t.equal(await channel.get(queue), null, "basic.get of the emptied queue");
    },
  },
  {
    id: "A-CONS-02",
    level: "must",
    requirement:
      "Consumer tags made by the server are unique; a tag used twice on a channel ends the connection with 530; cancelling an unknown one is harmless.",
    source: "AMQP 0-9-1 rule basic.consume.consumer-tag#01",
    outcomes: {
      "tag twice": accept("CONN 530", ["CHAN 530", "CHAN 406"]),
      "cancel unknown": accept("basic.cancel-ok"),
    },
    kills: ["consumer-tag-reused"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const connection = await t.connect();
      const channel = await connection.channel();
      const other = await connection.channel();
      const queue = await t.queue(channel);
      const tags = new Set<string>();
      for (let count = 0; count < 5; count++) {
        tags.add(await channel.consume(queue));
        tags.add(await other.consume(queue));
      }
      t.equal(tags.size, 10, "different tags");
      t.observe("cancel unknown", await channel.provoke("basic.cancel", { consumerTag: "never seen" }));
      await channel.consume(queue, { consumerTag: "mine" });
      await other.consume(queue, { consumerTag: "mine" });
      t.observe("tag twice", await channel.provoke("basic.consume", { queue, consumerTag: "mine" }));
    },
  },
  {
    id: "A-CONS-03",
    level: "must",
    requirement:
      "Consuming a missing queue is 404; an exclusive consumer beside another is 403, either way round.",
    source: "AMQP 0-9-1 rule basic.consume.exclusive#01",
    outcomes: {
      "missing queue": accept("CHAN 404"),
      "beside an exclusive one": accept("CHAN 403"),
      "exclusive beside another": accept("CHAN 403"),
    },
    kills: ["exclusive-consumer-shared"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      t.observe(
        "missing queue",
        await (await t.channel()).provoke("basic.consume", { queue: t.queueName() }),
      );
      const [one, other] = [await t.queue(channel), await t.queue(channel)];
      const tag = await channel.consume(one, { exclusive: true });
      t.observe(
        "beside an exclusive one",
        await (await t.channel()).provoke("basic.consume", { queue: one }),
      );
      await channel.consume(other);
      t.observe(
        "exclusive beside another",
        await (await t.channel()).provoke("basic.consume", { queue: other, exclusive: true }),
      );
      await channel.call("basic.cancel", { consumerTag: tag });
      const next = await t.channel();
      await t.eventually(
        async () =>
          (await next.provoke("basic.consume", { queue: one, exclusive: true })) === "basic.consume-ok",
        "an exclusive consumer after the first was cancelled",
        2000,
      );
    },
  },
  {
    id: "A-CONS-04",
    level: "must",
    requirement: "With no-ack a message is gone when it is sent; without, only when it is acknowledged.",
    source: "AMQP 0-9-1 basic.consume.no-ack; RabbitMQ docs confirms",
    kills: ["no-ack-keeps"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["one", "two"]);
      const acking = await (await t.connect()).channel();
      await acking.consume(queue);
      const [first] = await acking.take(2);
      acking.ack(first!.tag);
      await acking.sync();
      await acking.connection.close();
      await t.awaitCount(channel, queue, 1);
      const careless = await (await t.connect()).channel();
      await careless.consume(queue, { noAck: true });
      t.equal((await careless.delivery()).text, "two", "the message not acknowledged");
      await careless.connection.close();
      await t.sleep(100);
      t.equal(await channel.get(queue), null, "messages left after a delivery with no-ack");
    },
  },
  {
    id: "A-CONS-05",
    level: "must",
    requirement: "Delivery tags begin at 1 on each channel and rise by one with every delivery and get.",
    source: "AMQP 0-9-1 rule delivery-tag#non-zero, #channel-local",
    kills: ["delivery-tag-from-zero"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const [one, two] = [await t.queue(channel), await t.queue(channel)];
      await t.fill(channel, one, ["a", "b"]);
      await t.fill(channel, two, ["c", "d", "e"]);
      const tags = [(await channel.getWithin(one, false)).tag, (await channel.get(two, true))!.tag];
      await channel.consume(one);
      tags.push((await channel.delivery()).tag);
      await channel.consume(two, { noAck: true });
      for (const delivery of await channel.take(2)) tags.push(delivery.tag);
      t.equal(tags, [1, 2, 3, 4, 5], "delivery tags of a channel");
      const other = await t.channel();
      const third = await t.queue(other);
      await t.fill(other, third, ["h"]);
      t.equal((await other.get(third))!.tag, 1, "first delivery tag of another channel");
    },
  },
  {
    id: "A-CONS-06",
    level: "must",
    requirement:
      "multiple acknowledges everything outstanding up to the tag on that channel, tag 0 everything.",
    source: "AMQP 0-9-1 basic.ack.multiple; RabbitMQ docs confirms",
    outcomes: { "tag 0 with nothing outstanding": accept("none") },
    kills: ["multiple-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["1", "2", "3", "4", "5", "6"]);
      const consumer = await (await t.connect()).channel();
      const other = await consumer.connection.channel();
      for (let count = 0; count < 5; count++) await consumer.get(queue, false);
      await other.get(queue, false);
      consumer.ack(3, true);
      await consumer.sync();
      consumer.send("basic.recover", { requeue: true });
      t.equal(await consumer.reaction(), "basic.recover-ok", "recover");
      await t.awaitCount(channel, queue, 2);
      t.equal(
        [(await consumer.get(queue, false))?.text, (await consumer.get(queue, false))?.text],
        ["4", "5"],
        "messages after the one acknowledged with multiple",
      );
      consumer.ack(0, true);
      t.equal(await consumer.barrier(), "none", "tag 0");
      consumer.ack(0, true);
      t.observe("tag 0 with nothing outstanding", await consumer.barrier());
      await consumer.connection.close();
      await t.awaitCount(channel, queue, 1);
      t.equal(await t.drain(channel, queue), ["6"], "what the other channel held");
    },
  },
  {
    id: "A-CONS-07",
    level: "must",
    requirement:
      "Acknowledging an unknown, an already acknowledged or another channel's tag is 406, with ack, nack and reject.",
    source: "AMQP 0-9-1 rule basic.ack.multiple#exists; RabbitMQ",
    outcomes: {
      "unknown ack": accept("CHAN 406"),
      "unknown nack": accept("CHAN 406"),
      "unknown reject": accept("CHAN 406"),
      twice: accept("CHAN 406"),
      "another channel's": accept("CHAN 406"),
    },
    kills: ["unknown-tag-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      for (const method of ["ack", "nack", "reject"]) {
        const channel = await t.channel();
        channel.send(`basic.${method}`, { deliveryTag: 7 });
        t.observe(`unknown ${method}`, await channel.barrier());
      }
      const channel = await t.channel();
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["one", "two"]);
      const { tag } = await channel.getWithin(queue, false);
      const other = await t.channel();
      other.ack(tag);
      t.observe("another channel's", await other.barrier());
      channel.ack(tag);
      channel.ack(tag);
      t.observe("twice", await channel.barrier());
    },
  },
  {
    id: "A-CONS-08",
    level: "must",
    requirement: "A requeued message is redelivered, marked so, at its original position.",
    source: "RabbitMQ docs confirms#consumer-nacks-requeue",
    outcomes: { position: accept("original", ["nearer the head"]) },
    kills: ["requeue-at-tail", "reject-drops", "redelivered-never-set"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["1", "2", "3", "4", "5"]);
      const held = [];
      for (let count = 0; count < 4; count++) held.push(await channel.getWithin(queue, false));
      channel.send("basic.reject", { deliveryTag: held[2]!.tag, requeue: true });
      channel.nack(held[0]!.tag);
      channel.nack(held[3]!.tag);
      channel.nack(held[1]!.tag);
      await t.awaitCount(channel, queue, 5);
      const seen: [string, boolean][] = [];
      for (let count = 0; count < 5; count++) {
        const message = await channel.get(queue);
        seen.push([message!.text, message!.redelivered]);
      }
      const order = seen.map(([text]) => text);
      t.equal([...order].sort(), ["1", "2", "3", "4", "5"], "messages after the requeue");
      t.observe(
        "position",
        order.join() === "1,2,3,4,5" ? "original" : order.at(-1) === "5" ? "nearer the head" : order.join(),
      );
      for (const [text, redelivered] of seen)
        t.equal([text, redelivered], [text, text !== "5"], "redelivered flag");
    },
  },
  {
    id: "A-CONS-09",
    level: "must",
    requirement:
      "Closing the channel, closing the connection and killing the client requeue everything unacknowledged, marked redelivered.",
    source: "AMQP 0-9-1 rule redelivered#implementation; RabbitMQ RequeueOnClose",
    kills: ["unacked-lost-on-close", "redelivered-never-set"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      for (const how of ["channel", "connection", "kill"]) {
        for (const by of ["get", "consume"]) {
          const queue = await t.queue(channel);
          await t.fill(channel, queue, ["1", "2", "3", "4"]);
          const client = await t.connect();
          const holder = await client.channel();
          if (by === "consume") {
            await holder.consume(queue);
            await holder.take(4);
          } else {
            for (let count = 0; count < 4; count++) await holder.get(queue, false);
          }
          holder.ack(2);
          await holder.sync();
          if (how === "channel") await holder.close();
          else if (how === "connection") await client.close();
          else client.kill();
          await t.awaitCount(channel, queue, 3);
          const seen = [await channel.get(queue), await channel.get(queue), await channel.get(queue)];
          t.equal(
            seen.map((message) => [message?.text, message?.redelivered]),
            [
              ["1", true],
              ["3", true],
              ["4", true],
            ],
            `messages after ${how}, ${by}`,
          );
        }
      }
    },
  },
  {
    id: "A-CONS-10",
    level: "must",
    requirement: "Cancelling requeues nothing unacknowledged, and nothing is delivered after cancel-ok.",
    source: "RabbitMQ NoRequeueOnCancel; AMQP 0-9-1 basic.cancel",
    kills: ["cancel-requeues", "cancel-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["1", "2"]);
      const consumer = await t.channel();
      const consumerTag = await consumer.consume(queue);
      const [first, second] = await consumer.take(2);
      await consumer.call("basic.cancel", { consumerTag });
      channel.publish("", queue, "3");
      await t.awaitCount(channel, queue, 1);
      await t.nothingDelivered(consumer);
      t.equal(await t.drain(channel, queue), ["3"], "ready messages after the cancel");
      consumer.ack(first!.tag);
      consumer.nack(second!.tag);
      t.equal((await channel.getWithin(queue)).text, "2", "a message requeued after the cancel");
    },
  },
  {
    id: "A-CONS-11",
    level: "must",
    requirement:
      "A consumer never holds more unacknowledged messages than its prefetch; 0 is no limit, and no-ack ignores it.",
    source: "AMQP 0-9-1 rule basic.qos.prefetch-count#01; RabbitMQ docs consumer-prefetch",
    requires: ["per_consumer_qos"],
    kills: ["prefetch-ignored", "prefetch-off-by-one"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      const bodies = Array.from({ length: 30 }, (_, index) => `${index}`);
      await t.fill(channel, queue, bodies);
      const consumer = await (await t.connect()).channel();
      await consumer.call("basic.qos", { prefetchCount: 3 });
      await consumer.consume(queue);
      await consumer.call("basic.qos", { prefetchCount: 4 });
      await consumer.consume(queue);
      const taken = await consumer.take(7);
      await t.nothingDelivered(consumer);
      consumer.ack(taken[0]!.tag);
      const next = await consumer.delivery();
      t.equal(next.text, "7", "one more for one acknowledged");
      await t.nothingDelivered(consumer, 100);
      t.equal((await consumer.get(queue, false))?.text, "8", "basic.get beside a full prefetch");
      await consumer.connection.close();
      await t.awaitCount(channel, queue, 29);
      const careless = await (await t.connect()).channel();
      await careless.call("basic.qos", { prefetchCount: 1 });
      await careless.consume(queue, { noAck: true });
      await careless.take(29);
      const unlimited = await (await t.connect()).channel();
      const other = await t.queue(channel);
      await t.fill(channel, other, bodies);
      await unlimited.call("basic.qos", { prefetchCount: 0 });
      await unlimited.consume(other);
      await unlimited.take(30);
    },
  },
  {
    id: "A-CONS-12",
    level: "should",
    requirement: "With global=true the prefetch counts over all consumers of the channel.",
    source: "RabbitMQ docs consumer-prefetch",
    requires: ["global-prefetch"],
    kills: ["global-prefetch-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const [one, two] = [await t.queue(channel), await t.queue(channel)];
      for (const queue of [one, two]) await t.fill(channel, queue, ["1", "2", "3", "4", "5"]);
      const consumer = await (await t.connect()).channel();
      await consumer.call("basic.qos", { prefetchCount: 3, global: true });
      await consumer.consume(one);
      await consumer.consume(two);
      const taken = await consumer.take(3);
      await t.nothingDelivered(consumer);
      consumer.ack(taken[0]!.tag);
      consumer.ack(taken[1]!.tag);
      await consumer.take(2);
      await t.nothingDelivered(consumer, 100);
    },
  },
  {
    id: "A-CONS-14",
    level: "must",
    requirement:
      "basic.recover with requeue makes everything unacknowledged come again, marked redelivered, under new tags; without requeue it is not implemented (540).",
    source: "RabbitMQ; AMQP 0-9-1 basic.recover",
    outcomes: { "requeue=false": accept(["CONN 540", "basic.recover-ok"]) },
    kills: ["recover-forgets", "redelivered-never-set"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["1", "2", "3"]);
      const consumer = await (await t.connect()).channel();
      await consumer.consume(queue);
      const first = await consumer.take(3);
      consumer.ack(first[1]!.tag);
      await consumer.call("basic.recover", { requeue: true });
      const again = await consumer.take(2);
      t.equal(
        again.map(({ text, redelivered }) => [text, redelivered]),
        [
          ["1", true],
          ["3", true],
        ],
        "messages again",
      );
      t.holds(
        again.every(({ tag }) => tag > 3),
        "new delivery tags",
        again.map(({ tag }) => tag),
      );
      t.observe("requeue=false", await consumer.provoke("basic.recover", { requeue: false }));
    },
  },
  {
    id: "A-CONS-16",
    level: "must",
    requirement:
      "A message delivered for the first time is never marked redelivered, and one delivered again always is.",
    source: "AMQP 0-9-1 rule redelivered#hinting",
    kills: ["first-delivery-marked", "redelivered-never-set"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      const bodies = Array.from({ length: 40 }, (_, index) => `${index}`);
      await t.fill(channel, queue, bodies);
      const seen = new Set<string>();
      const consumer = await (await t.connect()).channel();
      await consumer.call("basic.qos", { prefetchCount: 5 });
      await consumer.consume(queue);
      for (let acknowledged = 0; acknowledged < bodies.length; ) {
        const delivery = await consumer.delivery();
        t.equal(
          [delivery.text, delivery.redelivered],
          [delivery.text, seen.has(delivery.text)],
          "redelivered flag",
        );
        seen.add(delivery.text);
        if (t.below(3) === 0) {
          consumer.nack(delivery.tag);
        } else {
          consumer.ack(delivery.tag);
          acknowledged++;
        }
      }
    },
  },
  {
    id: "A-CONS-23",
    level: "must",
    requirement: "An acknowledged message never comes again while the broker runs.",
    source: "derived from AMQP 0-9-1 basic.ack",
    kills: ["ack-forgotten"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      const bodies = Array.from({ length: 200 }, (_, index) => `${index}`);
      await t.fill(channel, queue, bodies, { deliveryMode: 2 });
      const acknowledged = new Set<string>();
      while (acknowledged.size < bodies.length) {
        const client = await t.connect();
        const consumer = await client.channel();
        await consumer.call("basic.qos", { prefetchCount: 40 });
        await consumer.consume(queue);
        const some = await consumer.take(Math.min(40, bodies.length - acknowledged.size));
        for (const { text } of some) t.holds(!acknowledged.has(text), "no acknowledged message again", text);
        for (const [index, { text, tag }] of some.entries()) {
          if (index % 2 === 1 && some.length > 1) continue;
          consumer.ack(tag);
          acknowledged.add(text);
        }
        await consumer.sync();
        client.kill();
        await t.awaitCount(channel, queue, bodies.length - acknowledged.size);
      }
      t.equal(await channel.get(queue), null, "messages at the end");
    },
  },
];
