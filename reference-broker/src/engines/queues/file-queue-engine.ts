/** The queue engine on files: virtual hosts, their definitions, the stores of durable queues, dead letters, the alarm. */
import { randomBytes } from "node:crypto";
import os from "node:os";
import { join } from "node:path";
import { addStatistics, countersOf } from "../../base/statistics.ts";
import type { StorageFaults } from "../../base/storage-faults.ts";
import { BrokerError } from "../../errors.ts";
import { CommitGroup, type Durability } from "../../mechanisms/commit-group.ts";
import type { FileSystem } from "../../mechanisms/file-system.ts";
import { EACH_TURN, type FlushBudget } from "../../mechanisms/flush-schedule.ts";
import type { Timers } from "../../mechanisms/timers.ts";
import { BodyCache } from "./body-cache.ts";
import type { Alarm, QueueDeclaration, QueueEngine, VirtualHost } from "./contract.ts";
import { DeadLetters } from "./dead-letters.ts";
import { DurableResources } from "./durable-resources.ts";
import { MemoryAlarm } from "./memory-alarm.ts";
import { restoreMessage } from "./message-edit.ts";
import { PageFiles } from "./page-files.ts";
import { PageOut } from "./page-out.ts";
import { checkQueueArguments, queueArgumentNames } from "./queue/arguments.ts";
import { createQueue } from "./queue/classic-queue.ts";
import type {
  CheckQueueArguments,
  CreateQueue,
  EngineQueue,
  QueueArgumentNames,
} from "./queue-environment.ts";
import { QueueContext } from "./queue-context.ts";
import {
  COUNTERS_OF_QUEUE,
  QUEUE_ENGINE_STATISTICS,
  QUEUE_STATISTICS,
  type QueueEngineStatistics,
} from "./statistics.ts";
import type { QueueStore } from "./store/contract.ts";
import { FileQueueStores } from "./store/file-queue-stores.ts";
import { BrokerVirtualHost, type QueueHost } from "./topology/virtual-host.ts";
import { Turns } from "./turns.ts";

export interface FileQueueEngineOptions {
  readonly fileSystem: FileSystem;
  /** Where the engine makes a directory of its own. */
  readonly directory: string;
  readonly durability: Durability;
  /** Default: each turn. */
  readonly flushBudget?: FlushBudget;
  readonly memoryBudgetBytes: number;
  /** Parts of the budget: above the first bodies are paged out, down to the second. Default: 0.9 and 0.8. */
  readonly pageAtFraction?: number;
  readonly pageToFraction?: number;
  /** What the process takes now, in bytes. */
  readonly readMemoryBytes: () => number;
  readonly timers: Timers;
  /** setImmediate. */
  readonly defer: (callback: () => void) => void;
  /** 22 characters of base64url that nobody can guess. */
  readonly randomName: () => string;
  readonly createQueue: CreateQueue;
  readonly checkQueueArguments: CheckQueueArguments;
  readonly queueArgumentNames: QueueArgumentNames;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/** What an engine needs to be told; the rest is what a broker uses unless something is put in front of it. */
export type QueueEngineSettings = Pick<
  FileQueueEngineOptions,
  "fileSystem" | "directory" | "durability" | "timers" | "report"
> &
  Partial<FileQueueEngineOptions>;

/** RabbitMQ's vm_memory_high_watermark.relative. */
const MEMORY_WATERMARK = 0.6;
const NAME_BYTES = 16;
/** Work of all queues together between two looks at the sockets. */
const TURN_MS = 0.5;
/** Longer ones, or a shorter rest, and the kernel takes the broker for one that hogs its core: live traffic waits its 3 ms. */
const SPARE_TURN_MS = 0.2;
const SPARE_REST_MS = 3;
/** More makes nothing faster: what is read back comes from the page cache, many messages at a time. */
const CACHE_BYTES = 8 * 1024 * 1024;

/** Opens what is there and recovers its queues. Rejects with what the file system throws. */
export function openQueueEngine(settings: QueueEngineSettings): Promise<FileQueueEngine> {
  return FileQueueEngine.open({
    memoryBudgetBytes: Math.floor(os.totalmem() * MEMORY_WATERMARK),
    readMemoryBytes: () => process.memoryUsage.rss(),
    defer: setImmediate,
    randomName: () => randomBytes(NAME_BYTES).toString("base64url"),
    createQueue,
    checkQueueArguments,
    queueArgumentNames,
    ...settings,
  });
}

const PAGE_AT = 0.9;
const PAGE_TO = 0.8;

const DEFAULT_VIRTUAL_HOST = "/";
const ENGINE_DIRECTORY = "queues";
const DEFINITIONS_FILE = "definitions.journal";
const STORES_DIRECTORY = "stores";

export class FileQueueEngine implements QueueEngine {
  readonly #options: FileQueueEngineOptions;
  readonly #commitGroup: CommitGroup;
  readonly #resources: DurableResources;
  readonly #deadLetters: DeadLetters;
  readonly #turns: Turns;
  readonly #spareTurns: Turns;
  readonly #pageFiles: PageFiles;
  readonly #pageOut: PageOut;
  readonly #cache = new BodyCache(CACHE_BYTES);
  readonly #alarm: MemoryAlarm;
  readonly #virtualHosts = new Map<string, BrokerVirtualHost>();
  /** What queues counted that are gone: counters of the engine never fall. */
  readonly #deletedCounters = countersOf(COUNTERS_OF_QUEUE);

