/** Runs one publisher and one consumer process on queues of a broker, as the orchestrator does but for its timing. */
import { AmqpAdmin } from "../../src/drivers/amqp/admin.ts";
import type { ConsumerReport, Endpoint, PrepareQueueLoad, PublisherReport } from "../../src/load/protocol.ts";
import type { QueueLoad } from "../../src/load/queue-load.ts";
import { nowUs } from "../../src/measure/clock.ts";
import { LoadProcess } from "./load-processes.ts";

export const QUEUE_LOAD: QueueLoad = {
  producers: 1,
  routing: "fan-out",
  topics: 3,
  queues: 4,
  consumersPerQueue: 1,
  payloadBytes: 200,
  payloadKind: "json",
  persistent: false,
  confirmWindow: 200,
  ratePerSecond: null,
  prefetch: 0,
  ackEvery: 0,
  slow: null,
};

export interface QueueRunOptions {
  readonly endpoint: Endpoint;
  readonly parameters?: Partial<QueueLoad>;
  readonly driver?: PrepareQueueLoad["driver"];
  readonly readsAlong?: boolean;
  readonly durationMs?: number;
  readonly maxBytes?: number;
  /** Called when publishing has begun. */
  readonly meanwhile?: () => Promise<void>;
}

let runs = 0;

export async function runQueueLoad(
  options: QueueRunOptions,
): Promise<{ readonly published: PublisherReport; readonly consumed: ConsumerReport }> {
  const { endpoint, driver = "amqp", readsAlong = true, durationMs = 500, maxBytes = 2e6 } = options;
  const parameters = { ...QUEUE_LOAD, ...options.parameters };
  const topic = `brokermark-test-${process.pid}-${runs++}`;
  const range = (count: number) => Array.from({ length: count }, (_, index) => index);
  await using admin = await AmqpAdmin.connect(endpoint);
  await admin.declare(topic, parameters);
  try {
    const prepare: PrepareQueueLoad = {
      type: "prepare",
      kind: "queues",
      driver,
      endpoint,
      topic,
      parameters,
      seed: 7,
      runId: 99,
      producers: range(parameters.producers),
      queues: range(parameters.queues),
      readsAlong,
    };
    using publisher = new LoadProcess("publisher-process.ts");
    using consumer = new LoadProcess("consumer-process.ts");
    consumer.send({ ...prepare, driver: "amqp" });
    await consumer.receive("ready");
    publisher.send({ ...prepare, queues: [] });
    await publisher.receive("ready");
    const start = { type: "start", startAtUs: nowUs(), durationMs, maxBytes } as const;
    if (readsAlong) consumer.send(start);
    publisher.send(start);
    await options.meanwhile?.();
    const published = await publisher.receive("published");
    consumer.send({ type: "finish", timeoutMs: 30_000, published: published.outcomes });
    return { published, consumed: await consumer.receive("consumed") };
  } finally {
    // The broker may be what a test has ended.
    await admin.remove(topic, parameters).catch(() => undefined);
  }
}

/** Everything that could have gone wrong with a message, in one comparison. */
export function anomalies({ lost, duplicated, reordered, corrupted, foreign, dropped }: ConsumerReport) {
  return { lost, duplicated, reordered, corrupted, foreign, dropped };
}

export const INTACT = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0, foreign: 0, dropped: 0 };
