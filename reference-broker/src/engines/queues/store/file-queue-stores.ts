/** The stores of all durable queues of a shard: one directory each, side by side. */
import { join } from "node:path";
import { allocateUnpooled } from "../../../base/allocate.ts";
import { invariant } from "../../../base/invariant.ts";
import type { QueueStore, QueueStores } from "./contract.ts";
import { ASYNC_WRITE_BYTES, FileQueueStore } from "./file-queue-store.ts";
import { recordBuffer } from "./record.ts";
import { DELETED_SUFFIX, SpareFiles } from "./spare-files.ts";
import type { QueueStoreOptions } from "./store-options.ts";

const PLAIN_NAME = /^[\w-][\w.-]*$/;

export class FileQueueStores implements QueueStores {
  readonly #directory: string;
  readonly #options: QueueStoreOptions;
  readonly #scratch = recordBuffer(allocateUnpooled(ASYNC_WRITE_BYTES));
  readonly #spareFiles: SpareFiles;

  /** Makes the directory, and finishes deletions that a crash cut short. Throws what the file system throws. */
  constructor(directory: string, options: QueueStoreOptions) {
    const { fileSystem, report } = options;
    this.#directory = directory;
    this.#options = options;
    fileSystem.makeDirectory(directory);
    this.#spareFiles = new SpareFiles(fileSystem, directory, report);
  }

  open(directoryName: string): QueueStore {
    const isOurs = PLAIN_NAME.test(directoryName) && !directoryName.endsWith(DELETED_SUFFIX);
    invariant(isOurs, `${directoryName} is a plain name`);
    const { fileSystem, commitGroup } = this.#options;
    const path = join(this.#directory, directoryName);
    fileSystem.makeDirectory(path);
    if (commitGroup.durability === "fsync") fileSystem.syncDirectory(this.#directory);
    return new FileQueueStore(path, this.#scratch, this.#spareFiles, this.#options);
  }

  list(): string[] {
    return this.#options.fileSystem.list(this.#directory).filter((name) => !name.endsWith(DELETED_SUFFIX));
  }

  /** After all stores are closed. */
  close(): void {
    this.#spareFiles.close();
  }
}
