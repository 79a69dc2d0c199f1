/** The AMQP half of the composition root; loaded after the Kafka half listens, so that it does not delay that. */
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { join } from "node:path";
import type { BrokerConfig } from "./config/schema.ts";
import { FileIdentity, userFromOption } from "./engines/identity/file-identity.ts";
import { type Definitions, parseDefinitions } from "./engines/identity/definitions.ts";
import type { Identity } from "./engines/identity/contract.ts";
import type { QueueEngine } from "./engines/queues/contract.ts";
import { FileQueueEngine } from "./engines/queues/file-queue-engine.ts";
import { checkQueueArguments, queueArgumentNames } from "./engines/queues/queue/arguments.ts";
import { queueMaker } from "./engines/queues/queue/classic-queue.ts";
import type { QueueDefaults } from "./engines/queues/queue/settings.ts";
import { BrokerError } from "./errors.ts";
import type { FileSystem } from "./mechanisms/file-system.ts";
import type { WheelTimers } from "./mechanisms/timers.ts";
import { ContentBudget } from "./protocols/amqp/content-budget.ts";
import { ReplyRoutes } from "./protocols/amqp/direct-reply-to.ts";
import { type AmqpListener, listenAmqp, type TlsFiles } from "./server/amqp-listener.ts";
import type { ConnectionStatistics } from "./server/connection-statistics.ts";
import { memoryReader } from "./server/process-memory.ts";
import { BROKER_VERSION } from "./version.ts";

export interface AmqpBroker {
  /** null: not listened for. */
  readonly port: number | null;
  readonly tlsPort: number | null;
  readonly engine: QueueEngine;
  readonly identity: Identity;
  statistics(): ConnectionStatistics;
  /** Ends the connections; the engine goes on. */
  stopListening(): Promise<void>;
  /** After `stopListening`. */
  stop(): Promise<void>;
}

/** What both halves of the broker use. */
export interface SharedParts {
  readonly timers: WheelTimers;
  readonly files: FileSystem;
}

const QUEUES_DIRECTORY = "queues";
/** 22 characters of base64url. */
const RANDOM_NAME_BYTES = 16;

type Report = (event: string, fields: Record<string, unknown>) => void;

/** Throws BrokerError when a port, the data directory or a file that an option names cannot be used. */
export async function startAmqp(
  config: BrokerConfig,
  { timers, files }: SharedParts,
  report: Report,
): Promise<AmqpBroker> {
  const tls = readTlsFiles(config);
  const identity = new FileIdentity(files, config.dataDir);
  const engine = await FileQueueEngine.open({
    fileSystem: files,
    directory: join(config.dataDir, QUEUES_DIRECTORY),
    durability: config.durability,
    flushBudget: { intervalMs: config.flushIntervalMs, bytes: config.flushBytes },
    createQueue: queueMaker(queueDefaults(config)),
    memoryBudgetBytes: config.memoryLimitBytes,
    pageAtFraction: config.pageAtFraction,
    pageToFraction: config.pageToFraction,
    readMemoryBytes: memoryReader(config.memoryLimitBytes, () => performance.now()),
    defer: setImmediate,
    randomName: () => randomBytes(RANDOM_NAME_BYTES).toString("base64url"),
    ...{ checkQueueArguments, queueArgumentNames, timers, report },
  });
  try {
    await applyDefinitions(config, identity, engine);
    const listener = await listenAmqp(
      {
        host: config.host,
        port: portOrNull(config.amqpPort),
        tlsPort: portOrNull(config.amqpTlsPort),
        tls,
        maxConnections: config.maxConnections,
      },
      {
        ...{ engine, identity, timers, report, version: BROKER_VERSION },
        contentBudget: new ContentBudget(config.requestMemoryBytes),
        replyRoutes: new ReplyRoutes(),
        maxMessageBytes: config.maxMessageBytes,
      },
    );
    return running(listener, engine, identity);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function queueDefaults(config: BrokerConfig): QueueDefaults {
  return {
    maxLength: config.subscriberCapacity || Number.POSITIVE_INFINITY,
    overflow: config.overflowPolicy,
    messageTtlMs: config.defaultTtlMs || Number.POSITIVE_INFINITY,
    maxBatch: config.maxBatch,
  };
}

function running(listener: AmqpListener, engine: QueueEngine, identity: Identity): AmqpBroker {
  return {
    ...{ port: listener.port, tlsPort: listener.tlsPort, engine, identity },
    statistics: () => listener.statistics(),
    stopListening: () => listener.close(),
    stop: () => engine.close(),
  };
}

async function applyDefinitions(
  config: BrokerConfig,
  identity: FileIdentity,
  engine: QueueEngine,
): Promise<void> {
  const { loadDefinitions: path } = config;
  if (path !== null) {
    const definitions = readDefinitions(path);
    for (const name of definitions.virtualHosts) await engine.createVirtualHost(name);
    await identity.apply(definitions);
  }
  for (const user of config.users) await identity.apply(userFromOption(user));
}

function readDefinitions(path: string): Definitions {
  const json = readFile(path, "load-definitions");
  try {
    return parseDefinitions(json);
  } catch (error) {
    throw new BrokerError("BAD_OPTION", `--load-definitions ${path}: ${(error as Error).message}`, error);
  }
}

function readTlsFiles(config: BrokerConfig): TlsFiles | null {
  const { tlsCert: cert, tlsKey: key, tlsCa: ca } = config;
  if (cert === null || key === null) return null;
  return {
    cert: readFile(cert, "tls-cert"),
    key: readFile(key, "tls-key"),
    ca: ca === null ? null : readFile(ca, "tls-ca"),
  };
}

function readFile(path: string, option: string): string {
  try {
    return fs.readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new BrokerError("BAD_OPTION", `--${option} ${path}: cannot be read (${code})`, error);
  }
}

function portOrNull(port: number | "off"): number | null {
  return port === "off" ? null : port;
}
