/** A-PUB: publishing and publisher confirms. */
import { accept } from "../../../src/conform/case.ts";
import { encodeFrame, encodeHeader, FRAME, methodFrame } from "../client/codec.ts";
import type { AmqpCase } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";
const PERSISTENT = { deliveryMode: 2 };

export const PUBLISH_CASES: readonly AmqpCase[] = [
  {
    id: "A-PUB-01",
    level: "must",
    requirement:
      "Confirm tags begin at 1 with confirm.select and rise by one; a second select does not begin anew.",
    source: "RabbitMQ docs confirms",
    requires: ["publisher_confirms"],
    kills: ["second-select-resets"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      channel.publish("", queue, "before");
      channel.published = 0;
      await channel.call("confirm.select");
      channel.publish("", queue, "one");
      await channel.settled();
      await channel.call("confirm.select");
      channel.publish("", queue, "two");
      channel.publish("", queue, "three");
      const settled = await channel.settled();
      t.equal([...settled.keys()], [1, 2, 3], "confirmed tags");
      t.equal(channel.verdicts.at(-1)?.tag, 3, "the last tag");
    },
  },
  {
    id: "A-PUB-02",
    level: "must",
    requirement: "Every publish on a confirming channel gets exactly one ack or nack.",
    source: "RabbitMQ docs confirms",
    requires: ["publisher_confirms"],
    kills: ["confirm-lost", "confirm-twice"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const [durable, transient] = [
        await t.queue(channel),
        await t.queue(channel, { durable: false, exclusive: true }),
      ];
      const exchange = await t.exchange(channel, "fanout");
      await t.bind(channel, durable, exchange);
      await t.bind(channel, transient, exchange);
      for (let count = 0; count < 1000; count++) {
        const properties = t.below(2) === 0 ? PERSISTENT : {};
        const [to, key] = [
          ["", durable],
          ["", transient],
          [exchange, ""],
          ["", "nowhere"],
        ][t.below(4)]!;
        channel.publish(to!, key!, `message ${count}`, { properties });
      }
      const settled = await channel.settled();
      await channel.sync();
      t.equal(settled.size, 1000, "settled publishes");
      t.holds(
        [...settled.values()].every((kind) => kind === "ack"),
        "ack for each",
        "a nack",
      );
      const singly = channel.verdicts.filter(({ multiple }) => !multiple).map(({ tag }) => tag);
      t.equal(new Set(singly).size, singly.length, "tags confirmed once");
    },
  },
  {
    id: "A-PUB-03",
    level: "must",
    requirement: "An unroutable message is acked; a mandatory one is returned first and acked then.",
    source: "RabbitMQ docs confirms#when-publishes-are-confirmed",
    requires: ["publisher_confirms"],
    kills: ["return-after-ack"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const nowhere = t.name("nowhere");
      t.equal(
        await channel.publishConfirmed("", nowhere, "dropped"),
        "ack",
        "verdict of an unroutable message",
      );
      channel.verdicts.length = 0;
      channel.published = 0;
      channel.publish("", nowhere, "mandatory", { mandatory: true });
      await channel.connection.wire.until(
        () => (channel.verdicts.length >= 2 ? true : undefined),
        20_000,
        "basic.return and basic.ack",
      );
      t.equal(
        channel.verdicts.map(({ kind }) => kind),
        ["return", "ack"],
        "order on the wire",
      );
      t.equal(channel.returns[0]?.args.replyCode, 312, "reply code");
    },
  },
  {
    id: "A-PUB-04",
    level: "must",
    requirement: "Confirms come for every publish also while target queues are being deleted.",
    source: "RabbitMQ publisher_confirms_with_deleted_queue",
    requires: ["publisher_confirms"],
    kills: ["confirm-lost"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const other = await (await t.connect()).channel();
      const exchange = await t.exchange(channel, "fanout");
      for (let round = 0; round < 10; round++) {
        const queue = await t.queue(channel);
        await t.bind(channel, queue, exchange);
        for (let count = 0; count < 50; count++)
          channel.publish(exchange, "", "x", { properties: PERSISTENT });
        await other.call("queue.delete", { queue });
      }
      t.equal((await channel.settled()).size, 500, "settled publishes");
    },
  },
  {
    id: "A-PUB-05",
    level: "must",
    requirement:
      "A full queue with reject-publish makes the broker nack, and the message is not enqueued there.",
    source: "RabbitMQ docs maxlength#overflow-behaviour",
    requires: ["publisher_confirms"],
    kills: ["reject-publish-acked", "reject-publish-enqueues"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const full = await t.queue(channel, {
        arguments: { "x-max-length": 2, "x-overflow": "reject-publish" },
      });
      const open = await t.queue(channel);
      const exchange = await t.exchange(channel, "fanout");
      await t.bind(channel, open, exchange);
      await t.bind(channel, full, exchange);
      const verdicts: string[] = [];
      for (const body of ["one", "two", "three", "four"])
        verdicts.push(await channel.publishConfirmed(exchange, "", body));
      t.equal(verdicts, ["ack", "ack", "nack", "nack"], "verdicts");
      t.equal(await t.drain(channel, full), ["one", "two"], "messages of the full queue");
      t.equal(await t.drain(channel, open), ["one", "two", "three", "four"], "messages of the other queue");
      t.equal(await channel.publishConfirmed(exchange, "", "five"), "ack", "verdict once there is room");
    },
  },
  {
    id: "A-PUB-06",
    level: "must",
    requirement: "A channel cannot be both transactional and confirming: 406.",
    source: "RabbitMQ docs confirms",
    outcomes: {
      "confirm.select after tx.select": accept("CHAN 406"),
      "tx.select after confirm.select": accept("CHAN 406"),
    },
    requires: ["publisher_confirms", "transactions"],
    kills: ["confirm-on-tx"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const transactional = await t.channel();
      await transactional.call("tx.select");
      t.observe("confirm.select after tx.select", await transactional.provoke("confirm.select"));
      const confirming = await t.confirmingChannel();
      t.observe("tx.select after confirm.select", await confirming.provoke("tx.select"));
    },
  },
  {
    id: "A-PUB-07",
    level: "must",
    requirement:
      "A confirmed persistent message in a durable queue survives the death of the broker process.",
    source: "RabbitMQ docs confirms",
    requires: ["publisher_confirms", "restart"],
    alone: "it kills the broker",
    kills: ["confirm-before-write"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const queue = await t.queue(channel);
      for (let count = 0; count < 500; count++) {
        channel.publish("", queue, `${count}`, { properties: PERSISTENT });
      }
      await channel.settled();
      await t.definitionsWritten();
      await t.restart("kill");
      const after = await t.channel();
      const bodies = await t.drain(after, queue);
      t.equal(
        bodies,
        Array.from({ length: 500 }, (_, count) => `${count}`),
        "messages after the kill",
      );
    },
  },
  {
    id: "A-PUB-08",
    level: "should",
    requirement: "A message larger than the maximum size is 406.",
    source: "RabbitMQ max_message_size (16 MiB in 4.x)",
    outcomes: { "16 MiB + 1": accept("CHAN 406", ["CONN 501"]) },
    kills: ["any-message-size"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await (await t.connect()).channel();
      const { wire } = channel.connection;
      wire.write(methodFrame(channel.id, "basic.publish", { routingKey: t.name("nowhere") }));
      wire.write(encodeFrame(FRAME.header, channel.id, encodeHeader({}, 16 * 1024 * 1024 + 1)));
      const piece = Buffer.alloc(channel.connection.frameMax - 8, 1);
      for (let left = 16 * 1024 * 1024 + 1; left > 0; left -= piece.length) {
        wire.write(encodeFrame(FRAME.body, channel.id, piece.subarray(0, left)));
      }
      t.observe("16 MiB + 1", await channel.barrier());
    },
  },
  {
    id: "A-PUB-09",
    level: "must",
    requirement: "A user-id that is not the connection's user is 406.",
    source: "RabbitMQ docs validated-user-id",
    outcomes: { "another user-id": accept("CHAN 406") },
    kills: ["user-id-unchecked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      channel.publish("", queue, "own", { properties: { userId: t.login.user } });
      t.equal((await channel.getWithin(queue)).properties.userId, t.login.user, "the own user-id");
      channel.publish("", queue, "other", { properties: { userId: "somebody else" } });
      t.observe("another user-id", await channel.barrier());
    },
  },
  {
    id: "A-PUB-10",
    level: "must",
    requirement:
      "What one channel publishes through one exchange to one queue reaches one consumer in order.",
    source: "AMQP 0-9-1 4.7; RabbitMQ docs semantics",
    kills: ["order-swapped"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      const consumer = await (await t.connect()).channel();
      await consumer.call("basic.qos", { prefetchCount: 50 });
      await consumer.consume(queue);
      for (let count = 0; count < 1000; count++) {
        const properties = t.below(3) === 0 ? PERSISTENT : {};
        channel.publish("", queue, `${count}`, { properties });
      }
      for (let count = 0; count < 1000; count++) {
        const delivery = await consumer.delivery();
        t.equal(delivery.text, `${count}`, "the next message");
        consumer.ack(delivery.tag);
      }
    },
  },
  {
    id: "A-PUB-11",
    level: "must",
    requirement: "An expiration that is no whole number of milliseconds from 0 is 406.",
    source: "RabbitMQ docs ttl#per-message-ttl-in-publishers",
    outcomes: {
      "10x": accept("CHAN 406"),
      "-1": accept("CHAN 406"),
      abc: accept("CHAN 406"),
      "1.5": accept("CHAN 406"),
    },
    kills: ["any-expiration"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      for (const expiration of ["10x", "-1", "abc", "1.5"]) {
        const channel = await t.channel();
        const queue = await t.queue(channel, { durable: false, exclusive: true });
        channel.publish("", queue, "x", { properties: { expiration } });
        t.observe(expiration, await channel.barrier());
      }
    },
  },
];
