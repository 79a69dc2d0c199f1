/** The HTTP part of the composition root; loaded after the other protocols listen, so that it does not delay them. */
import type { AmqpBroker } from "./broker-amqp.ts";
import { describeConfig } from "./config/describe-config.ts";
import type { BrokerConfig } from "./config/schema.ts";
import type { LogEngine, Topic } from "./engines/log/contract.ts";
import { LOG_STATISTICS, TOPIC_STATISTICS } from "./engines/log/statistics.ts";
import { QUEUE_ENGINE_STATISTICS, QUEUE_STATISTICS } from "./engines/queues/statistics.ts";
import { BrokerError } from "./errors.ts";
import { countersOf } from "./base/statistics.ts";
import type { HttpEnvironment, ListenerDescription, TopicRefusal } from "./protocols/http/environment.ts";
import { Health } from "./protocols/http/health.ts";
import { Metrics } from "./protocols/http/metrics/metrics.ts";
import { PROCESS_STATISTICS, ProcessStatistics } from "./protocols/http/metrics/process-statistics.ts";
import { type MetricSource, metricSource, type ObjectSource } from "./protocols/http/metrics/source.ts";
import { HttpService } from "./protocols/http/service.ts";
import { type MeasuredFileSystem, STORAGE_STATISTICS } from "./mechanisms/measured-file-system.ts";
import type { SlowOperations } from "./mechanisms/slow-operations.ts";
import { TIMER_STATISTICS } from "./mechanisms/timer-statistics.ts";
import type { WheelTimers } from "./mechanisms/timers.ts";
import { HTTP_COUNTERS, HTTP_STATISTICS } from "./protocols/http/statistics.ts";
import { errorCodes } from "./protocols/kafka/error-codes.ts";
import { findOrCreateTopic } from "./protocols/kafka/topic-changes.ts";
import { topicNameProblem } from "./protocols/kafka/topic-names.ts";
import { CONNECTION_STATISTICS, type ConnectionStatistics } from "./server/connection-statistics.ts";
import { listenHttp } from "./server/http-listener.ts";
import { probeStorage } from "./server/storage-probe.ts";
import { BROKER_VERSION } from "./version.ts";

export interface HttpBroker {
  readonly port: number;
  /** From here on it says that it is not ready, and takes no publishes. */
  beginStop(): void;
  stop(): Promise<void>;
}

/** The parts of the broker that HTTP shows and publishes to. */
export interface HttpParts {
  readonly log: LogEngine;
  readonly kafka: { readonly port: number; statistics(): ConnectionStatistics };
  /** null: off. */
  readonly amqp: AmqpBroker | null;
  readonly timers: WheelTimers;
  readonly files: MeasuredFileSystem;
  readonly slow: SlowOperations;
  /** What injectors count; null without any. */
  readonly injected: MetricSource | null;
}

type Report = (event: string, fields: Record<string, unknown>) => void;

/** Throws BrokerError when the port cannot be used. */
export async function startHttp(
  config: BrokerConfig,
  port: number,
  parts: HttpParts,
  report: Report,
): Promise<HttpBroker> {
  const process = new ProcessStatistics();
  const health = makeHealth(config, parts);
  // The service counts what the metrics show, and the metrics are part of what the service is given.
  const sources = [
    ...metricSources(parts),
    metricSource("process", PROCESS_STATISTICS, () => process.read()),
  ];
  const http = metricSource("http", HTTP_STATISTICS, () => service.statistics());
  const metrics = new Metrics([...sources, http], objectSources(parts));
  const service = new HttpService({
    environment: makeEnvironment(config, parts, health, metrics),
    bodyMemoryBytes: config.requestMemoryBytes,
    slow: parts.slow,
    report,
  });
  const listener = await listenHttp(config.host, port, config.maxConnections, service).catch((error) => {
    process.close();
    throw error;
  });
  return {
    port: listener.port,
    beginStop: () => {
      health.isStopping = true;
    },
    stop: async () => {
      await listener.close();
      process.close();
    },
  };
}

