/** A-EXCH: exchanges and bindings as objects. Routing is in routing.ts. */
import { accept } from "../../../src/conform/case.ts";
import { encodeFrame, FRAME } from "../client/codec.ts";
import type { AmqpCase } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";
const PREDECLARED = ["amq.direct", "amq.fanout", "amq.topic", "amq.headers", "amq.match"];

export const EXCHANGE_CASES: readonly AmqpCase[] = [
  {
    id: "A-EXCH-01",
    level: "must",
    requirement:
      "The default exchange and amq.direct, amq.fanout, amq.topic, amq.headers and amq.match exist.",
    source: "AMQP 0-9-1 rule exchange#required-instances",
    kills: ["no-amq-match"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      for (const exchange of ["", ...PREDECLARED]) {
        if (exchange !== "") await channel.call("exchange.declare", { exchange, passive: true });
      }
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["by name"]);
    },
  },
  {
    id: "A-EXCH-02",
    level: "must",
    requirement:
      "An equal redeclaration succeeds; another type, durability, auto-delete, internal or argument is 406.",
    source: "AMQP 0-9-1 exchange.declare; RabbitMQ errata 6",
    outcomes: { inequivalent: accept("CHAN 406", ["CONN 530"]) },
    kills: ["exchange-redeclare-unchecked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const base = { durable: true, arguments: { "alternate-exchange": "amq.fanout" } };
      const name = await t.exchange(channel, "direct", base);
      await channel.call("exchange.declare", { exchange: name, type: "direct", ...base });
      const others = [
        { type: "fanout", ...base },
        { type: "direct", ...base, durable: false },
        { type: "direct", ...base, autoDelete: true },
        { type: "direct", ...base, internal: true },
        { type: "direct", durable: true },
      ];
      for (const other of others) {
        const fresh = await t.channel();
        t.observe("inequivalent", await fresh.provoke("exchange.declare", { exchange: name, ...other }));
      }
    },
  },
  {
    id: "A-EXCH-03",
    level: "must",
    requirement: "An unknown exchange type is refused.",
    source: "AMQP 0-9-1 rule exchange.declare.type#support; RabbitMQ 4: 406, 3.x: 503",
    outcomes: { "unknown type": accept(["CHAN 406", "CONN 503"]) },
    kills: ["any-exchange-type"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await (await t.connect()).channel();
      t.observe(
        "unknown type",
        await channel.provoke("exchange.declare", { exchange: t.exchangeName(), type: "no-such" }),
      );
    },
  },
  {
    id: "A-EXCH-04",
    level: "must",
    requirement: "Passive declaration of a missing exchange is 404.",
    source: "AMQP 0-9-1 rule exchange.declare.passive#not-found",
    outcomes: { "passive declare": accept("CHAN 404") },
    kills: ["passive-exchange-declares"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const args = { exchange: t.exchangeName(), type: "direct", passive: true };
      t.observe("passive declare", await channel.provoke("exchange.declare", args));
    },
  },
  {
    id: "A-EXCH-05",
    level: "must",
    requirement:
      "Names that begin with amq. are reserved: declaring a new one or deleting a predeclared one is 403.",
    source: "AMQP 0-9-1 rule exchange.declare.exchange#reserved; RabbitMQ",
    outcomes: { "declare amq.new": accept("CHAN 403"), "delete amq.topic": accept("CHAN 403") },
    kills: ["amq-exchange-not-reserved"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const exchange = `amq.${t.exchangeName()}`;
      t.observe(
        "declare amq.new",
        await (await t.channel()).provoke("exchange.declare", { exchange, type: "direct" }),
      );
      t.observe(
        "delete amq.topic",
        await (await t.channel()).provoke("exchange.delete", { exchange: "amq.topic", ifUnused: true }),
      );
    },
  },
  {
    id: "A-EXCH-06",
    level: "should",
    requirement: "Deleting a missing exchange is harmless.",
    source: "RabbitMQ (idempotent); AMQP 0-9-1 rule exchange.delete.exchange#exists asks for 404",
    outcomes: { "delete missing": accept(["exchange.delete-ok", "CHAN 404"]) },
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      t.observe("delete missing", await channel.provoke("exchange.delete", { exchange: t.exchangeName() }));
    },
  },
  {
    id: "A-EXCH-07",
    level: "must",
    requirement:
      "exchange.delete with if-unused is 406 while the exchange has bindings, and deletes it without.",
    source: "AMQP 0-9-1 rule exchange.delete.if-unused#in-use",
    outcomes: { "if-unused in use": accept("CHAN 406") },
    kills: ["exchange-if-unused-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "direct");
      const queue = await t.queue(channel);
      await t.bind(channel, queue, exchange, "key");
      t.observe(
        "if-unused in use",
        await (await t.channel()).provoke("exchange.delete", { exchange, ifUnused: true }),
      );
      await channel.call("queue.unbind", { queue, exchange, routingKey: "key" });
      await channel.call("exchange.delete", { exchange, ifUnused: true });
      t.equal(await t.exchangeExists(exchange), false, "the exchange exists");
    },
  },
  {
    id: "A-EXCH-08",
    level: "must",
    requirement: "Publishing to an internal exchange is 403; messages reach it through a binding.",
    source: "AMQP 0-9-1 rule basic.publish.exchange#02; RabbitMQ",
    outcomes: { "publish to internal": accept("CHAN 403") },
    requires: ["exchange_exchange_bindings"],
    kills: ["internal-exchange-published-to"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const internal = await t.exchange(channel, "fanout", { internal: true });
      const outer = await t.exchange(channel, "fanout");
      const queue = await t.queue(channel);
      await t.bind(channel, queue, internal);
      await t.bindExchange(channel, internal, outer);
      channel.publish(outer, "", "through");
      t.equal((await channel.getWithin(queue)).text, "through", "message through the internal exchange");
      const direct = await t.channel();
      direct.publish(internal, "", "directly");
      t.observe("publish to internal", await direct.barrier());
    },
  },
  {
    id: "A-EXCH-09",
    level: "must",
    requirement: "An auto-delete exchange goes with its last binding, and not before it ever had one.",
    source: "AMQP 0-9-1 exchange.declare.auto-delete; RabbitMQ",
    kills: ["auto-delete-exchange-stays"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "direct", { autoDelete: true });
      t.equal(await t.exchangeExists(exchange), true, "exists before its first binding");
      const [first, second] = [await t.queue(channel), await t.queue(channel)];
      await t.bind(channel, first, exchange, "a");
      await t.bind(channel, second, exchange, "b");
      await channel.call("queue.unbind", { queue: first, exchange, routingKey: "a" });
      t.equal(await t.exchangeExists(exchange), true, "exists with one binding left");
      await channel.call("queue.delete", { queue: second });
      await t.eventually(
        async () => !(await t.exchangeExists(exchange)),
        "the exchange goes with its last binding",
      );
    },
  },
  {
    id: "A-EXCH-09b",
    level: "must",
    requirement: "An auto-delete exchange goes when its last binding to another exchange goes.",
    source: "RabbitMQ exchange-to-exchange bindings",
    requires: ["exchange_exchange_bindings"],
    kills: ["exchange-bindings-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "fanout", { autoDelete: true });
      const destination = await t.exchange(channel, "fanout");
      await t.bindExchange(channel, destination, exchange);
      await channel.call("exchange.unbind", { destination, source: exchange });
      await t.eventually(
        async () => !(await t.exchangeExists(exchange)),
        "the exchange goes with its last binding",
      );
    },
  },
  {
    id: "A-EXCH-10",
    level: "must",
    requirement: "The default exchange cannot be declared, deleted, bound or unbound: 403.",
    source: "RabbitMQ errata 14",
    outcomes: {
      declare: accept("CHAN 403"),
      delete: accept("CHAN 403"),
      "bind a queue": accept("CHAN 403"),
      "unbind a queue": accept("CHAN 403"),
    },
    kills: ["default-exchange-bindable"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const queue = await t.queue(await t.channel());
      const attempts = {
        declare: ["exchange.declare", { exchange: "", type: "direct", durable: true }],
        delete: ["exchange.delete", { exchange: "" }],
        "bind a queue": ["queue.bind", { queue, exchange: "", routingKey: "other" }],
        "unbind a queue": ["queue.unbind", { queue, exchange: "", routingKey: queue }],
      } as const;
      for (const [step, [method, args]] of Object.entries(attempts)) {
        t.observe(step, await (await t.channel()).provoke(method, args));
      }
    },
  },
  {
    id: "A-EXCH-11",
    level: "must",
    requirement: "Every queue is bound to the default exchange by its name.",
    source: "AMQP 0-9-1 rule queue.declare#default-binding",
    kills: ["default-exchange-by-prefix"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const [one, other] = [await t.queue(channel), await t.queue(channel)];
      channel.publish("", one, "to one");
      channel.publish("", `${one}x`, "to nobody");
      await t.awaitCount(channel, one, 1);
      t.equal(await t.drain(channel, one), ["to one"], "messages in the named queue");
      t.equal(await t.drain(channel, other), [], "messages in another");
    },
  },
  {
    id: "A-EXCH-20",
    level: "must",
    requirement: "Publishing to a missing exchange is 404.",
    source: "AMQP 0-9-1 rule basic.publish.exchange#must-exist",
    outcomes: { "publish to a missing exchange": accept("CHAN 404") },
    kills: ["missing-exchange-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      channel.publish(t.exchangeName(), "key", "lost");
      t.observe("publish to a missing exchange", await channel.barrier());
    },
  },
  {
    id: "A-EXCH-23",
    level: "must",
    requirement:
      "queue.unbind removes only the binding of equal key and arguments; a missing binding is no error.",
    source: "AMQP 0-9-1 queue.unbind; RabbitMQ",
    outcomes: { "unbind a missing binding": accept("queue.unbind-ok") },
    kills: ["unbind-ignores-key"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "direct");
      const queue = await t.queue(channel);
      await t.bind(channel, queue, exchange, "a");
      await t.bind(channel, queue, exchange, "b");
      await t.bind(channel, queue, exchange, "b", { variant: 1 });
      await channel.call("queue.unbind", { queue, exchange, routingKey: "a" });
      await channel.call("queue.unbind", { queue, exchange, routingKey: "b" });
      t.observe(
        "unbind a missing binding",
        await channel.provoke("queue.unbind", { queue, exchange, routingKey: "never" }),
      );
      for (const key of ["a", "b"]) channel.publish(exchange, key, key);
      await t.awaitCount(channel, queue, 1);
      t.equal(await t.drain(channel, queue), ["b"], "messages by the binding that is left");
    },
  },
  {
    id: "A-EXCH-24",
    level: "should",
    requirement:
      "Names and routing keys of UTF-8 with up to 255 bytes round-trip; a longer one cannot be framed.",
    source: "AMQP 0-9-1 4.2.5.3; RabbitMQ",
    outcomes: {
      "short string past the frame": accept(["CONN 501", "CONN 502"], ["SOCK", "CONN 541", "CONN 505"]),
    },
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "direct", {}, `${t.name("x")}.Füße.世界`);
      const queue = await t.queue(channel, {}, `${t.name("q")}.${"ü".repeat(60)}`);
      const key = `${"k".repeat(253)}é`;
      await t.bind(channel, queue, exchange, key);
      channel.publish(exchange, key, "utf-8");
      const message = await channel.getWithin(queue);
      t.equal([message?.args.exchange, message?.args.routingKey], [exchange, key], "names of the delivery");
      const raw = await (await t.connect()).channel();
      const payload = Buffer.from([0, 50, 0, 10, 0, 0, 255, 120, 120]);
      raw.connection.wire.write(encodeFrame(FRAME.method, raw.id, payload));
      t.observe("short string past the frame", await raw.connection.wire.expectEnding());
    },
  },
];
