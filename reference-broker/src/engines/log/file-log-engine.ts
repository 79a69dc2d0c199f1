/** The log engine on files: topics, their partitions, the turn's writes, retention. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { FileSystem } from "../../mechanisms/file-system.ts";
import { TailCache } from "../../mechanisms/tail-cache.ts";
import type { LogEngine, Topic } from "./contract.ts";
import { LogPartition } from "./log-partition.ts";
import { MetadataStore, type StoredTopic } from "./metadata-store.ts";
import type { Durability, PartitionLog } from "./partition-log.ts";
import { expendableBy } from "./retention.ts";
import { resolveTopicConfig } from "./topic-config.ts";

export interface FileLogEngineOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly durability: Durability;
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
}

export class FileLogEngine implements LogEngine {
  readonly #options: FileLogEngineOptions;
  readonly #store: MetadataStore;
  readonly #tailCache: TailCache;
  readonly #topics = new Map<string, FileTopic>();
  readonly #topicsById = new Map<string, FileTopic>();
  readonly #dirty = new Set<PartitionLog>();
  readonly #retention: NodeJS.Timeout;
  readonly #backlogWaiters: (() => void)[] = [];
  #backlogBytes = 0;
  #flushScheduled = false;
  #nextProducerId: number;
  #producerIdLimit: number;
  readonly clusterId: string;

  /** Opens all logs. Throws BrokerError for a damaged directory. */
  constructor(options: FileLogEngineOptions) {
    this.#options = options;
    this.#store = new MetadataStore(options.fileSystem, options.directory);
    this.#tailCache = new TailCache(options.tailCacheBytes);
    const stored = this.#store.load();
    this.clusterId = stored?.clusterId ?? randomBytes(16).toString("base64url");
    this.#producerIdLimit = stored?.producerIdLimit ?? 0;
    this.#nextProducerId = this.#producerIdLimit;
    for (const topic of stored?.topics ?? []) this.#open(topic);
    if (stored === null) this.#save();
    this.#sweepDeleted();
    this.#retention = setInterval(
      () => void this.#enforceRetention(),
      options.retentionCheckIntervalMs,
    ).unref();
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
    const topic = this.#open({ name, id: randomBytes(16).toString("hex"), partitions, overrides });
    this.#save();
    return topic;
  }

  async deleteTopic(name: string): Promise<void> {
    const topic = this.#topics.get(name);
    if (topic === undefined) return;
    this.#topics.delete(name);
    this.#topicsById.delete(topic.id);
    this.#save();
    const { fileSystem, directory } = this.#options;
    const doomed = topic.partitions.map(({ index, log }) => {
      log.detach();
      const path = join(directory, `${topic.id}-${index}${DELETED_SUFFIX}`);
      fileSystem.rename(this.#partitionDirectory(name, index), path);
      return { log, path };
    });
    for (const { log, path } of doomed) {
      await log.dispose();
      await fileSystem.removeDirectory(path);
    }
  }

  async allocateProducerId(): Promise<number> {
    if (this.#nextProducerId === this.#producerIdLimit) {
      this.#producerIdLimit += PRODUCER_ID_BLOCK;
      this.#save();
    }
    return this.#nextProducerId++;
  }

  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  whenBacklogFalls(resume: () => void): void {
    this.#backlogWaiters.push(resume);
  }

  async close(): Promise<void> {
    clearInterval(this.#retention);
    for (const topic of this.#topics.values()) {
      for (const partition of topic.partitions) await partition.log.close();
    }
  }

  #open(stored: StoredTopic): FileTopic {
    const topic = new FileTopic(stored, this.#options.topicDefaults);
    const { fileSystem, durability, producerIdExpirationMs, clock, report } = this.#options;
    topic.partitions = Array.from({ length: stored.partitions }, (_, index) => {
      return new LogPartition(topic, index, {
        fileSystem,
        directory: this.#partitionDirectory(stored.name, index),
        config: topic.config,
        durability,
        tailCache: this.#tailCache,
        producerIdExpirationMs,
        clock,
        markDirty: this.#markDirty,
        countBacklog: this.#countBacklog,
        report,
      });
    });
    this.#topics.set(topic.name, topic);
    this.#topicsById.set(topic.id, topic);
    return topic;
  }

  /** Writes follow in the check phase: by then every socket that was readable in this turn has been read. */
  readonly #markDirty = (log: PartitionLog): void => {
    this.#dirty.add(log);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flushDirty);
  };

  readonly #countBacklog = (bytes: number): void => {
    this.#backlogBytes += bytes;
    if (bytes < 0 && this.#backlogWaiters.length > 0) setImmediate(this.#wakeBacklogWaiters);
  };

  readonly #wakeBacklogWaiters = (): void => {
    for (const resume of this.#backlogWaiters.splice(0)) resume();
  };

  readonly #flushDirty = (): void => {
    this.#flushScheduled = false;
    for (const log of this.#dirty) log.flush();
    this.#dirty.clear();
  };

  async #enforceRetention(): Promise<void> {
    for (const topic of this.#topics.values()) {
      const expendable = expendableBy(topic.config, this.#options.clock());
      for (const { index, log } of topic.partitions) {
        const removed = await log.deleteOldSegments(expendable);
        if (removed > 0) this.#options.report("retention", { topic: topic.name, partition: index, removed });
      }
    }
  }

  #save(): void {
    this.#store.save({
      clusterId: this.clusterId,
      producerIdLimit: this.#producerIdLimit,
      topics: [...this.#topics.values()].map(({ name, id, partitions, overrides }) => {
        return { name, id, partitions: partitions.length, overrides };
      }),
    });
  }

  #partitionDirectory(topic: string, index: number): string {
    return join(this.#options.directory, `${topic}-${index}`);
  }

  /** Directories of topics whose deletion was cut short by a crash. */
  #sweepDeleted(): void {
    const { fileSystem, directory } = this.#options;
    for (const name of fileSystem.list(directory)) {
      if (name.endsWith(DELETED_SUFFIX)) void fileSystem.removeDirectory(join(directory, name));
    }
  }
}