function makeEnvironment(
  config: BrokerConfig,
  parts: HttpParts,
  health: Health,
  metrics: Metrics,
): HttpEnvironment {
  const { log, amqp } = parts;
  return {
    ...{ log, health, metrics, counters: countersOf(HTTP_COUNTERS), version: BROKER_VERSION },
    openTopic: (name) => openTopic(name, log, config),
    queues: amqp,
    configuration: () => describeConfig(config),
    listeners: describeListeners(config, parts),
    maxMessageBytes: config.maxMessageBytes,
    maxBacklogBytes: config.writeBacklogBytes,
    clock: Date.now,
  };
}

function makeHealth(config: BrokerConfig, { log, amqp }: HttpParts): Health {
  return new Health({
    storageFaults: () => [log.storageFaults, ...(amqp === null ? [] : [amqp.engine.storageFaults])],
    probeStorage: () => probeStorage(config.dataDir, config.durability === "fsync"),
    memoryAlarm: () => amqp?.engine.alarm.reason ?? null,
    nowMs: () => performance.now(),
  });
}

function describeListeners(
  { host }: BrokerConfig,
  { kafka, amqp }: HttpParts,
): readonly ListenerDescription[] {
  const ports = { kafka: kafka.port, amqp: amqp?.port ?? null, "amqp/tls": amqp?.tlsPort ?? null };
  return Object.entries(ports).flatMap(([protocol, port]) =>
    port === null ? [] : [{ protocol, host, port }],
  );
}

/** As a Kafka client's question for its metadata would make it. */
async function openTopic(name: string, log: LogEngine, config: BrokerConfig): Promise<Topic | TopicRefusal> {
  const problem = topicNameProblem(name);
  if (problem !== null) return { refusal: "invalid-name", reason: problem };
  if (!config.autoCreateTopics) return { refusal: "not-allowed", reason: "Topic not found." };
  const created = await findOrCreateTopic(log, name, config.defaultPartitions);
  if (!("errorCode" in created)) return created;
  if (created.errorCode === errorCodes.KAFKA_STORAGE_ERROR) {
    throw new BrokerError("STORAGE_FAILED", created.errorMessage);
  }
  return { refusal: "invalid-name", reason: created.errorMessage };
}

/** One line for each part of the broker that counts. */
function metricSources({ log, kafka, amqp, timers, files, injected }: HttpParts): MetricSource[] {
  const always = [
    metricSource("storage", STORAGE_STATISTICS, () => files.counters),
    metricSource("timers", TIMER_STATISTICS, () => timers.statistics()),
    metricSource("kafka", LOG_STATISTICS, () => log.statistics()),
    metricSource("kafka", CONNECTION_STATISTICS, () => kafka.statistics()),
    ...(injected === null ? [] : [injected]),
  ];
  if (amqp === null) return always;
  return [
    ...always,
    metricSource("amqp", QUEUE_ENGINE_STATISTICS, () => amqp.engine.statistics()),
    metricSource("amqp", CONNECTION_STATISTICS, () => amqp.statistics()),
  ];
}

function objectSources({ log, amqp }: HttpParts): ObjectSource[] {
  return [
    { prefix: "topic", table: TOPIC_STATISTICS, labelNames: ["topic"], objects: () => topicObjects(log) },
    ...(amqp === null
      ? []
      : [
          {
            ...{ prefix: "queue", table: QUEUE_STATISTICS, labelNames: ["vhost", "queue"] },
            objects: () => queueObjects(amqp),
          },
        ]),
  ];
}

function* topicObjects(log: LogEngine) {
  for (const topic of log.topics.values())
    yield { labels: { topic: topic.name }, values: topic.statistics() };
}

function* queueObjects({ engine }: AmqpBroker) {
  for (const [vhost, virtualHost] of engine.virtualHosts) {
    for (const queue of virtualHost.queues()) {
      yield { labels: { vhost, queue: queue.name }, values: queue.statistics() };
    }
  }
}
