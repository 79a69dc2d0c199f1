/** A-LEN and A-PRIO: length limits and message priority. */
import { accept } from "../../../src/conform/case.ts";
import type { AmqpCase } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";

export const LIMIT_CASES: readonly AmqpCase[] = [
  {
    id: "A-LEN-01",
    level: "must",
    requirement:
      "x-max-length and x-max-length-bytes drop from the head and keep the newest; unacknowledged messages do not count.",
    source: "RabbitMQ docs maxlength",
    kills: ["max-length-ignored", "max-length-bytes-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const queue = await t.queue(channel, { arguments: { "x-max-length": 3 } });
      for (const body of ["1", "2", "3", "4", "5"]) await channel.publishConfirmed("", queue, body);
      await t.awaitCount(channel, queue, 3);
      t.equal(
        [(await channel.get(queue, false))?.text, (await channel.get(queue, false))?.text],
        ["3", "4"],
        "the head",
      );
      for (const body of ["6", "7"]) await channel.publishConfirmed("", queue, body);
      t.equal(await t.drain(channel, queue), ["5", "6", "7"], "messages beside two unacknowledged");
      const bytes = await t.queue(channel, { arguments: { "x-max-length-bytes": 10 } });
      for (const body of ["aaaa", "bbbb", "cccc", "dd"]) await channel.publishConfirmed("", bytes, body);
      t.equal(await t.drain(channel, bytes), ["bbbb", "cccc", "dd"], "messages within ten bytes");
      await channel.publishConfirmed("", bytes, "eleven bytes");
      t.equal(await t.drain(channel, bytes), [], "a message larger than the limit");
    },
  },
  {
    id: "A-LEN-01b",
    level: "must",
    requirement: "With x-max-length 0 a message is delivered to a consumer that is ready or dropped.",
    source: "RabbitMQ docs maxlength",
    kills: ["max-length-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const queue = await t.queue(channel, { arguments: { "x-max-length": 0 } });
      await channel.publishConfirmed("", queue, "nobody ready");
      t.equal(await channel.get(queue), null, "a message without a consumer");
      const consumer = await t.channel();
      await consumer.consume(queue);
      await channel.publishConfirmed("", queue, "ready");
      t.equal((await consumer.delivery()).text, "ready", "delivery to a consumer that is ready");
    },
  },
  {
    id: "A-LEN-02",
    level: "must",
    requirement:
      "reject-publish nacks and keeps the oldest; reject-publish-dlx dead-letters what it refuses besides.",
    source: "RabbitMQ docs maxlength#overflow-behaviour",
    requires: ["publisher_confirms"],
    kills: ["reject-publish-acked", "reject-publish-dlx-drops", "reject-publish-drops-head"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const dead = await t.queue(channel);
      const letters = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead };
      for (const overflow of ["reject-publish", "reject-publish-dlx"]) {
        const queue = await t.queue(channel, {
          arguments: { ...letters, "x-max-length": 2, "x-overflow": overflow },
        });
        const verdicts: string[] = [];
        for (const body of ["1", "2", "3"]) verdicts.push(await channel.publishConfirmed("", queue, body));
        t.equal(verdicts, ["ack", "ack", "nack"], `verdicts with ${overflow}`);
        t.equal(await t.drain(channel, queue), ["1", "2"], `messages kept with ${overflow}`);
        if (overflow === "reject-publish") {
          await t.sleep(100);
          t.equal(await t.drain(channel, dead), [], "dead letters of reject-publish");
        } else {
          const letter = await channel.getWithin(dead);
          t.equal(
            [letter?.text, letter?.headers["x-death"]?.[0]?.reason],
            ["3", "maxlen"],
            "dead letter of reject-publish-dlx",
          );
        }
      }
    },
  },
  {
    id: "A-LEN-03",
    level: "must",
    requirement: "An unknown x-overflow and a negative or textual limit are 406.",
    source: "RabbitMQ",
    outcomes: {
      "x-overflow": accept("CHAN 406"),
      "x-max-length -1": accept("CHAN 406"),
      "x-max-length a string": accept("CHAN 406"),
    },
    kills: ["queue-arguments-unchecked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const attempts = {
        "x-overflow": { "x-overflow": "drop-nothing" },
        "x-max-length -1": { "x-max-length": -1 },
        "x-max-length a string": { "x-max-length": "10" },
      };
      for (const [step, args] of Object.entries(attempts)) {
        const declaration = { queue: t.queueName(), durable: true, arguments: args };
        t.observe(step, await (await t.channel()).provoke("queue.declare", declaration));
      }
    },
  },
  {
    id: "A-PRIO-01",
    level: "should",
    requirement:
      "Higher priority comes first, first in first out within one; above the maximum counts as the maximum, none as 0.",
    source: "RabbitMQ docs priority; AMQP 0-9-1 rule basic#06",
    requires: ["priority-queues"],
    kills: ["priority-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel, { arguments: { "x-max-priority": 5 } });
      const messages: readonly [string, number | undefined][] = [
        ["none", undefined],
        ["low", 1],
        ["top", 5],
        ["above", 9],
        ["zero", 0],
        ["low too", 1],
        ["top too", 5],
        ["middle", 3],
      ];
      for (const [body, priority] of messages) {
        channel.publish("", queue, body, { properties: priority === undefined ? {} : { priority } });
      }
      await t.awaitCount(channel, queue, messages.length);
      const head = await channel.getWithin(queue, false);
      channel.nack(head.tag);
      await t.awaitCount(channel, queue, messages.length);
      const order = ["top", "above", "top too", "middle", "low", "low too", "none", "zero"];
      t.equal(await t.drain(channel, queue), order, "order");
    },
  },
  {
    id: "A-PRIO-02",
    level: "must",
    requirement: "x-max-priority of 256, of -1 or of a string is 406.",
    source: "RabbitMQ",
    outcomes: { "256": accept("CHAN 406"), "-1": accept("CHAN 406"), text: accept("CHAN 406") },
    requires: ["priority-queues"],
    kills: ["queue-arguments-unchecked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      for (const [step, value] of Object.entries({ "256": 256, "-1": -1, text: "5" })) {
        const args = { queue: t.queueName(), durable: true, arguments: { "x-max-priority": value } };
        t.observe(step, await (await t.channel()).provoke("queue.declare", args));
      }
    },
  },
];
