/** The one table of endpoints: the router, access, the forms of errors and the index at `/` derive from it. */
import type { ErrorStyle } from "./http-error.ts";
import { config } from "./handlers/config.ts";
import { exchangePublish } from "./handlers/exchange-publish.ts";
import { index } from "./handlers/index.ts";
import { live } from "./handlers/live.ts";
import { metrics } from "./handlers/metrics.ts";
import { objectMetrics } from "./handlers/object-metrics.ts";
import { overview } from "./handlers/overview.ts";
import { queue } from "./handlers/queue.ts";
import { queues, queuesOfVirtualHost } from "./handlers/queues.ts";
import { ready } from "./handlers/ready.ts";
import { topic } from "./handlers/topic.ts";
import { topicPublish } from "./handlers/topic-publish.ts";
import { topicStatistics } from "./handlers/topic-statistics.ts";
import { topics } from "./handlers/topics.ts";
import type { Handler } from "./request.ts";

export interface Route {
  readonly method: "GET" | "POST";
  /** `:name` stands for one segment, whatever it is. */
  readonly path: string;
  readonly handler: Handler;
  /** anyone: without a user, as the Kafka protocol is; user: Basic authentication, as over AMQP. */
  readonly access: "anyone" | "user";
  readonly errors: ErrorStyle;
  readonly doc: string;
}

const anyone = { access: "anyone", errors: "rabbitmq" } as const;
const user = { access: "user", errors: "rabbitmq" } as const;
const kafka = { access: "anyone", errors: "kafka-rest" } as const;

export const ROUTES: readonly Route[] = [
  { method: "GET", path: "/", handler: index, ...anyone, doc: "this list" },
  { method: "GET", path: "/health/live", handler: live, ...anyone, doc: "200 while the process answers" },
  {
    ...{ method: "GET", path: "/health/ready", handler: ready, ...anyone },
    doc: "200 when it can be given work; 503 with reasons: storage, memory alarm, shutting down",
  },
  {
    method: "GET",
    path: "/metrics",
    handler: metrics,
    ...anyone,
    doc: "Prometheus metrics of the whole broker",
  },
  {
    ...{ method: "GET", path: "/metrics/per-object", handler: objectMetrics, ...anyone },
    doc: "Prometheus metrics of single queues and topics",
  },
  {
    ...{ method: "GET", path: "/config", handler: config, ...anyone },
    doc: "the configuration in effect, with the source of each value",
  },
  { method: "GET", path: "/topics", handler: topics, ...kafka, doc: "names of all topics" },
  {
    ...{ method: "GET", path: "/topics/:topic", handler: topic, ...kafka },
    doc: "partitions and statistics of a topic",
  },
  {
    ...{ method: "POST", path: "/topics/:topic", handler: topicPublish, ...kafka },
    doc: "publishes records, as Kafka REST v2 does: application/vnd.kafka.json.v2+json or .binary.v2+json",
  },
  {
    ...{ method: "GET", path: "/api/topics", handler: topicStatistics, ...kafka },
    doc: "statistics of all topics",
  },
  { method: "GET", path: "/api/overview", handler: overview, ...user, doc: "totals, listeners, version" },
  {
    ...{ method: "GET", path: "/api/queues", handler: queues, ...user },
    doc: "queues of all virtual hosts the user may open; ?page and ?page_size",
  },
  {
    ...{ method: "GET", path: "/api/queues/:vhost", handler: queuesOfVirtualHost, ...user },
    doc: "queues of a virtual host; ?page and ?page_size",
  },
  { method: "GET", path: "/api/queues/:vhost/:queue", handler: queue, ...user, doc: "one queue" },
  {
    ...{ method: "POST", path: "/api/exchanges/:vhost/:exchange/publish", handler: exchangePublish, ...user },
    doc: "publishes a message, as RabbitMQ's management does: properties, routing_key, payload, payload_encoding",
  },
];
