/** The stores of all durable queues of a shard: one directory each, side by side. */
import { join } from "node:path";
import { allocateUnpooled } from "../../../base/allocate.ts";
import { invariant } from "../../../base/invariant.ts";
import type { QueueStore, QueueStores } from "./contract.ts";
import { ASYNC_WRITE_BYTES, FileQueueStore } from "./file-queue-store.ts";
import { recordBuffer } from "./record.ts";
import type { QueueStoreOptions } from "./store-options.ts";

/** Directories on their way out; a crash may leave some. */
const DELETED_SUFFIX = ".deleted";
const PLAIN_NAME = /^[\w-][\w.-]*$/;

export class FileQueueStores implements QueueStores {
  readonly #directory: string;
  readonly #options: QueueStoreOptions;
  readonly #scratch = recordBuffer(allocateUnpooled(ASYNC_WRITE_BYTES));
  #removals = 0;

  /** Makes the directory, and finishes deletions that a crash cut short. Throws what the file system throws. */
  constructor(directory: string, options: QueueStoreOptions) {
    this.#directory = directory;
    this.#options = options;
    options.fileSystem.makeDirectory(directory);
    for (const name of options.fileSystem.list(directory)) {
      if (!name.endsWith(DELETED_SUFFIX)) continue;
      const removal = Number(name.split(".").at(-2));
      if (removal >= this.#removals) this.#removals = removal + 1;
      this.#removeDirectory(join(directory, name));
    }
  }

  open(directoryName: string): QueueStore {
    const isOurs = PLAIN_NAME.test(directoryName) && !directoryName.endsWith(DELETED_SUFFIX);
    invariant(isOurs, `${directoryName} is a plain name`);
    const { fileSystem, commitGroup } = this.#options;
    const path = join(this.#directory, directoryName);
    fileSystem.makeDirectory(path);
    if (commitGroup.durability === "fsync") fileSystem.syncDirectory(this.#directory);
    return new FileQueueStore(path, this.#scratch, () => this.#discard(path), this.#options);
  }

  list(): string[] {
    return this.#options.fileSystem.list(this.#directory).filter((name) => !name.endsWith(DELETED_SUFFIX));
  }

  /** The name is free at once, so that a queue declared anew cannot meet old files. */
  #discard(path: string): void {
    const away = `${path}.${this.#removals++}${DELETED_SUFFIX}`;
    try {
      this.#options.fileSystem.rename(path, away);
    } catch (error) {
      this.#options.report("removal failed", { path, error: String(error) });
      return;
    }
    this.#removeDirectory(away);
  }

  #removeDirectory(path: string): void {
    this.#options.fileSystem.removeDirectory(path).catch((error: unknown) => {
      this.#options.report("removal failed", { path, error: String(error) });
    });
  }
}
