/** What an unmodified client sees: amqplib against the broker as a process. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";

interface Delivery {
  readonly content: Buffer;
  readonly fields: {
    readonly redelivered: boolean;
    readonly consumerTag: string;
    readonly routingKey: string;
  };
  readonly properties: Readonly<Record<string, unknown>>;
}

// biome-ignore lint/suspicious/noExplicitAny: amqplib has no types of its own
type Amqplib = any;
const { connect } = createRequire(import.meta.url)("amqplib") as Amqplib;

let broker: BrokerProcess;
let connection: Amqplib;
let url: string;

before(async () => {
  broker = await startBroker({ target: "reference" });
  url = `amqp://127.0.0.1:${(await broker.amqp).port}`;
  connection = await connect(url);
});
after(async () => {
  await connection?.close();
  await broker?.discard();
});

const range = (count: number) => Array.from({ length: count }, (_, i) => String(i));

async function collect(channel: Amqplib, queue: string, count: number, options = {}): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const { consumerTag } = await channel.consume(
    queue,
    (delivery: Delivery | null) => {
      if (delivery !== null && deliveries.push(delivery) === count) resolve();
    },
    options,
  );
  await promise;
  await channel.cancel(consumerTag);
  return deliveries;
}

test("a thousand persistent messages are confirmed, and come in order", async () => {
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue("durable", { durable: true });
  for (const text of range(1000)) channel.sendToQueue("durable", Buffer.from(text), { persistent: true });
  await channel.waitForConfirms();
  assert.equal((await channel.checkQueue("durable")).messageCount, 1000);
  const deliveries = await collect(channel, "durable", 1000);
  assert.deepEqual(
    deliveries.map(({ content }) => content.toString()),
    range(1000),
  );
  channel.ack(deliveries.at(-1), true);
  await channel.close();
});

test("prefetch keeps to its number, nack brings messages back in place, closing the channel too", async () => {
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue("", { exclusive: true });
  assert.match(queue, /^amq\.gen-/);
  for (const text of range(10)) channel.sendToQueue(queue, Buffer.from(text));
  await channel.prefetch(3);
  const first = await collect(channel, queue, 3);
  assert.equal((await channel.checkQueue(queue)).messageCount, 7);
  channel.nack(first[2], true);
  const again = await collect(channel, queue, 3);
  assert.deepEqual(
    again.map(({ content, fields }) => `${content} ${fields.redelivered}`),
    ["0 true", "1 true", "2 true"],
  );
  await channel.close();
  const other = await connection.createChannel();
  const all = await collect(other, queue, 10, { noAck: true });
  assert.deepEqual(
    all.map(({ content }) => content.toString()),
    range(10),
  );
  await other.close();
});

test("a mandatory message without a queue is returned before it is confirmed, with its properties", async () => {
  const channel = await connection.createConfirmChannel();
  const order: string[] = [];
  let returned: Delivery | null = null;
  channel.on("return", (message: Delivery) => {
    returned = message;
    order.push("return");
  });
  const options = { mandatory: true, headers: { a: 1, nested: { b: [true, "x"] } }, messageId: "id" };
  channel.publish("amq.direct", "nowhere", Buffer.from("lost"), options, () => order.push("confirm"));
  await channel.waitForConfirms();
  assert.deepEqual(order, ["return", "confirm"]);
  const { content, properties } = returned as unknown as Delivery;
  assert.equal(content.toString(), "lost");
  assert.deepEqual(properties.headers, { a: 1, nested: { b: [true, "x"] } });
  assert.equal(properties.messageId, "id");
  await channel.close();
});

test("requests and replies over direct reply-to", async () => {
  const server = await connection.createChannel();
  const { queue } = await server.assertQueue("", { exclusive: true });
  await server.consume(
    queue,
    ({ content, properties }: Delivery) =>
      server.sendToQueue(properties.replyTo, Buffer.from(`answer to ${content}`), {
        correlationId: properties.correlationId,
      }),
    { noAck: true },
  );
  const other = await connect(url);
  const requester = await other.createChannel();
  const answers: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await requester.consume(
    "amq.rabbitmq.reply-to",
    ({ content, properties }: Delivery) => {
      if (answers.push(`${properties.correlationId}: ${content}`) === 3) resolve();
    },
    { noAck: true },
  );
  for (const id of range(3)) {
    const options = { replyTo: "amq.rabbitmq.reply-to", correlationId: id };
    requester.sendToQueue(queue, Buffer.from(`request ${id}`), options);
  }
  await promise;
  assert.deepEqual(
    answers,
    range(3).map((id) => `${id}: answer to request ${id}`),
  );
  await other.close();
  await server.close();
});

test("replies need a consumer that does not acknowledge, and requests need one at all", async () => {
  for (const [attempt, text] of [
    [(channel: Amqplib) => channel.consume("amq.rabbitmq.reply-to", () => {}), /reply consumer cannot ack/],
    [
      async (channel: Amqplib) => {
        channel.sendToQueue("none", Buffer.from("x"), { replyTo: "amq.rabbitmq.reply-to" });
        await channel.checkExchange("amq.direct");
      },
      /fast reply consumer does not exist/,
    ],
  ] as const) {
    const channel = await connection.createChannel();
    channel.on("error", () => {});
    await assert.rejects(attempt(channel), { code: 406, message: text });
  }
});

test("a consumer of a queue that is deleted is told, exclusive queues go with their connection", async () => {
  const channel = await connection.createChannel();
  await channel.assertQueue("short-lived");
  const told = new Promise((resolve) => void channel.consume("short-lived", resolve));
  await channel.checkQueue("short-lived");
  await channel.deleteQueue("short-lived");
  assert.equal(await told, null);
  const other = await connect(url);
  const { queue } = await (await other.createChannel()).assertQueue("", { exclusive: true });
  const locked = await connection.createChannel();
  locked.on("error", () => {});
  await assert.rejects(locked.checkQueue(queue), { code: 405 });
  await other.close();
  const gone = await connection.createChannel();
  gone.on("error", () => {});
  await assert.rejects(gone.checkQueue(queue), { code: 404 });
  await channel.close();
});

test("confirmed persistent messages outlive a kill", async () => {
  const killed = await startBroker({ target: "reference" });
  const before = await connect(`amqp://127.0.0.1:${(await killed.amqp).port}`);
  before.on("error", () => {});
  const channel = await before.createConfirmChannel();
  await channel.assertQueue("kept", { durable: true });
  await channel.bindQueue("kept", "amq.topic", "a.#");
  for (const text of range(200)) {
    channel.publish("amq.topic", "a.b", Buffer.from(text), { persistent: true });
  }
  await channel.waitForConfirms();
  const closed = new Promise((resolve) => before.once("close", resolve));
  await killed.kill();
  await closed;
  const restarted = await startBroker({ target: "reference", dataDir: killed.dataDir });
  const after = await connect(`amqp://127.0.0.1:${(await restarted.amqp).port}`);
  const deliveries = await collect(await after.createChannel(), "kept", 200);
  assert.deepEqual(
    deliveries.map(({ content }) => content.toString()),
    range(200),
  );
  await after.close();
  await restarted.stop();
  await killed.discard();
});

test("a broker that stops tells its clients", async () => {
  const stopping = await startBroker({ target: "reference" });
  const client = await connect(`amqp://127.0.0.1:${(await stopping.amqp).port}`);
  const told = new Promise((resolve) => client.once("close", resolve));
  client.on("error", () => {});
  assert.equal(await stopping.stop(), 0);
  const error = await told;
  assert.match(String(error), /CONNECTION-FORCED|320|shutdown/);
  await stopping.discard();
});
