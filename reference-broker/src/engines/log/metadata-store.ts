/** What the engine knows besides the logs, in one small file that is replaced as a whole: topics and ids given out. */
import { join } from "node:path";
import { BrokerError } from "../../errors.ts";
import type { FileSystem } from "../../mechanisms/file-system.ts";
import { decodeChecked, encodeChecked } from "../../mechanisms/segment.ts";

export interface StoredTopic {
  readonly name: string;
  readonly id: string;
  readonly partitions: number;
  readonly overrides: Readonly<Record<string, string>>;
}

export interface StoredMetadata {
  readonly clusterId: string;
  /** Every producer id below this may have been given out. */
  readonly producerIdLimit: number;
  readonly topics: readonly StoredTopic[];
}

const FILE_NAME = "metadata.json";

export class MetadataStore {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
  }

  /** null in a new directory. Throws DATA_DIRECTORY_CORRUPT rather than start with topics missing. */
  load(): StoredMetadata | null {
    const path = join(this.#directory, FILE_NAME);
    const content = this.#fileSystem.readFile(path);
    if (content === null) return null;
    const metadata = decodeChecked<StoredMetadata>(content);
    if (metadata !== null) return metadata;
    throw new BrokerError(
      "DATA_DIRECTORY_CORRUPT",
      `${path} is damaged: restore it from a copy, or start with another --data-dir`,
    );
  }

  save(metadata: StoredMetadata): void {
    this.#fileSystem.replaceFile(join(this.#directory, FILE_NAME), encodeChecked(metadata));
    this.#fileSystem.syncDirectory(this.#directory);
  }
}
