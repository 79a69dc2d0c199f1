import { join } from "node:path";
import type { FileSystem } from "../../mechanisms/file-system.ts";
import { decodeChecked, encodeChecked, segmentFileName } from "../../mechanisms/segment.ts";
import type { ProducerSnapshot, ProducerState } from "./producer-state.ts";

const SUFFIX = ".snapshot";
const KEPT = 2;

/** Snapshot files of one partition, named by the log end they were taken at, as Kafka names them. */
export class ProducerSnapshots {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
  }

  save(state: ProducerState, offset: number): void {
    const path = join(this.#directory, segmentFileName(offset, SUFFIX));
    this.#fileSystem.replaceFile(path, encodeChecked(state.snapshot(offset)));
    for (const stale of this.#names().slice(0, -KEPT))
      this.#fileSystem.removeFile(join(this.#directory, stale));
  }

  /** The newest intact snapshot taken at or before `offset`. */
  newest(offset: number): ProducerSnapshot | null {
    for (const name of this.#names().reverse()) {
      if (Number.parseInt(name, 10) > offset) continue;
      const snapshot = decodeChecked<ProducerSnapshot>(
        this.#fileSystem.readFile(join(this.#directory, name)),
      );
      if (snapshot !== null) return snapshot;
    }
    return null;
  }

  /** A snapshot from beyond the log's end describes batches that are lost; other batches may take their offsets. */
  removeBehind(offset: number): void {
    for (const name of this.#names()) {
      if (Number.parseInt(name, 10) > offset) this.#fileSystem.removeFile(join(this.#directory, name));
    }
  }

  #names(): string[] {
    return this.#fileSystem.list(this.#directory).filter((name) => name.endsWith(SUFFIX));
  }
}
