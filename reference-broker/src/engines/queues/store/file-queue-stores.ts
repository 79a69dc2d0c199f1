/** The stores of all durable queues of a shard, one directory each, side by side, and that of the bodies they share. */
import { join } from "node:path";
import { invariant } from "../../../base/invariant.ts";
import type { QueueStores } from "./contract.ts";
import { FileQueueStore, ORPHAN_SUFFIX } from "./file-queue-store.ts";
import { ReadBlocks } from "./read-blocks.ts";
import { SharedBodies } from "./shared-bodies.ts";
import { DELETED_SUFFIX, SpareFiles } from "./spare-files.ts";
import type { QueueStoreOptions } from "./store-options.ts";
import { WriteBuffers } from "./write-buffers.ts";

const PLAIN_NAME = /^[\w-][\w.-]*$/;

/** Directories that were stores: on their way out, or set aside. */
const AWAY = new RegExp(`\\${DELETED_SUFFIX}$|\\${ORPHAN_SUFFIX}$`);

/** The store of shared bodies; no queue's directory may have this name. */
const BODIES_NAME = "bodies";

export class FileQueueStores implements QueueStores {
  readonly #directory: string;
  readonly #options: QueueStoreOptions;
  readonly #buffers = new WriteBuffers();
  readonly #blocks = new ReadBlocks();
  readonly #spareFiles: SpareFiles;
  readonly #bodies: FileQueueStore;
  readonly #sharedBodies: SharedBodies;
  /** Opened at the start to see which bodies they refer to, until they are asked for. */
  readonly #found = new Map<string, FileQueueStore>();

  /**
   * Makes the directory, finishes deletions that a crash cut short, opens the stores that are there. Throws what the file
   * system throws.
   */
  constructor(directory: string, options: QueueStoreOptions) {
    const { fileSystem, report } = options;
    this.#directory = directory;
    this.#options = options;
    fileSystem.makeDirectory(directory);
    this.#spareFiles = new SpareFiles(fileSystem, directory, report);
    this.#bodies = this.#make(BODIES_NAME, null);
    this.#sharedBodies = new SharedBodies(this.#bodies);
    for (const name of this.list()) this.#found.set(name, this.#make(name, this.#sharedBodies));
    this.#sharedBodies.settleUnclaimed();
  }

  open(directoryName: string): FileQueueStore {
    const isPlain = PLAIN_NAME.test(directoryName) && !AWAY.test(directoryName);
    invariant(isPlain && directoryName !== BODIES_NAME, `${directoryName} is a plain name`);
    const found = this.#found.get(directoryName);
    this.#found.delete(directoryName);
    return found ?? this.#make(directoryName, this.#sharedBodies);
  }

  list(): string[] {
    const names = this.#options.fileSystem.list(this.#directory);
    return names.filter((name) => !AWAY.test(name) && name !== BODIES_NAME);
  }

  discard(directoryName: string, keepsMessages: boolean): string | null {
    const store = this.open(directoryName);
    if (keepsMessages && store.messageCount > 0) return store.setAside();
    store.remove();
    return null;
  }

  async close(): Promise<void> {
    try {
      for (const store of [...this.#found.values(), this.#bodies]) await store.close();
    } finally {
      this.#spareFiles.close();
    }
  }

  #make(name: string, sharedBodies: SharedBodies | null): FileQueueStore {
    const { fileSystem, commitGroup } = this.#options;
    const path = join(this.#directory, name);
    fileSystem.makeDirectory(path);
    if (commitGroup.durability === "fsync") fileSystem.syncDirectory(this.#directory);
    return new FileQueueStore(
      path,
      this.#buffers,
      this.#blocks,
      this.#spareFiles,
      sharedBodies,
      this.#options,
    );
  }
}
