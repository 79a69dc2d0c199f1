/** The composition root: builds the engine over the file system and puts the protocol in front of it. */
import { BufferPool } from "./base/buffer-pool.ts";
import { BufferWriter } from "./base/buffer-writer.ts";
import type { BrokerConfig } from "./config.ts";
import { FileLogEngine } from "./engines/log/file-log-engine.ts";
import { nodeFileSystem } from "./mechanisms/file-system.ts";
import { FrameBudget } from "./protocols/kafka/frame-parser.ts";
import { claimDataDirectory } from "./server/data-directory.ts";
import { listenKafka } from "./server/kafka-listener.ts";

export interface Broker {
  readonly host: string;
  readonly port: number;
  /** Refuses new work, finishes what is written, leaves a directory that starts without a scan. */
  stop(): Promise<void>;
}

const NODE_ID = 1;
/** Idle memory kept for large requests. */
const IDLE_FRAME_BYTES = 64 * 1024 * 1024;

export type Report = (event: string, fields: Record<string, unknown>) => void;

/** Throws BrokerError when the port or the data directory cannot be used. */
export async function startBroker(config: BrokerConfig, report: Report): Promise<Broker> {
  const claim = claimDataDirectory(config.dataDir);
  try {
    return await serve(config, report, claim.release);
  } catch (error) {
    claim.release();
    throw error;
  }
}

async function serve(config: BrokerConfig, report: Report, release: () => void): Promise<Broker> {
  const engine = new FileLogEngine({
    fileSystem: nodeFileSystem,
    directory: config.dataDir,
    durability: config.durability,
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
    report,
  })).catch(async (error) => {
    await engine.close();
    throw error;
  });
  return {
    host: config.host,
    port: listener.port,
    stop: async () => {
      await listener.close();
      await engine.close();
      release();
    },
  };
}
