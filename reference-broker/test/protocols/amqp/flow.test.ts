/** Clients that do not read, queues that are full, memory that is low: who waits, who is told, who is unharmed. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { FieldTable } from "../../../src/mechanisms/message.ts";
import { AmqpClient } from "../../support/amqp-connection.ts";
import { publish } from "../../support/amqp-frames.ts";
import { type BrokerProcess, readProcessCost, startBroker } from "../../support/broker-process.ts";

const MEBIBYTE = 1024 * 1024;

let broker: BrokerProcess;
let port: number;

before(async () => {
  broker = await startBroker({ target: "reference" });
  port = (await broker.amqp).port;
});
after(() => broker?.discard());

async function opened(capabilities: readonly string[] = []): Promise<AmqpClient> {
  const client = await AmqpClient.open(port, { capabilities });
  await client.openChannel(1);
  return client;
}

async function declare(client: AmqpClient, queue: string, table: FieldTable = []): Promise<void> {
  client.send(1, "queue.declare", {
    ...{ queue, passive: false, durable: false, exclusive: false, autoDelete: false, noWait: false },
    arguments: table,
  });
  await client.expect(1, "queue.declare-ok");
}

async function countOf(client: AmqpClient, queue: string): Promise<number> {
  client.send(1, "queue.declare", {
    ...{ queue, passive: true, durable: false, exclusive: false, autoDelete: false, noWait: false },
    arguments: [],
  });
  return (await client.expect(1, "queue.declare-ok")).messageCount;
}

const CONSUME = { consumerTag: "c", noLocal: false, exclusive: false, noWait: false, arguments: [] };

async function consume(client: AmqpClient, queue: string, noAck: boolean): Promise<void> {
  client.send(1, "basic.consume", { ...CONSUME, queue, noAck });
  await client.expect(1, "basic.consume-ok");
}

async function confirms(client: AmqpClient): Promise<void> {
  client.send(1, "confirm.select", { noWait: false });
  await client.expect(1, "confirm.select-ok");
}

/** Reads acks until `count` publishes are answered; returns how many were nacked. */
async function answers(client: AmqpClient, count: number): Promise<void> {
  for (let answered = 0; answered < count; ) {
    const { deliveryTag, multiple } = await client.expect(1, "basic.ack");
    answered = multiple ? deliveryTag : answered + 1;
  }
}

test("a consumer that stops reading keeps neither the others nor the broker's memory", async () => {
  const [publisher, slow, quick] = [await opened(), await opened(), await opened()];
  await declare(publisher, "slow");
  await declare(publisher, "quick");
  await consume(slow, "slow", true);
  await consume(quick, "quick", true);
  await confirms(publisher);
  slow.socket.pause();
  const content = Buffer.alloc(64 * 1024, 1);
  const before = readProcessCost(broker.pid)!.rssBytes;
  const COUNT = 1000;
  for (let i = 0; i < COUNT; i++) {
    publisher.write(publish(1, "", "slow", content));
    publisher.write(publish(1, "", "quick", content));
    if (i % 50 === 49) await answers(publisher, 0);
    await quick.expect(1, "basic.deliver");
    assert.equal((await quick.content(1)).body.length, content.length);
  }
  const waiting = await countOf(quick, "slow");
  const sent = (COUNT - waiting) * content.length;
  assert.ok(sent < 20 * MEBIBYTE, `${sent} bytes were sent to a client that does not read`);
  const grown = readProcessCost(broker.pid)!.rssBytes - before;
  assert.ok(grown < 3 * COUNT * content.length, `${grown} bytes for ${waiting} messages`);
  slow.socket.resume();
  for (let i = 0; i < COUNT; i++) {
    await slow.expect(1, "basic.deliver");
    await slow.content(1);
  }
  for (const client of [publisher, slow, quick]) client.destroy();
});

test("a queue that blocks its publisher loses nothing, and reads on when there is room", async () => {
  const publisher = await opened();
  const consumer = await opened();
  await declare(publisher, "blocking", [
    ["x-max-length", { type: "I", value: 10 }],
    ["x-overflow", { type: "S", value: "block-publisher" }],
  ]);
  await confirms(publisher);
  const COUNT = 500;
  for (let i = 0; i < COUNT; i++) publisher.write(publish(1, "", "blocking", Buffer.from(String(i))));
  const deadline = performance.now() + 10_000;
  while ((await countOf(consumer, "blocking")) < 10) assert.ok(performance.now() < deadline);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const held = await countOf(consumer, "blocking");
  assert.ok(held <= 11, `${held} messages in a queue of 10`);
  for (let i = 0; i < COUNT; i++) {
    let taken = false;
    while (!taken) {
      consumer.send(1, "basic.get", { queue: "blocking", noAck: true });
      const frame = await consumer.next();
      taken = frame!.payload.readUInt16BE(2) === 71;
    }
    assert.equal((await consumer.content(1)).body.toString(), String(i));
  }
  await answers(publisher, COUNT);
  publisher.destroy();
  consumer.destroy();
});

test("a consumer that is too slow for its queue is disconnected with 320", async () => {
  const publisher = await opened();
  const consumer = await opened();
  await declare(publisher, "impatient", [
    ["x-max-length", { type: "I", value: 10 }],
    ["x-overflow", { type: "S", value: "disconnect-consumer" }],
  ]);
  consumer.send(1, "basic.qos", { prefetchSize: 0, prefetchCount: 1, global: false });
  await consumer.expect(1, "basic.qos-ok");
  await consume(consumer, "impatient", false);
  for (let i = 0; i < 20; i++) publisher.write(publish(1, "", "impatient", Buffer.from(String(i))));
  await consumer.expect(1, "basic.deliver");
  await consumer.content(1);
  await consumer.expectConnectionClose(320);
  assert.equal(await countOf(publisher, "impatient"), 10);
  publisher.destroy();
});

test("low memory stops publishers, who are told, and neither consumers nor acknowledgements", async () => {
  const args = ["--memory-limit-bytes", String(200 * MEBIBYTE)];
  const small = await startBroker({ target: "reference", args });
  try {
    await checkAlarm((await small.amqp).port);
  } finally {
    await small.discard();
  }
});

async function checkAlarm(smallPort: number): Promise<void> {
  const open = async (capabilities: readonly string[]) => {
    const client = await AmqpClient.open(smallPort, { capabilities });
    await client.openChannel(1);
    return client;
  };
  const publisher = await open(["connection.blocked"]);
  const untold = await open([]);
  const consumer = await open([]);
  await declare(publisher, "filling");
  const content = Buffer.alloc(100_000, 1);
  let isBlocked = false;
  const told = publisher.expect(0, "connection.blocked").then(({ reason }) => {
    isBlocked = true;
    return reason;
  });
  for (let i = 0; i < 10_000 && !isBlocked; i++) {
    publisher.write(publish(1, "", "filling", content));
    if (publisher.socket.writableNeedDrain) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(await told, "low on memory");
  await declare(consumer, "elsewhere");
  untold.write(publish(1, "", "elsewhere", Buffer.from("waits")));
  assert.equal(await countOf(consumer, "elsewhere"), 0);
  while (await countOf(consumer, "filling")) {
    consumer.send(1, "queue.purge", { queue: "filling", noWait: false });
    await consumer.expect(1, "queue.purge-ok");
  }
  await publisher.expect(0, "connection.unblocked");
  while ((await countOf(consumer, "elsewhere")) === 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
  for (const client of [publisher, untold, consumer]) client.destroy();
}
