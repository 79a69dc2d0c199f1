/** Queues, dead-letter queues and exchanges of a round; declared again in each life of the broker. */
import type { ChannelModel } from "amqplib";
import type { QueuePlan, QueueRoundPlan } from "./round-plan.ts";

export const deadQueueOf = (queue: QueuePlan): string => `${queue.name}.dead`;

export async function declareQueues(connection: ChannelModel, plan: QueueRoundPlan): Promise<void> {
  const channel = await connection.createChannel();
  for (const queue of plan.queues) {
    const { name, deadLetterExchange, messageTtlMs, maxLength, maxPriority } = queue;
    if (deadLetterExchange !== "") {
      await channel.assertExchange(deadLetterExchange, "direct", { durable: true });
      await channel.assertQueue(deadQueueOf(queue), { durable: true });
      await channel.bindQueue(deadQueueOf(queue), deadLetterExchange, name);
    }
    await channel.assertQueue(name, {
      durable: true,
      arguments: {
        ...(deadLetterExchange === ""
          ? {}
          : { "x-dead-letter-exchange": deadLetterExchange, "x-dead-letter-routing-key": name }),
        ...(messageTtlMs === 0 ? {} : { "x-message-ttl": messageTtlMs }),
        ...(maxLength === 0 ? {} : { "x-max-length": maxLength }),
        ...(maxLength === 0 || deadLetterExchange !== "" ? {} : { "x-overflow": "reject-publish" }),
        ...(maxPriority === 0 ? {} : { "x-max-priority": maxPriority }),
      },
    });
  }
  for (const { exchange, targets } of plan.publishers) {
    if (exchange === "") continue;
    await channel.assertExchange(exchange, "fanout", { durable: true });
    for (const target of targets) await channel.bindQueue(target, exchange, "");
  }
  await channel.close();
}
