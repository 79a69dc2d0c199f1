/** Messages that are never consumed: half expire by their own time to live, half by their queue's, all into another queue. */
import { setTimeout as sleep } from "node:timers/promises";
import { type ConfirmChannel, connect } from "amqplib";
import type { Endpoint } from "../../load/protocol.ts";

const MESSAGES = 200;
const MESSAGE_TTL_MS = 300;
const QUEUE_TTL_MS = 1_000;
const POLL_MS = 50;
/** After the last deadline; what has not come by then is lost. */
const PATIENCE_MS = 20_000;

export interface ExpiredCounts {
  readonly published: number;
  readonly confirmed: number;
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
}

/** Through amqplib. Queues are named after `name` and gone afterwards. Throws what the library throws. */
export async function expireOnce({ host, port }: Endpoint, name: string): Promise<ExpiredCounts> {
  const connection = await connect({ hostname: host, port });
  try {
    const channel = await connection.createConfirmChannel();
    const [waiting, letters] = [`${name}.waiting`, `${name}.letters`];
    await channel.assertQueue(letters, { durable: true });
    const deadLetters = { deadLetterExchange: "", deadLetterRoutingKey: letters };
    await channel.assertQueue(waiting, { durable: true, messageTtl: QUEUE_TTL_MS, ...deadLetters });
    for (let message = 0; message < MESSAGES; message++) {
      const own = message % 2 === 0 ? { expiration: String(MESSAGE_TTL_MS) } : {};
      channel.sendToQueue(waiting, Buffer.from(String(message)), { persistent: true, ...own });
    }
    await channel.waitForConfirms();
    const seen = await collect(channel, letters);
    await channel.deleteQueue(waiting);
    await channel.deleteQueue(letters);
    const delivered = new Set(seen).size;
    const duplicated = seen.length - delivered;
    return { published: MESSAGES, confirmed: MESSAGES, delivered, lost: MESSAGES - delivered, duplicated };
  } finally {
    await connection.close();
  }
}

/** The bodies of all dead letters, in the order of their coming. */
async function collect(channel: ConfirmChannel, queue: string): Promise<string[]> {
  const seen: string[] = [];
  const deadline = performance.now() + QUEUE_TTL_MS + PATIENCE_MS;
  const { consumerTag } = await channel.consume(queue, (message) => {
    if (message === null) return;
    seen.push(message.content.toString());
    channel.ack(message);
  });
  while (seen.length < MESSAGES && performance.now() < deadline) await sleep(POLL_MS);
  await channel.cancel(consumerTag);
  return seen;
}
