/**
 * The methods of AMQP 0-9-1 with RabbitMQ's extensions: its chapter 1 and RabbitMQ's extended machine-readable
 * specification. Types, codec and dispatch derive from these rows.
 */
import { both, client, content, server } from "./fields.ts";

const CLOSE = { replyCode: "short", replyText: "shortstr", classId: "short", methodId: "short" } as const;
const QUEUE = { reserved1: "reserved short", queue: "shortstr" } as const;
const EXCHANGE = { reserved1: "reserved short", exchange: "shortstr" } as const;
const EXCHANGE_BINDING = {
  reserved1: "reserved short",
  destination: "shortstr",
  source: "shortstr",
  routingKey: "shortstr",
  noWait: "bit",
  arguments: "table",
} as const;
const NOT_ACKNOWLEDGED = { deliveryTag: "longlong", multiple: "bit", requeue: "bit" } as const;
const TUNE = { channelMax: "short", frameMax: "long", heartbeat: "short" } as const;
const DELIVERY = {
  deliveryTag: "longlong",
  redelivered: "bit",
  exchange: "shortstr",
  routingKey: "shortstr",
} as const;

export const ROWS = {
  "connection.start": server(
    [10, 10],
    {
      versionMajor: "octet",
      versionMinor: "octet",
      serverProperties: "table",
      mechanisms: "longstr",
      locales: "longstr",
    },
    "connection.start-ok",
  ),
  "connection.start-ok": client([10, 11], {
    clientProperties: "table",
    mechanism: "shortstr",
    response: "longstr",
    locale: "shortstr",
  }),
  "connection.secure": server([10, 20], { challenge: "longstr" }, "connection.secure-ok"),
  "connection.secure-ok": client([10, 21], { response: "longstr" }),
  "connection.tune": server([10, 30], TUNE, "connection.tune-ok"),
  "connection.tune-ok": client([10, 31], TUNE),
  "connection.open": client(
    [10, 40],
    { virtualHost: "shortstr", reserved1: "reserved shortstr", reserved2: "reserved bit" },
    "connection.open-ok",
  ),
  "connection.open-ok": server([10, 41], { reserved1: "reserved shortstr" }),
  "connection.close": both([10, 50], CLOSE, "connection.close-ok"),
  "connection.close-ok": both([10, 51], {}),
  "connection.blocked": server([10, 60], { reason: "shortstr" }),
  "connection.unblocked": server([10, 61], {}),
  "connection.update-secret": client(
    [10, 70],
    { newSecret: "longstr", reason: "shortstr" },
    "connection.update-secret-ok",
  ),
  "connection.update-secret-ok": server([10, 71], {}),

  "channel.open": client([20, 10], { reserved1: "reserved shortstr" }, "channel.open-ok"),
  "channel.open-ok": server([20, 11], { reserved1: "reserved longstr" }),
  "channel.flow": both([20, 20], { active: "bit" }, "channel.flow-ok"),
  "channel.flow-ok": both([20, 21], { active: "bit" }),
  "channel.close": both([20, 40], CLOSE, "channel.close-ok"),
  "channel.close-ok": both([20, 41], {}),

  "exchange.declare": client(
    [40, 10],
    {
      ...EXCHANGE,
      type: "shortstr",
      passive: "bit",
      durable: "bit",
      autoDelete: "bit",
      internal: "bit",
      noWait: "bit",
      arguments: "table",
    },
    "exchange.declare-ok",
  ),
  "exchange.declare-ok": server([40, 11], {}),
  "exchange.delete": client([40, 20], { ...EXCHANGE, ifUnused: "bit", noWait: "bit" }, "exchange.delete-ok"),
  "exchange.delete-ok": server([40, 21], {}),
  "exchange.bind": client([40, 30], EXCHANGE_BINDING, "exchange.bind-ok"),
  "exchange.bind-ok": server([40, 31], {}),
  "exchange.unbind": client([40, 40], EXCHANGE_BINDING, "exchange.unbind-ok"),
  "exchange.unbind-ok": server([40, 51], {}),

  "queue.declare": client(
    [50, 10],
    {
      ...QUEUE,
      passive: "bit",
      durable: "bit",
      exclusive: "bit",
      autoDelete: "bit",
      noWait: "bit",
      arguments: "table",
    },
    "queue.declare-ok",
  ),
  "queue.declare-ok": server([50, 11], { queue: "shortstr", messageCount: "long", consumerCount: "long" }),
  "queue.bind": client(
    [50, 20],
    { ...QUEUE, exchange: "shortstr", routingKey: "shortstr", noWait: "bit", arguments: "table" },
    "queue.bind-ok",
  ),
  "queue.bind-ok": server([50, 21], {}),
  "queue.purge": client([50, 30], { ...QUEUE, noWait: "bit" }, "queue.purge-ok"),
  "queue.purge-ok": server([50, 31], { messageCount: "long" }),
  "queue.delete": client(
    [50, 40],
    { ...QUEUE, ifUnused: "bit", ifEmpty: "bit", noWait: "bit" },
    "queue.delete-ok",
  ),
  "queue.delete-ok": server([50, 41], { messageCount: "long" }),
  "queue.unbind": client(
    [50, 50],
    { ...QUEUE, exchange: "shortstr", routingKey: "shortstr", arguments: "table" },
    "queue.unbind-ok",
  ),
  "queue.unbind-ok": server([50, 51], {}),

  "basic.qos": client(
    [60, 10],
    { prefetchSize: "long", prefetchCount: "short", global: "bit" },
    "basic.qos-ok",
  ),
  "basic.qos-ok": server([60, 11], {}),
  "basic.consume": client(
    [60, 20],
    {
      ...QUEUE,
      consumerTag: "shortstr",
      noLocal: "bit",
      noAck: "bit",
      exclusive: "bit",
      noWait: "bit",
      arguments: "table",
    },
    "basic.consume-ok",
  ),
  "basic.consume-ok": server([60, 21], { consumerTag: "shortstr" }),
  "basic.cancel": both([60, 30], { consumerTag: "shortstr", noWait: "bit" }, "basic.cancel-ok"),
  "basic.cancel-ok": both([60, 31], { consumerTag: "shortstr" }),
  "basic.publish": content([60, 40], "client", {
    ...EXCHANGE,
    routingKey: "shortstr",
    mandatory: "bit",
    immediate: "bit",
  }),
  "basic.return": content([60, 50], "server", {
    replyCode: "short",
    replyText: "shortstr",
    exchange: "shortstr",
    routingKey: "shortstr",
  }),
  "basic.deliver": content([60, 60], "server", { consumerTag: "shortstr", ...DELIVERY }),
  "basic.get": client([60, 70], { ...QUEUE, noAck: "bit" }, "basic.get-ok", "basic.get-empty"),
  "basic.get-ok": content([60, 71], "server", { ...DELIVERY, messageCount: "long" }),
  "basic.get-empty": server([60, 72], { reserved1: "reserved shortstr" }),
  "basic.ack": both([60, 80], { deliveryTag: "longlong", multiple: "bit" }),
  "basic.reject": client([60, 90], { deliveryTag: "longlong", requeue: "bit" }),
  "basic.recover-async": client([60, 100], { requeue: "bit" }),
  "basic.recover": client([60, 110], { requeue: "bit" }, "basic.recover-ok"),
  "basic.recover-ok": server([60, 111], {}),
  "basic.nack": both([60, 120], NOT_ACKNOWLEDGED),

  "confirm.select": client([85, 10], { noWait: "bit" }, "confirm.select-ok"),
  "confirm.select-ok": server([85, 11], {}),

  "tx.select": client([90, 10], {}, "tx.select-ok"),
  "tx.select-ok": server([90, 11], {}),
  "tx.commit": client([90, 20], {}, "tx.commit-ok"),
  "tx.commit-ok": server([90, 21], {}),
  "tx.rollback": client([90, 30], {}, "tx.rollback-ok"),
  "tx.rollback-ok": server([90, 31], {}),
} as const;
