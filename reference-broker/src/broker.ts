/** The composition root: builds the engines over the file system and puts the protocols in front of them. */
import { setTimeout } from "node:timers/promises";
import { BufferPool } from "./base/buffer-pool.ts";
import { BufferWriter } from "./base/buffer-writer.ts";
import type { AmqpBroker, SharedParts } from "./broker-amqp.ts";
import type { HttpBroker, HttpParts } from "./broker-http.ts";
import type { BrokerConfig } from "./config/schema.ts";
import { FileLogEngine } from "./engines/log/file-log-engine.ts";
import { BrokerError } from "./errors.ts";
import { nodeFileSystem } from "./mechanisms/file-system.ts";
import { MeasuredFileSystem } from "./mechanisms/measured-file-system.ts";
import { SlowOperations } from "./mechanisms/slow-operations.ts";
import { nodeAlarms, steadyClock, WheelTimers } from "./mechanisms/timers.ts";
import type { MetricSource } from "./protocols/http/metrics/source.ts";
import { FrameBudget } from "./protocols/kafka/frame-parser.ts";
import { claimDataDirectory, explainStartFailure } from "./server/data-directory.ts";
import { listenKafka } from "./server/kafka-listener.ts";

export interface Broker {
  readonly host: string;
  readonly port: number;
  /** Ports of AMQP once it listens; null when it is off. Rejects with a BrokerError. */
  readonly amqp: Promise<AmqpBroker> | null;
  /** The same of HTTP, which begins when AMQP listens. */
  readonly http: Promise<HttpBroker> | null;
  /** Refuses new work, finishes what is written, leaves a directory that starts without a scan. */
  stop(): Promise<void>;
}

const NODE_ID = 1;
/**
 * Loading the AMQP half holds the thread for as long as the first client of the Kafka protocol takes to connect, make
 * a topic and produce; so it comes after that.
 */
const KAFKA_HEAD_START_MS = 20;
/** Idle memory kept for large requests. */
const IDLE_FRAME_BYTES = 64 * 1024 * 1024;

export type Report = (event: string, fields: Record<string, unknown>) => void;

/** Throws BrokerError when the port or the data directory cannot be used. */
export async function startBroker(config: BrokerConfig, report: Report): Promise<Broker> {
  const claim = claimDataDirectory(config.dataDir);
  try {
    const injected = config.injectors.length === 0 ? null : await loadInjectors(config.injectors);
    return await serve(config, injected, report, claim.release);
  } catch (error) {
    claim.release();
    throw explainStartFailure(error, config.dataDir);
  }
}

async function serve(
  config: BrokerConfig,
  injected: MetricSource | null,
  report: Report,
  release: () => void,
): Promise<Broker> {
  const timers = new WheelTimers(
    steadyClock(Date.now, () => performance.now()),
    nodeAlarms,
  );
  const slow = new SlowOperations(config.slowOperationMs, () => performance.now(), report);
  const files = new MeasuredFileSystem(nodeFileSystem, slow);
  const engine = new FileLogEngine({
    fileSystem: files,
    directory: config.dataDir,
    durability: config.durability,
    flushBudget: { intervalMs: config.flushIntervalMs, bytes: config.flushBytes },
    tailCacheBytes: config.tailCacheBytes,
    retentionCheckIntervalMs: config.retentionCheckIntervalMs,
    producerIdExpirationMs: config.producerIdExpirationMs,
    topicDefaults: config.topicDefaults,
    clock: Date.now,
    report,
  });
  const listener = await listenKafka(config.host, config.port, config.maxConnections, (port) => ({
    engine,
    node: { id: NODE_ID, host: config.advertisedHost, port },
    autoCreateTopics: config.autoCreateTopics,
    defaultPartitions: config.defaultPartitions,
    maxRequestBytes: config.maxRequestBytes,
    maxBacklogBytes: config.writeBacklogBytes,
    frameBudget: new FrameBudget(config.requestMemoryBytes),
    framePool: new BufferPool(IDLE_FRAME_BYTES),
    writer: new BufferWriter(),
    topicDefaults: config.topicDefaults,
    clock: Date.now,
    timers,
    report,
  })).catch(async (error) => {
    await engine.close();
    throw error;
  });
  const amqp = startAmqp(config, { timers, files }, report);
  const http = startHttp(
    config,
    { log: engine, kafka: listener, timers, files, slow, injected },
    amqp,
    report,
  );
  return {
    host: config.host,
    port: listener.port,
    amqp,
    http,
    stop: async () => {
      const [queues, web] = await Promise.all([amqp?.catch(() => null), http?.catch(() => null)]);
      web?.beginStop();
      await Promise.all([listener.close(), queues?.stopListening()]);
      await web?.stop();
      await Promise.all([engine.close(), queues?.stop()]);
      timers.close();
      release();
    },
  };
}

function startAmqp(config: BrokerConfig, shared: SharedParts, report: Report): Promise<AmqpBroker> | null {
  if (config.amqpPort === "off" && config.amqpTlsPort === "off") return null;
  const loaded = setTimeout(KAFKA_HEAD_START_MS).then(() => loadAmqp(config, shared, report));
  return loaded.catch((error) => {
    throw explainStartFailure(error, config.dataDir);
  });
}

/** null: off. */
function startHttp(
  config: BrokerConfig,
  parts: Omit<HttpParts, "amqp">,
  amqp: Promise<AmqpBroker> | null,
  report: Report,
): Promise<HttpBroker> | null {
  const { httpPort } = config;
  if (httpPort === "off") return null;
  const others = amqp ?? new Promise<null>((resolve) => setImmediate(resolve, null));
  return others.then(async (amqp) => {
    const { startHttp } = await import("./broker-http.ts");
    return await startHttp(config, httpPort, { ...parts, amqp }, report);
  });
}

/** Injectors wrap what the broker is built of before it is built; a bundle has none beside it. Returns what they count. */
async function loadInjectors(injectors: readonly string[]): Promise<MetricSource> {
  const { applyInjectors } = await import("../injectors/index.ts").catch((cause: unknown) => {
    throw new BrokerError("BAD_OPTION", "--inject: this build of the broker has none", cause);
  });
  return await applyInjectors(injectors);
}

/** A mutant alters classes before anything is made of them; a bundle has no mutants beside it. */
async function loadAmqp(config: BrokerConfig, shared: SharedParts, report: Report): Promise<AmqpBroker> {
  const { mutant } = config;
  if (mutant !== null) {
    const { applyMutant } = await import("../mutants/index.ts").catch((cause: unknown) => {
      throw new BrokerError("BAD_OPTION", "--mutant: this build of the broker has none", cause);
    });
    await applyMutant(mutant);
  }
  const { startAmqp } = await import("./broker-amqp.ts");
  return await startAmqp(config, shared, report);
}
