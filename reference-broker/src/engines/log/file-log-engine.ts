/** The log engine on files: topics, their partitions, the turn's writes, retention. */
import { join } from "node:path";
import { addStatistics, countersOf } from "../../base/statistics.ts";
import type { StorageFaults } from "../../base/storage-faults.ts";
import { uniqueId } from "../../base/unique-id.ts";
import { BrokerError } from "../../errors.ts";
import type { FileSystem } from "../../mechanisms/file-system.ts";
import { EACH_TURN, type FlushBudget, FlushSchedule, flushAlarms } from "../../mechanisms/flush-schedule.ts";
import { TailCache } from "../../mechanisms/tail-cache.ts";
import type { LogEngine, Topic } from "./contract.ts";
import { LogPartition } from "./log-partition.ts";
import { MetadataStore, type StoredTopic } from "./metadata-store.ts";
import type { Durability, PartitionLog } from "./partition-log.ts";
import { expendableBy } from "./retention.ts";
import {
  LOG_STATISTICS,
  type LogStatistics,
  PARTITION_COUNTERS,
  PARTITION_STATISTICS,
  TOPIC_STATISTICS,
  type TopicStatistics,
} from "./statistics.ts";
import { resolveTopicConfig } from "./topic-config.ts";

export interface FileLogEngineOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly durability: Durability;
  /** Default: each turn. */
  readonly flushBudget?: FlushBudget;
  readonly tailCacheBytes: number;
  readonly retentionCheckIntervalMs: number;
  readonly producerIdExpirationMs: number;
  /** Overrides of Kafka's topic defaults for all topics, validated. */
  readonly topicDefaults: Readonly<Record<string, string>>;
  readonly clock: () => number;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

const PRODUCER_ID_BLOCK = 1000;
const DELETED_SUFFIX = ".deleted";

class FileTopic implements Topic {
  readonly name: string;
  readonly id: string;
  readonly overrides: Readonly<Record<string, string>>;
  readonly config: Topic["config"];
  partitions: readonly LogPartition[] = [];

  constructor(stored: StoredTopic, defaults: Readonly<Record<string, string>>) {
    this.name = stored.name;
    this.id = stored.id;
    this.overrides = stored.overrides;
    this.config = resolveTopicConfig({ ...defaults, ...stored.overrides });
  }

  statistics(): TopicStatistics {
    const sum = countersOf(TOPIC_STATISTICS);
    for (const partition of this.partitions) {
      addStatistics(PARTITION_STATISTICS, sum, partition.statistics());
    }
    return { ...sum, partitions: this.partitions.length };
  }
}

export class FileLogEngine implements LogEngine {
  readonly #options: FileLogEngineOptions;
  readonly #store: MetadataStore;
  readonly #tailCache: TailCache;
  readonly #topics = new Map<string, FileTopic>();
  readonly #topicsById = new Map<string, FileTopic>();
  readonly #dirty = new Set<PartitionLog>();
  /** What partitions counted whose topics are gone: counters of the engine never fall. */
  readonly #deletedCounters = countersOf(PARTITION_COUNTERS);
  readonly #schedule: FlushSchedule;
  readonly #retention: NodeJS.Timeout;
  readonly #backlogWaiters: (() => void)[] = [];
  #backlogBytes = 0;
  #wakeScheduled = false;
  #nextProducerId: number;
  #producerIdLimit: number;
  readonly clusterId: string;

