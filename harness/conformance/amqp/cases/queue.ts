/** A-QUEUE: queues as objects. */
import { accept } from "../../../src/conform/case.ts";
import { field } from "../client/field-table.ts";
import type { AmqpCase } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";

export const QUEUE_CASES: readonly AmqpCase[] = [
  {
    id: "A-QUEUE-01",
    level: "must",
    requirement: "A queue declared without a name gets one of its own, and the channel remembers it.",
    source: "AMQP 0-9-1 rule queue.declare.queue#default-name",
    kills: ["server-names-repeat"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const names = new Set<string>();
      for (let count = 0; count < 20; count++) {
        const { queue } = await channel.call("queue.declare", { exclusive: true });
        names.add(queue);
      }
      t.equal([names.size, names.has("")], [20, false], "different names");
      await channel.call("queue.bind", { queue: "", exchange: "amq.fanout", routingKey: "" });
      const { consumerTag } = await channel.call("basic.consume", { queue: "" });
      t.holds(consumerTag !== "", "a consumer of the queue declared last", consumerTag);
    },
  },
  {
    id: "A-QUEUE-02",
    level: "must",
    requirement:
      "An equal redeclaration tells message and consumer counts; another durability, auto-delete or argument is 406, another exclusiveness 405.",
    source: "AMQP 0-9-1 queue.declare; RabbitMQ errata 8",
    outcomes: {
      durable: accept("CHAN 406"),
      "auto-delete": accept("CHAN 406"),
      arguments: accept("CHAN 406"),
      exclusive: accept("CHAN 405", ["CHAN 406"]),
    },
    kills: ["queue-redeclare-unchecked", "declare-ok-counts-zero"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const base = { durable: true, arguments: { "x-max-length": 100 } };
      const queue = await t.queue(channel, base);
      await t.fill(channel, queue, ["one", "two", "three"]);
      const holder = await (await t.connect()).channel();
      await holder.call("basic.qos", { prefetchCount: 1 });
      await holder.consume(queue);
      await holder.delivery();
      const again = await channel.call("queue.declare", { queue, ...base });
      t.equal([again.messageCount, again.consumerCount], [2, 1], "ready messages and consumers");
      await channel.call("queue.declare", {
        queue,
        durable: true,
        arguments: { "x-max-length": field("s", 100) },
      });
      const others = {
        durable: { ...base, durable: false },
        "auto-delete": { ...base, autoDelete: true },
        arguments: { durable: true, arguments: { "x-max-length": 101 } },
        exclusive: { ...base, exclusive: true },
      };
      for (const [step, other] of Object.entries(others)) {
        t.observe(step, await (await t.channel()).provoke("queue.declare", { queue, ...other }));
      }
    },
  },
  {
    id: "A-QUEUE-03",
    level: "must",
    requirement: "Passive declaration of a missing queue is 404; a new name that begins with amq. is 403.",
    source: "AMQP 0-9-1 rules queue.declare.passive#not-found, queue.declare.queue#reserved",
    outcomes: { "passive declare": accept("CHAN 404"), "declare amq.new": accept("CHAN 403") },
    kills: ["passive-queue-declares", "amq-queue-not-reserved"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const passive = { queue: t.queueName(), passive: true };
      t.observe("passive declare", await (await t.channel()).provoke("queue.declare", passive));
      const queue = `amq.${t.queueName()}`;
      t.observe(
        "declare amq.new",
        await (await t.channel()).provoke("queue.declare", { queue, exclusive: true }),
      );
    },
  },
  {
    id: "A-QUEUE-04",
    level: "must",
    requirement:
      "Another connection's exclusive queue is locked for declaring, binding, unbinding, consuming, getting, purging and deleting: 405.",
    source: "AMQP 0-9-1 queue.declare.exclusive; RabbitMQ errata 7",
    outcomes: {
      declare: accept("CHAN 405"),
      passive: accept("CHAN 405"),
      bind: accept("CHAN 405"),
      unbind: accept("CHAN 405"),
      consume: accept("CHAN 405"),
      get: accept("CHAN 405"),
      purge: accept("CHAN 405"),
      delete: accept("CHAN 405"),
      "unbind a missing binding": accept(["queue.unbind-ok", "CHAN 405"]),
    },
    kills: ["exclusive-queue-open"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const owner = await t.connect();
      const channel = await owner.channel();
      const queue = await t.queue(channel, { durable: false, exclusive: true });
      await t.bind(channel, queue, "amq.direct", "key");
      const bound = { queue, exchange: "amq.direct", routingKey: "key" };
      const attempts = {
        declare: ["queue.declare", { queue, exclusive: true }],
        passive: ["queue.declare", { queue, passive: true }],
        bind: ["queue.bind", { ...bound, routingKey: "other" }],
        unbind: ["queue.unbind", bound],
        consume: ["basic.consume", { queue }],
        get: ["basic.get", { queue }],
        purge: ["queue.purge", { queue }],
        delete: ["queue.delete", { queue }],
        "unbind a missing binding": ["queue.unbind", { ...bound, routingKey: "never" }],
      } as const;
      for (const [step, [method, args]] of Object.entries(attempts)) {
        t.observe(step, await (await t.channel()).provoke(method, args));
      }
    },
  },
  {
    id: "A-QUEUE-05",
    level: "must",
    requirement:
      "An exclusive queue goes with its connection, closed or killed, and its name can be used at once.",
    source: "AMQP 0-9-1 queue.declare.exclusive; RabbitMQ",
    kills: ["exclusive-queue-survives"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const name = t.queueName();
      for (const how of ["closed", "killed"]) {
        const owner = await t.connect();
        const channel = await owner.channel();
        await channel.call("queue.declare", { queue: name, exclusive: true });
        await channel.close();
        t.equal(
          await (await owner.channel()).provoke("queue.declare", { queue: name, passive: true }),
          "queue.declare-ok",
          "the queue after its channel closed",
        );
        if (how === "closed") await owner.close();
        else owner.kill();
        await t.eventually(async () => {
          const other = await t.channel();
          const reaction = await other.provoke("queue.declare", { queue: name, exclusive: true });
          if (reaction !== "queue.declare-ok") return false;
          await other.call("queue.delete", { queue: name });
          await other.close();
          return true;
        }, `the name is free after its connection was ${how}`);
      }
    },
  },
  {
    id: "A-QUEUE-06",
    level: "must",
    requirement:
      "An auto-delete queue goes with its last consumer; never without one, and basic.get is none.",
    source: "AMQP 0-9-1 queue.declare.auto-delete; RabbitMQ errata 5",
    kills: ["auto-delete-queue-stays"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel, { autoDelete: true });
      await channel.get(queue);
      await t.sleep(50);
      t.equal(await t.queueExists(queue), true, "exists without a consumer, after basic.get");
      const first = await channel.consume(queue);
      const other = await t.channel();
      await other.consume(queue);
      await channel.call("basic.cancel", { consumerTag: first });
      t.equal(await t.queueExists(queue), true, "exists with one consumer left");
      await other.close();
      await t.eventually(async () => !(await t.queueExists(queue)), "the queue goes with its last consumer");
    },
  },
  {
    id: "A-QUEUE-07",
    level: "must",
    requirement:
      "queue.delete with if-unused in use or if-empty not empty is 406; delete-ok tells the messages deleted.",
    source: "AMQP 0-9-1 queue.delete",
    outcomes: {
      "if-unused with a consumer": accept("CHAN 406"),
      "if-empty with a message": accept("CHAN 406"),
    },
    kills: ["queue-if-unused-ignored", "queue-if-empty-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const [used, full] = [await t.queue(channel), await t.queue(channel)];
      await channel.consume(used);
      await t.fill(channel, full, ["one", "two"]);
      const unused = { queue: used, ifUnused: true };
      t.observe("if-unused with a consumer", await (await t.channel()).provoke("queue.delete", unused));
      const empty = { queue: full, ifEmpty: true };
      t.observe("if-empty with a message", await (await t.channel()).provoke("queue.delete", empty));
      const { messageCount } = await channel.call("queue.delete", { queue: full, ifUnused: true });
      t.equal(messageCount, 2, "messages deleted with the queue");
      t.equal(await t.queueExists(full), false, "the queue exists");
    },
  },
  {
    id: "A-QUEUE-08",
    level: "should",
    requirement: "Deleting a missing queue and unbinding one are harmless; purging one is 404.",
    source: "RabbitMQ; AMQP 0-9-1 asks for 404 in each",
    outcomes: {
      delete: accept(["queue.delete-ok", "CHAN 404"]),
      purge: accept("CHAN 404"),
      unbind: accept(["queue.unbind-ok", "CHAN 404"]),
    },
    kills: ["purge-missing-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const queue = t.queueName();
      t.observe("delete", await (await t.channel()).provoke("queue.delete", { queue }));
      t.observe("purge", await (await t.channel()).provoke("queue.purge", { queue }));
      const binding = { queue, exchange: "amq.direct", routingKey: "key" };
      t.observe("unbind", await (await t.channel()).provoke("queue.unbind", binding));
    },
  },
  {
    id: "A-QUEUE-09",
    level: "must",
    requirement: "queue.purge removes the ready messages, tells how many, and leaves the unacknowledged.",
    source: "AMQP 0-9-1 rule queue.purge#02",
    kills: ["purge-counts-unacked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["one", "two", "three", "four"]);
      const held = await channel.get(queue, false);
      const { messageCount } = await channel.call("queue.purge", { queue });
      t.equal(messageCount, 3, "messages purged");
      t.equal(await channel.get(queue), null, "ready messages");
      channel.nack(held!.tag);
      const back = await channel.getWithin(queue);
      t.equal([back?.text, back?.redelivered], ["one", true], "the unacknowledged message after a requeue");
    },
  },
  {
    id: "A-QUEUE-10",
    level: "must",
    requirement:
      "Binding a missing queue or exchange is 404, and so is an empty name on a channel that declared none.",
    source: "AMQP 0-9-1 queue.bind; RabbitMQ errata 18",
    outcomes: {
      "missing queue": accept("CHAN 404"),
      "missing exchange": accept("CHAN 404"),
      "no queue declared": accept("CHAN 404", ["CONN 530", "CONN 502"]),
    },
    kills: ["bind-missing-queue"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const queue = await t.queue(await t.channel());
      const attempts = {
        "missing queue": { queue: t.queueName(), exchange: "amq.direct" },
        "missing exchange": { queue, exchange: t.exchangeName() },
        "no queue declared": { queue: "", exchange: "amq.direct" },
      };
      for (const [step, args] of Object.entries(attempts)) {
        const channel = await (await t.connect()).channel();
        t.observe(step, await channel.provoke("queue.bind", { ...args, routingKey: "key" }));
      }
    },
  },
  {
    id: "A-QUEUE-11",
    level: "must",
    requirement:
      "A durable queue, its bindings and its persistent messages survive a restart; transient queues do not.",
    source: "AMQP 0-9-1 rule queue.declare.durable#persistence",
    requires: ["restart"],
    alone: "it restarts the broker",
    kills: ["restart-loses-messages"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const exchange = await t.exchange(channel, "topic", { durable: true });
      const passing = await t.exchange(channel, "direct");
      const queue = await t.queue(channel, { durable: true, arguments: { "x-max-length": 1000 } });
      await t.bind(channel, queue, exchange, "a.#");
      const transient = t.queueName();
      const declared = await (await t.channel()).provoke("queue.declare", { queue: transient });
      const properties = { deliveryMode: 2, headers: { kept: true } };
      await channel.publishConfirmed(exchange, "a.b", "persistent", { properties });
      await t.restart("graceful");
      const after = await t.channel();
      const message = await after.getWithin(queue);
      t.equal(
        [message?.text, message?.headers, message?.args.routingKey],
        ["persistent", { kept: true }, "a.b"],
        "message",
      );
      after.publish(exchange, "a.c", "by the old binding");
      t.equal((await after.getWithin(queue)).text, "by the old binding", "message by the binding");
      t.equal(await t.exchangeExists(passing), false, "the transient exchange exists");
      if (declared === "queue.declare-ok")
        t.equal(await t.queueExists(transient), false, "the transient queue exists");
      const other = { queue, durable: true, arguments: { "x-max-length": 1001 } };
      t.equal(
        await (await t.channel()).provoke("queue.declare", other),
        "CHAN 406",
        "arguments after the restart",
      );
    },
  },
  {
    id: "A-QUEUE-13",
    level: "must",
    requirement:
      "x-expires removes a queue that nobody uses; consuming, getting and redeclaring renew it; a bad value is 406.",
    source: "RabbitMQ docs ttl#queue-ttl",
    outcomes: {
      "x-expires 0": accept("CHAN 406"),
      "x-expires -1": accept("CHAN 406"),
      "x-expires a string": accept("CHAN 406"),
    },
    timed: true,
    kills: ["queue-never-expires", "queue-arguments-unchecked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const bad = { "x-expires 0": 0, "x-expires -1": -1, "x-expires a string": "1000" };
      for (const [step, value] of Object.entries(bad)) {
        const args = { queue: t.queueName(), arguments: { "x-expires": value } };
        t.observe(step, await (await t.channel()).provoke("queue.declare", { ...args, durable: true }));
      }
      const channel = await t.channel();
      const options = { durable: true, arguments: { "x-expires": 1500 } };
      const [idle, used, redeclared] = [
        await t.queue(channel, options),
        await t.queue(channel, options),
        await t.queue(channel, options),
      ];
      const consumerTag = await channel.consume(used);
      for (let count = 0; count < 6; count++) {
        await t.sleep(500);
        await channel.call("queue.declare", { queue: redeclared, ...options });
      }
      t.equal(await t.queueExists(idle), false, "the idle queue exists");
      t.equal(await t.queueExists(used), true, "the consumed queue exists");
      t.equal(await t.queueExists(redeclared), true, "the redeclared queue exists");
      await channel.call("basic.cancel", { consumerTag });
      await t.sleep(3500);
      t.equal(await t.queueExists(used), false, "the queue exists long after its consumer");
    },
  },
  {
    id: "A-QUEUE-14",
    level: "should",
    requirement: "An unknown x- argument is accepted; an unknown x-queue-type is 406.",
    source: "RabbitMQ",
    outcomes: { "unknown argument": accept("queue.declare-ok"), "unknown x-queue-type": accept("CHAN 406") },
    kills: ["queue-arguments-unchecked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const unknown = { queue: t.queueName(), durable: true, arguments: { "x-conform-unknown": 1 } };
      t.observe("unknown argument", await (await t.channel()).provoke("queue.declare", unknown));
      const type = { queue: t.queueName(), durable: true, arguments: { "x-queue-type": "no-such-type" } };
      t.observe("unknown x-queue-type", await (await t.channel()).provoke("queue.declare", type));
    },
  },
  {
    id: "A-QUEUE-15",
    level: "must",
    requirement:
      "Deleting a queue cancels its consumers with basic.cancel where the client has consumer_cancel_notify.",
    source: "RabbitMQ docs consumer-cancel",
    requires: ["consumer_cancel_notify"],
    kills: ["no-cancel-notify"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const queue = await t.queue(channel);
      const consumer = await (await t.connect()).channel();
      const tags = [await consumer.consume(queue), await consumer.consume(queue)];
      const deaf = await (await t.connect({ capabilities: {} })).channel();
      await deaf.consume(queue);
      await channel.call("queue.delete", { queue });
      await consumer.connection.wire.until(
        () => (consumer.cancelled.length >= 2 ? true : undefined),
        10_000,
        "two basic.cancel",
      );
      t.equal([...consumer.cancelled].sort(), [...tags].sort(), "cancelled consumers");
      await deaf.sync();
      t.equal(deaf.cancelled, [], "basic.cancel to a client without the capability");
    },
  },
  {
    id: "A-QUEUE-17",
    level: "should",
    requirement: "Transient queues that are not exclusive are either served or refused at their declaration.",
    source: "RabbitMQ release notes 4.3.0",
    outcomes: { "transient queue": accept(["queue.declare-ok", "CHAN 406", "CONN 541"]) },
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await (await t.connect()).channel();
      t.observe("transient queue", await channel.provoke("queue.declare", { queue: t.queueName() }));
    },
  },
];
