import { setTimeout as sleep } from "node:timers/promises";
import { type AMQPChannel, AMQPClient, type AMQPMessage, type AMQPProperties } from "@cloudamqp/amqp-client";
import {
  broker,
  type Death,
  eventually,
  headers,
  patterned,
  properties,
  refusal,
  runCases,
  SETTLE_MS,
} from "./program.ts";

const connection = await new AMQPClient(`amqp://guest:guest@${broker.host}:${broker.port}/`).connect();

async function withChannel<T>(work: (channel: AMQPChannel) => Promise<T>, on = connection): Promise<T> {
  const channel = await on.channel();
  const result = await work(channel);
  await channel.close();
  return result;
}

const get = (channel: AMQPChannel, queue: string): Promise<AMQPMessage> =>
  eventually(() => channel.basicGet(queue, { noAck: false }));
const send = (channel: AMQPChannel, queue: string, body: string, message: AMQPProperties = {}) =>
  channel.basicPublish("", queue, body, message);
const text = (message: AMQPMessage): string => message.bodyToString() ?? "";
const countOf = async (channel: AMQPChannel, queue: string): Promise<number> =>
  (await channel.queueDeclare(queue, { passive: true })).messageCount;
const TRANSIENT = { durable: false };

await runCases("@cloudamqp/amqp-client", {
  topology: (name) =>
    withChannel(async (channel) => {
      const [source, target] = [`${name}.source`, `${name}.target`];
      await channel.exchangeDeclare(source, "topic", { durable: true });
      await channel.exchangeDeclare(target, "fanout", { durable: true });
      await channel.queueDeclare(name, { durable: true });
      await channel.exchangeBind(target, source, "order.*.created");
      await channel.queueBind(name, target, "");
      await channel.basicPublish(source, "order.eu.created", "routed");
      await channel.basicPublish(source, "order.eu.deleted", "dropped");
      const routed = text(await get(channel, name));
      const { name: given } = await channel.queueDeclare("", { exclusive: true });
      const missing = await replyCodeOf(withChannel((other) => countOf(other, `${name}.missing`)));
      await channel.exchangeUnbind(target, source, "order.*.created");
      await channel.basicPublish(source, "order.eu.created", "unbound");
      const after = await channel.basicGet(name, { noAck: false });
      await channel.queueDelete(name);
      await channel.exchangeDelete(source);
      await channel.exchangeDelete(target);
      const afterUnbind = after === null ? null : text(after);
      return { routed, serverNamed: given.startsWith("amq.gen-"), missing, afterUnbind };
    }),

  confirms: (name) =>
    withChannel(async (channel) => {
      const table = { "x-max-length": 100, "x-overflow": "reject-publish" };
      await channel.queueDeclare(name, { durable: true }, table);
      await channel.confirmSelect();
      let returned: number | null = null;
      channel.onReturn = ({ replyCode }) => {
        returned = replyCode ?? null;
      };
      const persistent = { deliveryMode: 2 };
      const sends = Array.from({ length: 101 }, () => send(channel, name, "x", persistent));
      const outcomes = await Promise.allSettled(sends);
      await channel.basicPublish("", `${name}.nowhere`, "x", persistent, true);
      return {
        confirmed: outcomes.filter(({ status }) => status === "fulfilled").length,
        nacked: outcomes.filter(({ status }) => status === "rejected").length,
        returned,
        count: await countOf(channel, name),
      };
    }),

  consume: async (name) => {
    const bodies: string[] = [];
    let beforeAck = 0;
    await withChannel(async (channel) => {
      await channel.queueDeclare(name, TRANSIENT);
      for (let i = 0; i < 10; i++) await send(channel, name, String(i));
      await channel.basicQos(3);
      let isFree = false;
      let third: AMQPMessage | undefined;
      await channel.basicConsume(name, { noAck: false }, async (message) => {
        bodies.push(text(message));
        if (isFree) await message.ack();
        else if (bodies.length === 3) third = message;
      });
      await eventually(async () => third);
      await sleep(SETTLE_MS);
      beforeAck = bodies.length;
      isFree = true;
      await third!.ack(true);
      await eventually(async () => bodies.length === 10 || null);
    });
    return { beforeAck, bodies, left: await withChannel((channel) => countOf(channel, name)) };
  },

  requeue: async (name) => {
    const seen: [string, boolean][] = [];
    const take = async (channel: AMQPChannel): Promise<AMQPMessage> => {
      const message = await get(channel, name);
      seen.push([text(message), message.redelivered]);
      return message;
    };
    await withChannel(async (channel) => {
      await channel.queueDeclare(name, TRANSIENT);
      for (const body of ["a", "b"]) await send(channel, name, body);
      await (await take(channel)).nack(true);
      await (await take(channel)).reject(false);
      await take(channel);
    });
    const left = await withChannel(async (channel) => {
      await (await take(channel)).ack();
      return await countOf(channel, name);
    });
    return { seen, left };
  },

  deadLetter: (name) =>
    withChannel(async (channel) => {
      const [exchange, dead] = [`${name}.exchange`, `${name}.dead`];
      const table = { "x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": "dead" };
      await channel.exchangeDeclare(exchange, "direct");
      await channel.queueDeclare(dead, TRANSIENT);
      await channel.queueBind(dead, exchange, "dead");
      await channel.queueDeclare(name, TRANSIENT, table);
      await send(channel, name, "poison", { headers: { kept: "yes" } });
      await (await get(channel, name)).reject(false);
      const message = await get(channel, dead);
      const seen = message.properties.headers ?? {};
      return {
        body: text(message),
        exchange: message.exchange,
        routingKey: message.routingKey,
        kept: seen.kept,
        deaths: (seen["x-death"] as Death[]).map(({ queue, reason, exchange: from, count, ...rest }) => ({
          ...{ queue, reason, exchange: from, routingKeys: rest["routing-keys"], count: Number(count) },
        })),
        first: {
          queue: seen["x-first-death-queue"],
          reason: seen["x-first-death-reason"],
          exchange: seen["x-first-death-exchange"],
        },
      };
    }),

  expiry: (name) =>
    withChannel(async (channel) => {
      const [each, dead] = [`${name}.each`, `${name}.dead`];
      const toDead = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead };
      await channel.queueDeclare(dead, TRANSIENT);
      await channel.queueDeclare(name, TRANSIENT, { ...toDead, "x-message-ttl": 100 });
      await channel.queueDeclare(each, TRANSIENT, toDead);
      await send(channel, name, "by-queue");
      await send(channel, each, "by-message", { expiration: "100" });
      const facts: Record<string, unknown> = {};
      for (let i = 0; i < 2; i++) {
        const message = await get(channel, dead);
        const [death] = message.properties.headers!["x-death"] as Death[];
        facts[text(message)] = {
          queue: death!.queue,
          reason: death!.reason,
          expiration: message.properties.expiration ?? null,
          originalExpiration: death!["original-expiration"] ?? null,
        };
      }
      return facts;
    }),

  properties: (name) =>
    withChannel(async (channel) => {
      await channel.queueDeclare(name, TRANSIENT);
      const timestamp = new Date(properties.timestamp * 1000);
      await send(channel, name, "påyload", { ...properties, timestamp, headers, deliveryMode: 2 });
      const message = await get(channel, name);
      const seen = message.properties;
      const table = { ...seen.headers, long: Number(seen.headers?.long) };
      return { ...seen, headers: table, timestamp: seen.timestamp!.getTime() / 1000, body: text(message) };
    }),

  get: (name) =>
    withChannel(async (channel) => {
      await channel.queueDeclare(name, TRANSIENT);
      const empty = (await channel.basicGet(name, { noAck: false })) === null;
      for (let i = 0; i < 3; i++) await send(channel, name, String(i));
      const message = await get(channel, name);
      return { empty, body: text(message), remaining: message.messageCount };
    }),

  large: (name) =>
    withChannel(async (channel) => {
      await channel.queueDeclare(name, TRANSIENT);
      await channel.confirmSelect();
      const sent = patterned(1_048_577);
      await channel.basicPublish("", name, sent);
      const { body } = await get(channel, name);
      const got = Buffer.from(body as Uint8Array);
      return { bytes: got.length, intact: got.equals(sent) };
    }),

  tls: async (name) => {
    const url = `amqps://guest:guest@${broker.host}:${broker.tlsPort}/`;
    const secure = await new AMQPClient(url, { ca: broker.authority() }).connect();
    const body = await withChannel(async (channel) => {
      await channel.queueDeclare(name, TRANSIENT);
      await send(channel, name, "secret");
      return text(await get(channel, name));
    }, secure);
    await secure.close();
    return { body, withoutAuthority: await refusal(new AMQPClient(url).connect()) };
  },
});
await connection.close();

/** This client tells it in words, and the channel is closed with the reply code in them. */
async function replyCodeOf(call: Promise<unknown>): Promise<number | string | null> {
  try {
    await call;
    return null;
  } catch (error) {
    const code = /\b\d{3}\b/.exec(String(error))?.[0];
    return code === undefined ? String(error) : Number(code);
  }
}
