import type { Queue } from "../../engines/queues/contract.ts";
import { tableToJson } from "./field-json.ts";

/** A queue under RabbitMQ's names; `statistics` has everything that is counted. */
export function queueToJson(virtualHost: string, queue: Queue) {
  const statistics = queue.statistics();
  const { readyMessages, unacknowledgedMessages } = statistics;
  return {
    name: queue.name,
    vhost: virtualHost,
    type: "classic",
    state: "running",
    durable: queue.durable,
    auto_delete: queue.autoDelete,
    exclusive: queue.exclusiveOwner !== null,
    arguments: tableToJson(queue.arguments),
    consumers: statistics.consumers,
    messages: readyMessages + unacknowledgedMessages,
    messages_ready: readyMessages,
    messages_unacknowledged: unacknowledgedMessages,
    message_bytes_ready: statistics.readyBytes,
    message_bytes_ram: statistics.residentBytes,
    message_stats: {
      publish: statistics.publishedMessages,
      deliver: statistics.deliveredMessages,
      redeliver: statistics.redeliveredMessages,
      get: statistics.fetchedMessages,
      ack: statistics.acknowledgedMessages,
    },
    statistics,
  };
}
