import { setTimeout as sleep } from "node:timers/promises";
import { type Channel, type ConfirmChannel, connect, type GetMessage } from "amqplib";
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
const connection = await connect({ ...login, protocol: "amqp", port: broker.port });

async function withChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await connection.createChannel();
  // The error of a channel is also that of the call that caused it.
  channel.on("error", () => undefined);
  const result = await work(channel);
  await channel.close();
  return result;
}

const get = (channel: Channel, queue: string): Promise<GetMessage> =>
  eventually(async () => (await channel.get(queue)) || null);
const text = (message: GetMessage): string => message.content.toString();
const countOf = async (channel: Channel, queue: string): Promise<number> =>
  (await channel.checkQueue(queue)).messageCount;

await runCases("amqplib", {
  topology: (name) =>
    withChannel(async (channel) => {
      const [source, target] = [`${name}.source`, `${name}.target`];
      await channel.assertExchange(source, "topic", { durable: true });
      await channel.assertExchange(target, "fanout", { durable: true });
      await channel.assertQueue(name, { durable: true });
      await channel.bindExchange(target, source, "order.*.created");
      await channel.bindQueue(name, target, "");
      channel.publish(source, "order.eu.created", Buffer.from("routed"));
      channel.publish(source, "order.eu.deleted", Buffer.from("dropped"));
      const routed = text(await get(channel, name));
      const { queue } = await channel.assertQueue("", { exclusive: true });
      const missing = await replyCodeOf(withChannel((other) => other.checkQueue(`${name}.missing`)));
      await channel.unbindExchange(target, source, "order.*.created");
      channel.publish(source, "order.eu.created", Buffer.from("unbound"));
      const after = await channel.get(name);
      await channel.deleteQueue(name);
      await channel.deleteExchange(source);
      await channel.deleteExchange(target);
      const afterUnbind = after === false ? null : text(after);
      return { routed, serverNamed: queue.startsWith("amq.gen-"), missing, afterUnbind };
    }),

  confirms: async (name) => {
    const channel = await connection.createConfirmChannel();
    const table = { "x-max-length": 100, "x-overflow": "reject-publish" };
    await channel.assertQueue(name, { durable: true, arguments: table });
    let returned: number | null = null;
    channel.on("return", ({ fields }) => {
      // Not in its types.
      returned = (fields as { replyCode?: number }).replyCode ?? null;
    });
    const outcomes = await Promise.all(Array.from({ length: 101 }, () => confirmed(channel, name)));
    await confirmed(channel, `${name}.nowhere`, { mandatory: true });
    const count = await countOf(channel, name);
    await channel.close();
    return {
      confirmed: outcomes.filter(Boolean).length,
      nacked: outcomes.filter((outcome) => !outcome).length,
      returned,
      count,
    };
  },

  consume: async (name) => {
    const bodies: string[] = [];
    let beforeAck = 0;
    await withChannel(async (channel) => {
      await channel.assertQueue(name);
      for (let i = 0; i < 10; i++) channel.sendToQueue(name, Buffer.from(String(i)));
      await channel.prefetch(3);
      let isFree = false;
      let third: GetMessage | undefined;
      await channel.consume(name, (message) => {
        if (message === null) return;
        bodies.push(message.content.toString());
        if (isFree) channel.ack(message);
        else if (bodies.length === 3) third = message as unknown as GetMessage;
      });
      await eventually(async () => third);
      await sleep(SETTLE_MS);
      beforeAck = bodies.length;
      isFree = true;
      channel.ack(third!, true);
      await eventually(async () => bodies.length === 10 || null);
    });
    return { beforeAck, bodies, left: await withChannel((channel) => countOf(channel, name)) };
  },

  requeue: async (name) => {
    const seen: [string, boolean][] = [];
    const take = async (channel: Channel): Promise<GetMessage> => {
      const message = await get(channel, name);
      seen.push([text(message), message.fields.redelivered]);
      return message;
    };
    await withChannel(async (channel) => {
      await channel.assertQueue(name);
      for (const body of ["a", "b"]) channel.sendToQueue(name, Buffer.from(body));
      channel.nack(await take(channel), false, true);
      channel.reject(await take(channel), false);
      await take(channel);
    });
    const left = await withChannel(async (channel) => {
      channel.ack(await take(channel));
      return await countOf(channel, name);
    });
    return { seen, left };
  },

  deadLetter: (name) =>
    withChannel(async (channel) => {
      const [exchange, dead] = [`${name}.exchange`, `${name}.dead`];
      await channel.assertExchange(exchange, "direct");
      await channel.assertQueue(dead);
      await channel.bindQueue(dead, exchange, "dead");
      await channel.assertQueue(name, { deadLetterExchange: exchange, deadLetterRoutingKey: "dead" });
      channel.sendToQueue(name, Buffer.from("poison"), { headers: { kept: "yes" } });
      channel.nack(await get(channel, name), false, false);
      const message = await get(channel, dead);
      const table = message.properties.headers as Record<string, unknown>;
      return {
        body: text(message),
        exchange: message.fields.exchange,
        routingKey: message.fields.routingKey,
        kept: table.kept,
        deaths: (table["x-death"] as Death[]).map(({ queue, reason, exchange: from, count, ...rest }) => ({
          ...{ queue, reason, exchange: from, routingKeys: rest["routing-keys"], count },
        })),
        first: {
          queue: table["x-first-death-queue"],
          reason: table["x-first-death-reason"],
          exchange: table["x-first-death-exchange"],
        },
      };
    }),

  expiry: (name) =>
    withChannel(async (channel) => {
      const [each, dead] = [`${name}.each`, `${name}.dead`];
      const toDead = { deadLetterExchange: "", deadLetterRoutingKey: dead };
      await channel.assertQueue(dead);
      await channel.assertQueue(name, { ...toDead, messageTtl: 100 });
      await channel.assertQueue(each, toDead);
      channel.sendToQueue(name, Buffer.from("by-queue"));
      channel.sendToQueue(each, Buffer.from("by-message"), { expiration: "100" });
      const facts: Record<string, unknown> = {};
      for (let i = 0; i < 2; i++) {
        const message = await get(channel, dead);
        const [death] = message.properties.headers!["x-death"] as unknown as Death[];
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
      await channel.assertQueue(name);
      channel.sendToQueue(name, Buffer.from("påyload"), { ...properties, headers, persistent: true });
      const message = await get(channel, name);
      const { clusterId: _, ...seen } = message.properties;
      return { ...seen, body: text(message) };
    }),

  get: (name) =>
    withChannel(async (channel) => {
      await channel.assertQueue(name);
      const empty = (await channel.get(name)) === false;
      for (let i = 0; i < 3; i++) channel.sendToQueue(name, Buffer.from(String(i)));
      const message = await get(channel, name);
      return { empty, body: text(message), remaining: message.fields.messageCount };
    }),

  large: async (name) => {
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue(name);
    const body = patterned(1_048_577);
    channel.sendToQueue(name, body);
    await channel.waitForConfirms();
    const { content } = await get(channel, name);
    await channel.close();
    return { bytes: content.length, intact: content.equals(body) };
  },

  tls: async (name) => {
    const options = { ...login, protocol: "amqps", port: broker.tlsPort };
    const secure = await connect(options, { ca: [broker.authority()] });
    const channel = await secure.createChannel();
    await channel.assertQueue(name);
    channel.sendToQueue(name, Buffer.from("secret"));
    const body = text(await get(channel, name));
    await secure.close();
    return { body, withoutAuthority: await refusal(connect(options)) };
  },
});
await connection.close();

async function replyCodeOf(call: Promise<unknown>): Promise<number | null> {
  try {
    await call;
    return null;
  } catch (error) {
    return (error as { code?: number }).code ?? null;
  }
}

/** False: nacked. */
function confirmed(
  channel: ConfirmChannel,
  routingKey: string,
  options: { readonly mandatory?: boolean } = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    channel.publish("", routingKey, Buffer.from("x"), { ...options, persistent: true }, (error) =>
      resolve(error === null || error === undefined),
    );
  });
}
