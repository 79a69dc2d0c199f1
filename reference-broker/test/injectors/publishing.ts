/** A broker with injectors, and publishes to it whose answers are timed and counted. */
import assert from "node:assert/strict";
import { decodeMethod } from "../../src/protocols/amqp/methods/table.ts";
import { HttpBroker } from "../protocols/http/http-broker.ts";
import { AmqpClient } from "../support/amqp-connection.ts";
import { METHOD_FRAME, publish } from "../support/amqp-frames.ts";
import { connectWhenReady, createTopic } from "../support/client.ts";
import { produceRequest, readProduceResponse } from "../support/wire-requests.ts";
import { encodeBatch } from "../support/wire-batch.ts";

export const QUEUE = "injected";
const TOPIC = "injected";

export async function startInjected(...injectors: readonly string[]): Promise<HttpBroker> {
  return await HttpBroker.start(injectors.flatMap((text) => ["--inject", text]));
}

/** Of one of the broker's metrics. */
export async function metric(broker: HttpBroker, name: string): Promise<number> {
  const { text } = await broker.get("/metrics");
  const value = new RegExp(`^brokermark_${name} (\\S+)$`, "m").exec(text)?.[1];
  assert.ok(value !== undefined, `there is a metric ${name}`);
  return Number(value);
}

/** Batches of `records` each, all sent at once over one connection. Milliseconds to each answer, in their order. */
export async function produceBatches(
  broker: HttpBroker,
  batches: number,
  records: number,
): Promise<number[]> {
  const { host, port } = broker.process;
  const connection = await connectWhenReady(host, port);
  await createTopic(connection, TOPIC, 1);
  const batch = encodeBatch(Array.from({ length: records }, () => ({ value: Buffer.from("x") })));
  const began = performance.now();
  const answers = Array.from({ length: batches }, async () => {
    const { errorCode } = readProduceResponse(await connection.send(produceRequest(TOPIC, 0, batch)));
    assert.equal(errorCode, 0);
    return performance.now() - began;
  });
  const times = await Promise.all(answers);
  connection.close();
  return times;
}

export interface Confirm {
  readonly tag: number;
  readonly multiple: boolean;
  readonly afterMs: number;
}

/** Confirmed messages to a durable queue, one when the last one's confirm has come, or all at once. */
export async function publishConfirmed(
  broker: HttpBroker,
  count: number,
  pace: "one-by-one" | "at-once",
): Promise<Confirm[]> {
  const { port } = await broker.process.amqp;
  const client = await AmqpClient.open(port);
  await client.openChannel(1);
  client.send(1, "queue.declare", {
    ...{ queue: QUEUE, passive: false, durable: true, exclusive: false, autoDelete: false, noWait: false },
    arguments: [],
  });
  await client.expect(1, "queue.declare-ok");
  client.send(1, "confirm.select", { noWait: false });
  await client.expect(1, "confirm.select-ok");
  const message = publish(1, "", QUEUE, Buffer.from("x"));
  const confirms: Confirm[] = [];
  let began = performance.now();
  if (pace === "at-once") client.write(Buffer.concat(Array.from({ length: count }, () => message)));
  for (let confirmed = 0; confirmed < count; ) {
    if (pace === "one-by-one") {
      began = performance.now();
      client.write(message);
    }
    const frame = await client.next();
    assert.equal(frame?.type, METHOD_FRAME);
    const { name, fields } = decodeMethod(frame!.payload, 0, frame!.payload.length);
    assert.equal(name, "basic.ack");
    const { deliveryTag: tag, multiple } = fields as { deliveryTag: number; multiple: boolean };
    assert.ok(tag > confirmed, `confirm of ${tag} after that of ${confirmed}`);
    assert.ok(multiple || tag === confirmed + 1, `confirm of ${tag} alone after that of ${confirmed}`);
    confirms.push({ tag, multiple, afterMs: performance.now() - began });
    confirmed = tag;
  }
  client.destroy();
  return confirms;
}
