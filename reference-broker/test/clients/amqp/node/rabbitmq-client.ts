import { setTimeout as sleep } from "node:timers/promises";
import { type AsyncMessage, type Channel, Connection, type SyncMessage } from "rabbitmq-client";
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

const login = { hostname: broker.host, username: "guest", password: "guest", vhost: "/" };
const connection = new Connection({ ...login, port: broker.port });
// Losing the connection is also the error of what was under way.
connection.on("error", () => undefined);

async function withChannel<T>(work: (channel: Channel) => Promise<T>, on = connection): Promise<T> {
  const channel = await on.acquire();
  const result = await work(channel);
  await channel.close();
  return result;
}

const get = (channel: Channel, queue: string): Promise<SyncMessage> =>
  eventually(() => channel.basicGet({ queue }));
const send = (channel: Channel, queue: string, body: string, envelope: object = {}): Promise<void> =>
  channel.basicPublish({ ...envelope, routingKey: queue }, Buffer.from(body));
/** Without a content type the body is a Buffer. */
const text = ({ body }: { body: Buffer }): string => body.toString();
const countOf = async (channel: Channel, queue: string): Promise<number> =>
  (await channel.queueDeclare({ queue, passive: true })).messageCount;

await runCases("rabbitmq-client", {
  topology: (name) =>
    withChannel(async (channel) => {
      const [source, target] = [`${name}.source`, `${name}.target`];
      const link = { destination: target, source, routingKey: "order.*.created" };
      await channel.exchangeDeclare({ exchange: source, type: "topic", durable: true });
      await channel.exchangeDeclare({ exchange: target, type: "fanout", durable: true });
      await channel.queueDeclare({ queue: name, durable: true });
      await channel.exchangeBind(link);
      await channel.queueBind({ queue: name, exchange: target });
      const publish = (routingKey: string, body: string) =>
        channel.basicPublish({ exchange: source, routingKey }, Buffer.from(body));
      await publish("order.eu.created", "routed");
      await publish("order.eu.deleted", "dropped");
      const routed = text(await get(channel, name));
      const { queue } = await channel.queueDeclare({ exclusive: true });
      const missing = await replyCodeOf(withChannel((other) => countOf(other, `${name}.missing`)));
      await channel.exchangeUnbind(link);
      await publish("order.eu.created", "unbound");
      const after = await channel.basicGet({ queue: name });
      await channel.queueDelete(name);
      await channel.exchangeDelete({ exchange: source });
      await channel.exchangeDelete({ exchange: target });
      const afterUnbind = after === undefined ? null : text(after);
      return { routed, serverNamed: queue.startsWith("amq.gen-"), missing, afterUnbind };
    }),

  confirms: (name) =>
    withChannel(async (channel) => {
      const table = { "x-max-length": 100, "x-overflow": "reject-publish" } as const;
      await channel.queueDeclare({ queue: name, durable: true, arguments: table });
      await channel.confirmSelect();
      let returned: number | null = null;
      channel.on("basic.return", ({ replyCode }) => {
        returned = replyCode;
      });
      const sends = Array.from({ length: 101 }, () => send(channel, name, "x", { durable: true }));
      const outcomes = await Promise.allSettled(sends);
      await send(channel, `${name}.nowhere`, "x", { durable: true, mandatory: true });
      return {
        confirmed: outcomes.filter(({ status }) => status === "fulfilled").length,
        nacked: outcomes.filter((one) => one.status === "rejected" && one.reason.code === "NACK").length,
        // Told a turn after the confirm.
        returned: await eventually(async () => returned),
        count: await countOf(channel, name),
      };
    }),

  consume: async (name) => {
    const bodies: string[] = [];
    let beforeAck = 0;
    await withChannel(async (channel) => {
      await channel.queueDeclare(name);
      for (let i = 0; i < 10; i++) await send(channel, name, String(i));
      await channel.basicQos({ prefetchCount: 3 });
      let isFree = false;
      let third: AsyncMessage | undefined;
      await channel.basicConsume({ queue: name }, (message) => {
        bodies.push(text(message));
        if (isFree) channel.basicAck({ deliveryTag: message.deliveryTag });
        else if (bodies.length === 3) third = message;
      });
      const { deliveryTag } = await eventually(async () => third);
      await sleep(SETTLE_MS);
      beforeAck = bodies.length;
      isFree = true;
      channel.basicAck({ deliveryTag, multiple: true });
      await eventually(async () => bodies.length === 10 || null);
    });
    return { beforeAck, bodies, left: await withChannel((channel) => countOf(channel, name)) };
  },

  requeue: async (name) => {
    const seen: [string, boolean][] = [];
    const take = async (channel: Channel): Promise<number> => {
      const message = await get(channel, name);
      seen.push([text(message), message.redelivered]);
      return message.deliveryTag;
    };
    await withChannel(async (channel) => {
      await channel.queueDeclare(name);
      for (const body of ["a", "b"]) await send(channel, name, body);
      channel.basicNack({ deliveryTag: await take(channel), requeue: true });
      // This client has no basic.reject.
      channel.basicNack({ deliveryTag: await take(channel), requeue: false });
      await take(channel);
    });
    const left = await withChannel(async (channel) => {
      channel.basicAck({ deliveryTag: await take(channel) });
      return await countOf(channel, name);
    });
    return { seen, left };
  },

  deadLetter: (name) =>
    withChannel(async (channel) => {
      const [exchange, dead] = [`${name}.exchange`, `${name}.dead`];
      const table = { "x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": "dead" };
      await channel.exchangeDeclare({ exchange, type: "direct" });
      await channel.queueDeclare(dead);
      await channel.queueBind({ queue: dead, exchange, routingKey: "dead" });
      await channel.queueDeclare({ queue: name, arguments: table });
      await send(channel, name, "poison", { headers: { kept: "yes" } });
      channel.basicNack({ deliveryTag: (await get(channel, name)).deliveryTag, requeue: false });
      const message = await get(channel, dead);
      const seen = message.headers ?? {};
      return {
        body: text(message),
        exchange: message.exchange,
        routingKey: message.routingKey,
        kept: seen.kept,
        deaths: (seen["x-death"] as Death[]).map(({ queue, reason, exchange: from, count, ...rest }) => ({
          ...{ queue, reason, exchange: from, routingKeys: rest["routing-keys"], count },
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
      await channel.queueDeclare(dead);
      await channel.queueDeclare({ queue: name, arguments: { ...toDead, "x-message-ttl": 100 } });
      await channel.queueDeclare({ queue: each, arguments: toDead });
      await send(channel, name, "by-queue");
      await send(channel, each, "by-message", { expiration: "100" });
      const facts: Record<string, unknown> = {};
      for (let i = 0; i < 2; i++) {
        const message = await get(channel, dead);
        const [death] = message.headers!["x-death"] as Death[];
        facts[text(message)] = {
          queue: death!.queue,
          reason: death!.reason,
          expiration: message.expiration ?? null,
          originalExpiration: death!["original-expiration"] ?? null,
        };
      }
      return facts;
    }),

  properties: (name) =>
    withChannel(async (channel) => {
      await channel.queueDeclare(name);
      await send(channel, name, "påyload", { ...properties, headers, durable: true });
      const message = await get(channel, name);
      const seen = Object.keys(properties).map((key) => [key, message[key as keyof SyncMessage]]);
      return {
        ...Object.fromEntries(seen),
        headers: message.headers,
        deliveryMode: message.durable ? 2 : 1,
        body: text(message),
      };
    }),

  get: (name) =>
    withChannel(async (channel) => {
      await channel.queueDeclare(name);
      const empty = (await channel.basicGet(name)) === undefined;
      for (let i = 0; i < 3; i++) await send(channel, name, String(i));
      const message = await get(channel, name);
      return { empty, body: text(message), remaining: message.messageCount };
    }),

  large: (name) =>
    withChannel(async (channel) => {
      await channel.queueDeclare(name);
      await channel.confirmSelect();
      const sent = patterned(1_048_577);
      await channel.basicPublish({ routingKey: name }, sent);
      const { body } = await get(channel, name);
      return { bytes: body.length, intact: sent.equals(body) };
    }),

  tls: async (name) => {
    const options = { ...login, port: broker.tlsPort };
    const secure = new Connection({ ...options, tls: { ca: [broker.authority()] } });
    const body = await withChannel(async (channel) => {
      await channel.queueDeclare(name);
      await send(channel, name, "secret");
      return text(await get(channel, name));
    }, secure);
    await secure.close();
    // It would try again for ever.
    const untrusting = new Connection({ ...options, tls: true });
    const withoutAuthority = await refusal(
      new Promise(
        (resolve, reject) => void untrusting.on("connection", () => resolve(null)).on("error", reject),
      ),
    );
    untrusting.unsafeDestroy();
    return { body, withoutAuthority };
  },
});
await connection.close();

/** This client gives names: 404 is NOT_FOUND. */
async function replyCodeOf(call: Promise<unknown>): Promise<number | string | null> {
  try {
    await call;
    return null;
  } catch (error) {
    const { code } = error as { code: string };
    return code === "NOT_FOUND" ? 404 : code;
  }
}
