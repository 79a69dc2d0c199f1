/** A-TX: transactions. */
import { accept } from "../../../src/conform/case.ts";
import type { AmqpCase } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";
const TRANSACTIONS = ["transactions"];

export const TRANSACTION_CASES: readonly AmqpCase[] = [
  {
    id: "A-TX-01",
    level: "must",
    requirement:
      "What is published in a transaction is visible at commit-ok and not before; a rollback discards it.",
    source: "RabbitMQ docs semantics#tx",
    requires: TRANSACTIONS,
    kills: ["tx-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      const transacted = await t.channel();
      await transacted.call("tx.select");
      transacted.publish("", queue, "1");
      transacted.publish("", queue, "2");
      await transacted.sync();
      t.equal(await channel.get(queue), null, "a message before the commit");
      await transacted.call("tx.commit");
      t.equal((await t.counts(transacted, queue)).messages, 2, "messages at commit-ok");
      t.equal(await t.drain(channel, queue), ["1", "2"], "messages of the commit");
      transacted.publish("", queue, "3");
      await transacted.call("tx.rollback");
      transacted.publish("", queue, "4");
      await transacted.call("tx.commit");
      t.equal(await t.drain(channel, queue), ["4"], "messages after a rollback");
    },
  },
  {
    id: "A-TX-02",
    level: "must",
    requirement:
      "Acknowledgements in a transaction count at commit; a rollback keeps the messages unacknowledged on the channel.",
    source: "RabbitMQ noRequeueOnRollback",
    requires: TRANSACTIONS,
    kills: ["rollback-requeues", "tx-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["1", "2", "3"]);
      const client = await t.connect();
      const transacted = await client.channel();
      await transacted.call("tx.select");
      const tags = [];
      for (let count = 0; count < 3; count++) tags.push((await transacted.getWithin(queue, false)).tag);
      transacted.ack(tags[0]!);
      await transacted.call("tx.rollback");
      await t.sleep(100);
      t.equal(await channel.get(queue), null, "a message requeued by the rollback");
      transacted.ack(tags[0]!);
      transacted.nack(tags[1]!);
      await transacted.sync();
      t.equal(await channel.get(queue), null, "a message requeued before the commit");
      await transacted.call("tx.commit");
      t.equal((await channel.getWithin(queue)).text, "2", "the message requeued at commit");
      transacted.ack(tags[2]!);
      await transacted.sync();
      await client.close();
      t.equal(
        (await channel.getWithin(queue)).text,
        "3",
        "the message whose acknowledgement was never committed",
      );
      t.equal(await channel.get(queue), null, "the message acknowledged at commit");
    },
  },
  {
    id: "A-TX-03",
    level: "must",
    requirement: "Closing without a commit rolls back and requeues.",
    source: "RabbitMQ rollbackPublishOnClose, requeueOnClose",
    requires: TRANSACTIONS,
    kills: ["close-commits", "tx-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["held"]);
      const transacted = await t.channel();
      await transacted.call("tx.select");
      const held = await transacted.getWithin(queue, false);
      transacted.publish("", queue, "never");
      transacted.ack(held.tag);
      await transacted.sync();
      await transacted.close();
      const back = await channel.getWithin(queue);
      t.equal([back?.text, back?.redelivered], ["held", true], "message after the close");
      await t.sleep(100);
      t.equal(await channel.get(queue), null, "the message published without a commit");
    },
  },
  {
    id: "A-TX-04",
    level: "must",
    requirement:
      "An unknown tag in a transaction is 406 at once; commit and rollback outside of one are 406.",
    source: "AMQP 0-9-1 rule basic.ack.multiple#exists; RabbitMQ",
    outcomes: { "unknown tag": accept("CHAN 406"), commit: accept("CHAN 406"), rollback: accept("CHAN 406") },
    requires: TRANSACTIONS,
    kills: ["tx-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const transacted = await t.channel();
      await transacted.call("tx.select");
      transacted.ack(5);
      t.observe("unknown tag", await transacted.barrier());
      for (const step of ["commit", "rollback"])
        t.observe(step, await (await t.channel()).provoke(`tx.${step}`));
    },
  },
  {
    id: "A-TX-05",
    level: "must",
    requirement: "basic.return of a mandatory message comes before commit-ok.",
    source: "RabbitMQ return_after_commit",
    requires: TRANSACTIONS,
    kills: ["return-after-ack"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      await channel.call("tx.select");
      channel.publish("", t.name("nowhere"), "returned", { mandatory: true });
      await channel.sync();
      t.equal(channel.returns.length, 0, "returns before the commit");
      await channel.call("tx.commit");
      t.equal(
        channel.returns.map(({ text, args }) => [text, args.replyCode]),
        [["returned", 312]],
        "returns at commit-ok",
      );
    },
  },
];
