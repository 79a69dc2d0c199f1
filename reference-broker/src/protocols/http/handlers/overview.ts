import type { HttpEnvironment } from "../environment.ts";
import { requireQueueSide } from "../queue-access.ts";
import { type HttpReply, type HttpRequest, jsonReply } from "../request.ts";

/** GET /api/overview: RabbitMQ's names where they fit, and everything that is counted. */
export function overview(_request: HttpRequest, environment: HttpEnvironment): HttpReply {
  const { log, listeners, version } = environment;
  const queues = requireQueueSide(environment);
  const amqp = queues.engine.statistics();
  return jsonReply({
    product_name: "Brokermark reference broker",
    product_version: version,
    object_totals: {
      connections: queues.statistics().connections,
      exchanges: amqp.exchanges,
      queues: amqp.queues,
      consumers: amqp.consumers,
    },
    queue_totals: {
      messages: amqp.readyMessages + amqp.unacknowledgedMessages,
      messages_ready: amqp.readyMessages,
      messages_unacknowledged: amqp.unacknowledgedMessages,
    },
    listeners,
    statistics: { amqp, kafka: log.statistics() },
  });
}
