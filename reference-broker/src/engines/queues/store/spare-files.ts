/**
 * Files of drained segments, used again for new ones. Giving a file of 16 MiB back to the system holds the thread up for
 * milliseconds, and taking it again costs pages anew; here the new messages overwrite the old. What is left of those is
 * told apart by the segment's stamp, which is in its name and in the CRC of each of its records. Stamps begin anew with each process,
 * so files that hold anything of an earlier one are not given here.
 */
import { join } from "node:path";
import type { FileSystem, StorageFile } from "../../../mechanisms/file-system.ts";

/** Files and directories on their way out; a crash may leave some. */
export const DELETED_SUFFIX = ".deleted";
const MAX_SPARES = 4;

interface Spare {
  readonly path: string;
  readonly file: StorageFile;
}

export class SpareFiles {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #report: (event: string, fields: Record<string, unknown>) => void;
  readonly #spares: Spare[] = [];
  #nextName = 0;
  #lastStamp = 0;

  /** Keeps spares in `directory`, and removes what an earlier process left on its way out. */
  constructor(
    fileSystem: FileSystem,
    directory: string,
    report: (event: string, fields: Record<string, unknown>) => void,
  ) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#report = report;
    for (const name of fileSystem.list(directory)) {
      if (!name.endsWith(DELETED_SUFFIX)) continue;
      this.#nextName = Math.max(this.#nextName, Number.parseInt(name, 10) + 1);
      this.#remove(join(directory, name));
    }
  }

  /** A number that no other segment of this process has. */
  nextStamp(): number {
    return ++this.#lastStamp;
  }

  /** A file under this name with contents of its former life, or null: make one. */
  take(path: string): StorageFile | null {
    const spare = this.#spares.pop();
    if (spare === undefined) return null;
    try {
      this.#fileSystem.rename(spare.path, path);
    } catch (error) {
      spare.file.close();
      throw error;
    }
    return spare.file;
  }

  /** Takes over a file that this process made, is open and that nobody uses. It has left its name when this returns. */
  give(path: string, file: StorageFile): void {
    if (this.#spares.length === MAX_SPARES) {
      file.close();
      this.discard(path);
      return;
    }
    const spare = { path: this.#newPath(), file };
    try {
      this.#fileSystem.rename(path, spare.path);
    } catch (error) {
      file.close();
      throw error;
    }
    this.#spares.push(spare);
  }

  /** A file or a directory leaves its name now and the disk a little later, without holding the thread up. */
  discard(path: string): void {
    const away = this.#newPath();
    this.#fileSystem.rename(path, away);
    this.#remove(away);
  }

  /** The spares are no longer kept. */
  close(): void {
    for (const { path, file } of this.#spares.splice(0)) {
      file.close();
      this.#remove(path);
    }
  }

  #newPath(): string {
    return join(this.#directory, `${this.#nextName++}${DELETED_SUFFIX}`);
  }

  #remove(path: string): void {
    this.#fileSystem.removeDirectory(path).catch((error: unknown) => {
      this.#report("removal failed", { path, error: String(error) });
    });
  }
}