  /** See openQueueEngine. */
  static async open(options: FileQueueEngineOptions): Promise<FileQueueEngine> {
    const engine = new FileQueueEngine(options);
    await engine.#recover();
    return engine;
  }

  private constructor(options: FileQueueEngineOptions) {
    const { fileSystem, durability, timers, defer, report } = options;
    const directory = join(options.directory, ENGINE_DIRECTORY);
    this.#options = options;
    fileSystem.makeDirectory(directory);
    this.#commitGroup = new CommitGroup({
      durability,
      defer,
      budget: options.flushBudget ?? EACH_TURN,
      report,
    });
    const shared = { fileSystem, commitGroup: this.#commitGroup, report };
    const stores = new FileQueueStores(join(directory, STORES_DIRECTORY), {
      ...shared,
      decodeMessage: restoreMessage,
    });
    this.#resources = new DurableResources({ ...shared, path: join(directory, DEFINITIONS_FILE) }, stores);
    this.#deadLetters = new DeadLetters({
      ...{ now: () => timers.now(), defer, report },
      resume: (queue) => this.#turns.request(queue),
      whenStored: (settled) => this.#commitGroup.whenStored(settled),
    });
    const now = () => timers.now();
    this.#turns = new Turns({ defer, now, turnMs: TURN_MS });
    const rest = (run: () => void) => void timers.schedule(now() + SPARE_REST_MS, { expired: run }, 0);
    this.#spareTurns = new Turns({ defer: rest, now, turnMs: SPARE_TURN_MS, goesOn: true });
    this.#pageFiles = new PageFiles({
      ...{ fileSystem, directory, defer, report },
      decodeMessage: restoreMessage,
    });
    this.#pageOut = new PageOut({
      queues: () => this.#queues(),
      whenWritten: (written) => this.#pageFiles.whenWritten(() => defer(written)),
    });
    this.#alarm = new MemoryAlarm({
      budgetBytes: options.memoryBudgetBytes,
      readMemoryBytes: options.readMemoryBytes,
      timers,
      pageAt: options.pageAtFraction ?? PAGE_AT,
      pageTo: options.pageToFraction ?? PAGE_TO,
      relieve: (bytes) => this.#pageOut.request(bytes),
      setPaging: (isPaging) => {
        this.#cache.isPaging = isPaging;
      },
      report,
    });
  }

  get virtualHosts(): ReadonlyMap<string, VirtualHost> {
    return this.#virtualHosts;
  }

  get alarm(): Alarm {
    return this.#alarm;
  }

  virtualHost(name: string): VirtualHost | undefined {
    return this.#virtualHosts.get(name);
  }

  async createVirtualHost(name: string): Promise<VirtualHost> {
    const virtualHost = this.#virtualHosts.get(name) ?? this.#addVirtualHost(name);
    await this.#stored();
    return virtualHost;
  }

  whenStored(settled: (stored: boolean) => void): void {
    this.#commitGroup.whenStored(settled);
  }

  statistics(): QueueEngineStatistics {
    const sum = countersOf(QUEUE_ENGINE_STATISTICS);
    addStatistics(COUNTERS_OF_QUEUE, sum, this.#deletedCounters);
    for (const virtualHost of this.#virtualHosts.values()) {
      sum.virtualHosts++;
      sum.exchanges += virtualHost.topology.exchanges.size;
    }
    for (const queue of this.#queues()) {
      sum.queues++;
      addStatistics(QUEUE_STATISTICS, sum, queue.statistics());
    }
    const memoryAlarm = this.#alarm.reason === null ? 0 : 1;
    const { turn, interval, bytes } = this.#commitGroup.causes;
    return {
      ...sum,
      deadLetterBacklog: this.#deadLetters.backlog,
      memoryAlarm,
      cachedBytes: this.#cache.usedBytes,
      cacheCapacityBytes: this.#cache.capacityBytes,
      isPaging: this.#cache.isPaging ? 1 : 0,
      commits: this.#commitGroup.commits,
      commitsByTurn: turn,
      commitsByInterval: interval,
      commitsByBytes: bytes,
      commitsBehindAnother: this.#commitGroup.commitsBehindAnother,
    };
  }

  get storageFaults(): StorageFaults {
    return this.#commitGroup.storageFaults;
  }

  async close(): Promise<void> {
    do {
      while (this.#deadLetters.backlog > 0) this.#deadLetters.turn();
      // Old copies of letters go when the new ones are stored, and meanwhile others may have died.
      await this.#commitGroup.drain();
    } while (this.#deadLetters.backlog > 0);
    this.#alarm.close();
    this.#pageOut.stop();
    for (const queue of this.#queues()) queue.close();
    await this.#commitGroup.drain();
    await this.#pageFiles.close();
    await this.#resources.close();
  }

  *#queues(): Iterable<EngineQueue> {
    for (const virtualHost of this.#virtualHosts.values()) yield* virtualHost.queues();
  }

  #addVirtualHost(name: string): BrokerVirtualHost {
    this.#resources.addVirtualHost(name);
    return this.#openVirtualHost(name);
  }

  #openVirtualHost(name: string): BrokerVirtualHost {
    const { checkQueueArguments, queueArgumentNames, randomName, defer } = this.#options;
    const virtualHost = new BrokerVirtualHost(name, {
      definitions: this.#resources.definitionsOf(name),
      makeQueue: (host, declaration) => this.#makeQueue(host, declaration),
      stored: () => this.#stored(),
      count: (bytes) => {
        this.#alarm.count(bytes);
        this.#commitGroup.gathered(bytes);
      },
      retire: (queue) => addStatistics(COUNTERS_OF_QUEUE, this.#deletedCounters, queue.statistics()),
      ...{ checkQueueArguments, queueArgumentNames, randomName, defer },
    });
    this.#virtualHosts.set(name, virtualHost);
    return virtualHost;
  }

  #makeQueue(host: QueueHost, declaration: QueueDeclaration): EngineQueue {
    const store = declaration.durable ? this.#resources.openStore(host.name, declaration.name) : null;
    return this.#options.createQueue(declaration, this.#contextOf(host, store));
  }

  #contextOf(host: QueueHost, store: QueueStore | null): QueueContext {
    const { timers, report } = this.#options;
    const cache = this.#cache;
    const turns = this.#turns;
    const spareTurns = this.#spareTurns;
    const openPages = () => this.#pageFiles.open();
    return new QueueContext({
      ...{ host, store, openPages, cache, timers, turns, spareTurns, report },
      deadLetters: this.#deadLetters,
    });
  }

  async #recover(): Promise<void> {
    this.#resources.restore((name) => this.#openVirtualHost(name));
    if (!this.#virtualHosts.has(DEFAULT_VIRTUAL_HOST)) this.#addVirtualHost(DEFAULT_VIRTUAL_HOST);
    for (const queue of this.#queues()) await queue.recover();
    await this.#stored();
  }

  #stored(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#commitGroup.whenStored((stored) => {
        if (stored) resolve();
        else reject(new BrokerError("STORAGE_FAILED", "the change could not be stored"));
      });
    });
  }
}