  /** Opens all logs. Throws BrokerError for a damaged directory. */
  constructor(options: FileLogEngineOptions) {
    this.#options = options;
    this.#store = new MetadataStore(options.fileSystem, options.directory);
    this.#tailCache = new TailCache(options.tailCacheBytes);
    this.#schedule = new FlushSchedule({
      budget: options.flushBudget ?? EACH_TURN,
      defer: setImmediate,
      alarms: flushAlarms,
      flush: () => this.#flushDirty(),
    });
    const stored = this.#store.load();
    this.clusterId = stored?.clusterId ?? uniqueId().toString("base64url");
    this.#producerIdLimit = stored?.producerIdLimit ?? 0;
    this.#nextProducerId = this.#producerIdLimit;
    for (const topic of stored?.topics ?? []) this.#open(topic);
    if (stored === null) this.#save();
    this.#sweepDeleted();
    this.#retention = setInterval(() => this.enforceRetention(), options.retentionCheckIntervalMs).unref();
  }

  get topics(): ReadonlyMap<string, Topic> {
    return this.#topics;
  }

  topicById(id: string): Topic | undefined {
    return this.#topicsById.get(id);
  }

  async createTopic(
    name: string,
    partitions: number,
    overrides: Readonly<Record<string, string>>,
  ): Promise<Topic> {
    this.#setAside(name, partitions);
    const topic = this.#open({ name, id: uniqueId().toString("hex"), partitions, overrides });
    try {
      this.#save();
    } catch (error) {
      await this.#discard(topic);
      throw error;
    }
    return topic;
  }

  async deleteTopic(name: string): Promise<void> {
    const topic = this.#topics.get(name);
    if (topic === undefined) return;
    this.#forget(topic);
    try {
      this.#save();
    } catch (error) {
      this.#register(topic);
      throw error;
    }
    await this.#discard(topic);
  }

  async allocateProducerId(): Promise<number> {
    if (this.#nextProducerId === this.#producerIdLimit) {
      this.#save(this.#producerIdLimit + PRODUCER_ID_BLOCK);
      this.#producerIdLimit += PRODUCER_ID_BLOCK;
    }
    return this.#nextProducerId++;
  }

  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  whenBacklogFalls(resume: () => void): void {
    this.#backlogWaiters.push(resume);
  }

  statistics(): LogStatistics {
    const sum = countersOf(LOG_STATISTICS);
    addStatistics(PARTITION_COUNTERS, sum, this.#deletedCounters);
    for (const topic of this.#topics.values()) addStatistics(TOPIC_STATISTICS, sum, topic.statistics());
    const { bytes: tailCacheBytes } = this.#tailCache;
    return { ...sum, topics: this.#topics.size, backlogBytes: this.#backlogBytes, tailCacheBytes };
  }

  get storageFaults(): StorageFaults {
    let count = this.#deletedCounters.failedWrites;
    let lastError: string | null = null;
    for (const { partitions } of this.#topics.values()) {
      for (const { log } of partitions) {
        count += log.counters.failedWrites;
        lastError = log.lastError ?? lastError;
      }
    }
    return { count, lastError };
  }

  /** What cannot be closed in order is reported and left to the next start's recovery. */
  async close(): Promise<void> {
    clearInterval(this.#retention);
    for (const topic of this.#topics.values()) {
      for (const { index, log } of topic.partitions) {
        await log.close().catch((error: unknown) => {
          this.#options.report("close failed", { topic: topic.name, partition: index, error: String(error) });
        });
      }
    }
  }

  /** Throws STORAGE_FAILED when a partition's files cannot be used. */
  #open(stored: StoredTopic): FileTopic {
    const topic = new FileTopic(stored, this.#options.topicDefaults);
    const partitions: LogPartition[] = [];
    topic.partitions = partitions;
    try {
      for (let index = 0; index < stored.partitions; index++)
        partitions.push(this.#openPartition(topic, index));
    } catch (error) {
      for (const { log } of partitions) {
        log.detach();
        void log.dispose();
      }
      throw storageFailed(`topic ${stored.name} cannot be opened`, error);
    }
    this.#register(topic);
    return topic;
  }

  #openPartition(topic: FileTopic, index: number): LogPartition {
    const { fileSystem, durability, producerIdExpirationMs, clock, report } = this.#options;
    return new LogPartition(topic, index, {
      fileSystem,
      directory: this.#partitionDirectory(topic.name, index),
      config: topic.config,
      durability,
      tailCache: this.#tailCache,
      producerIdExpirationMs,
      clock,
      markDirty: this.#markDirty,
      countBacklog: this.#countBacklog,
      report,
    });
  }

  #register(topic: FileTopic): void {
    this.#topics.set(topic.name, topic);
    this.#topicsById.set(topic.id, topic);
  }

  #forget(topic: FileTopic): void {
    this.#topics.delete(topic.name);
    this.#topicsById.delete(topic.id);
  }

  /** The topic's files leave its name at once, so that it can be made anew, and the disk when nobody uses them. */
  async #discard(topic: FileTopic): Promise<void> {
    this.#forget(topic);
    for (const { log } of topic.partitions) {
      log.detach();
      addStatistics(PARTITION_COUNTERS, this.#deletedCounters, log.counters);
    }
    const paths = topic.partitions.map(({ index }) => this.#moveAway(topic, index));
    for (const { log } of topic.partitions) await log.dispose();
    for (const path of paths) if (path !== null) await this.#removeDirectory(path);
  }

  #moveAway(topic: FileTopic, index: number): string | null {
    const { fileSystem, directory, report } = this.#options;
    const path = join(directory, `${topic.id}-${index}${DELETED_SUFFIX}`);
    try {
      fileSystem.rename(this.#partitionDirectory(topic.name, index), path);
      return path;
    } catch (error) {
      report("deletion failed", { topic: topic.name, partition: index, error: String(error) });
      return null;
    }
  }

  /** A crash between a deletion and the move of its files leaves them under the name: they must not come back to life. */
  #setAside(name: string, partitions: number): void {
    const { fileSystem, directory, report } = this.#options;
    const present = new Set(fileSystem.list(directory));
    for (let index = 0; index < partitions; index++) {
      if (!present.has(`${name}-${index}`)) continue;
      const path = join(directory, `${uniqueId().toString("hex")}-${index}${DELETED_SUFFIX}`);
      report("leftover removed", { topic: name, partition: index });
      try {
        fileSystem.rename(this.#partitionDirectory(name, index), path);
      } catch (error) {
        throw storageFailed(`files of a former topic ${name} cannot be moved away`, error);
      }
      void this.#removeDirectory(path);
    }
  }

  async #removeDirectory(path: string): Promise<void> {
    await this.#options.fileSystem.removeDirectory(path).catch((error: unknown) => {
      this.#options.report("removal failed", { path, error: String(error) });
    });
  }

  /** Writes follow in the check phase: by then every socket that was readable in this turn has been read. */
  readonly #markDirty = (log: PartitionLog): void => {
    this.#dirty.add(log);
    this.#schedule.request();
  };

  readonly #countBacklog = (bytes: number): void => {
    this.#backlogBytes += bytes;
    if (bytes > 0) this.#schedule.gathered(bytes);
    if (bytes >= 0 || this.#backlogWaiters.length === 0 || this.#wakeScheduled) return;
    this.#wakeScheduled = true;
    setImmediate(this.#wakeBacklogWaiters);
  };

  readonly #wakeBacklogWaiters = (): void => {
    this.#wakeScheduled = false;
    for (const resume of this.#backlogWaiters.splice(0)) resume();
  };

  #flushDirty(): void {
    for (const log of this.#dirty) log.flush();
    this.#dirty.clear();
  }

  /** Removes what retention.ms and retention.bytes give up; done on a timer too. */
  enforceRetention(): void {
    for (const topic of this.#topics.values()) {
      const expendable = expendableBy(topic.config, this.#options.clock());
      for (const { index, log } of topic.partitions) {
        const where = { topic: topic.name, partition: index };
        try {
          const removed = log.deleteOldSegments(expendable);
          if (removed > 0) this.#options.report("retention", { ...where, removed });
        } catch (error) {
          this.#options.report("retention failed", { ...where, error: String(error) });
        }
      }
    }
  }

  #save(producerIdLimit = this.#producerIdLimit): void {
    try {
      this.#store.save({
        clusterId: this.clusterId,
        producerIdLimit,
        topics: [...this.#topics.values()].map(({ name, id, partitions, overrides }) => {
          return { name, id, partitions: partitions.length, overrides };
        }),
      });
    } catch (error) {
      throw storageFailed("metadata cannot be written", error);
    }
  }

  #partitionDirectory(topic: string, index: number): string {
    return join(this.#options.directory, `${topic}-${index}`);
  }

  /** Directories of topics whose deletion was cut short by a crash. */
  #sweepDeleted(): void {
    const { fileSystem, directory } = this.#options;
    for (const name of fileSystem.list(directory)) {
      if (name.endsWith(DELETED_SUFFIX)) void this.#removeDirectory(join(directory, name));
    }
  }
}

function storageFailed(what: string, cause: unknown): BrokerError {
  return new BrokerError(
    "STORAGE_FAILED",
    `${what} (${(cause as NodeJS.ErrnoException).code ?? cause})`,
    cause,
  );
}
