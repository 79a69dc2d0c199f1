/** Where transient messages go when memory is low. Nothing of it outlives the process. */
import { join } from "node:path";
import { CommitGroup } from "../../mechanisms/commit-group.ts";
import type { FileSystem } from "../../mechanisms/file-system.ts";
import type { QueueStore } from "./store/contract.ts";
import { FileQueueStores } from "./store/file-queue-stores.ts";
import type { DecodeMessage } from "./store/record-decoder.ts";

/** Followed by a number that no earlier process's directory has while it is being removed. */
const DIRECTORY_PREFIX = "pages-";

export interface PageFilesOptions {
  readonly fileSystem: FileSystem;
  /** Where it makes a directory of its own, when it is first needed. */
  readonly directory: string;
  readonly decodeMessage: DecodeMessage;
  readonly defer: (callback: () => void) => void;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

export class PageFiles {
  readonly #options: PageFilesOptions;
  readonly #path: string;
  /** Of its own: nobody who waits for a confirm waits for what is paged out. */
  readonly #commitGroup: CommitGroup;
  #stores: FileQueueStores | null = null;
  readonly #opened: QueueStore[] = [];
  #nextName = 0;

  /** Removes what an earlier process left. Throws what the file system throws. */
  constructor(options: PageFilesOptions) {
    const { fileSystem, directory, defer, report } = options;
    this.#options = options;
    this.#commitGroup = new CommitGroup({ durability: "os", defer, report });
    let number = 0;
    for (const name of fileSystem.list(directory)) {
      if (!name.startsWith(DIRECTORY_PREFIX)) continue;
      number = Math.max(number, Number(name.slice(DIRECTORY_PREFIX.length)) + 1);
      this.#remove(join(directory, name));
    }
    this.#path = join(directory, `${DIRECTORY_PREFIX}${number}`);
  }

  /** For one queue, which removes it. null: the disk refuses. */
  open(): QueueStore | null {
    const { fileSystem, decodeMessage, report } = this.#options;
    try {
      this.#stores ??= new FileQueueStores(this.#path, {
        ...{ fileSystem, decodeMessage, report },
        commitGroup: this.#commitGroup,
        isTemporary: true,
      });
      const store = this.#stores.open(String(this.#nextName++));
      this.#opened.push(store);
      return store;
    } catch (error) {
      report("paging failed", { path: this.#path, error: String(error) });
      return null;
    }
  }

  /** Calls back when what was paged out before is on disk, and no longer in memory. */
  whenWritten(written: () => void): void {
    this.#commitGroup.whenStored(written);
  }

  async close(): Promise<void> {
    if (this.#stores === null) return;
    for (const store of this.#opened) store.remove();
    await this.#commitGroup.drain();
    await this.#stores.close();
    await this.#options.fileSystem.removeDirectory(this.#path);
  }

  #remove(path: string): void {
    this.#options.fileSystem.removeDirectory(path).catch((error: unknown) => {
      this.#options.report("removal failed", { path, error: String(error) });
    });
  }
}
