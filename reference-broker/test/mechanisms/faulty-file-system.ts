/** The real file system with faults put in front of it, as a full or failing disk shows them. */
import { type FileSystem, nodeFileSystem, type StorageFile } from "../../src/mechanisms/file-system.ts";

export interface Faults {
  /** Bytes that still get into files before writes fail with ENOSPC; null: no limit. */
  roomBytes: number | null;
  /** Asynchronous and synchronous syncs fail with EIO. */
  syncFails: boolean;
  /** Cutting a file fails. */
  truncateFails: boolean;
  /** Reading a file fails. */
  readFails: boolean;
  /** Paths that cannot be opened or replaced. */
  refused: RegExp | null;
  /** Renames fail. */
  renameFails: boolean;
  /** Asynchronous writes wait for this. */
  writeGate: Promise<void> | null;
}

export const NO_FAULTS: Faults = {
  roomBytes: null,
  syncFails: false,
  truncateFails: false,
  readFails: false,
  refused: null,
  renameFails: false,
  writeGate: null,
};

function storageError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

class FaultyFile implements StorageFile {
  readonly #file: StorageFile;
  readonly #faults: Faults;
  isClosed = false;
  syncs = 0;
  readBytes = 0;

  constructor(file: StorageFile, faults: Faults) {
    this.#file = file;
    this.#faults = faults;
  }

  writeSync(data: Buffer, position: number): void {
    this.#assertOpen();
    const room = this.#faults.roomBytes ?? data.length;
    this.#file.writeSync(data.subarray(0, room), position);
    if (this.#faults.roomBytes !== null) this.#faults.roomBytes = Math.max(0, room - data.length);
    if (room < data.length) throw storageError("ENOSPC");
  }

  async write(data: readonly Buffer[], position: number): Promise<void> {
    if (this.#faults.writeGate !== null) await this.#faults.writeGate;
    this.writeSync(Buffer.concat(data), position);
  }

  async read(target: Buffer, position: number): Promise<number> {
    await Promise.resolve();
    return this.readSync(target, position);
  }

  readSync(target: Buffer, position: number): number {
    this.#assertOpen();
    if (this.#faults.readFails) throw storageError("EIO");
    const bytes = this.#file.readSync(target, position);
    this.readBytes += bytes;
    return bytes;
  }

  size(): number {
    return this.#file.size();
  }

  truncateSync(bytes: number): void {
    this.#assertOpen();
    if (this.#faults.truncateFails) throw storageError("EIO");
    this.#file.truncateSync(bytes);
  }

  async sync(): Promise<void> {
    this.syncSync();
  }

  /** Not passed on: these tests end processes, not machines, and a real sync costs milliseconds. */
  syncSync(): void {
    this.#assertOpen();
    this.syncs++;
    if (this.#faults.syncFails) throw storageError("EIO");
  }

  close(): void {
    this.#assertOpen();
    this.isClosed = true;
    this.#file.close();
  }

  /** A closed descriptor's number may be another file by now, so that using it must never happen. */
  #assertOpen(): void {
    if (this.isClosed) throw new Error("file used after close");
  }
}

export interface FaultyFileSystem extends FileSystem {
  readonly faults: Faults;
  openFiles(): number;
  /** Syncs asked for, of all files. */
  readonly syncs: number;
  /** Read from open files. */
  readonly readBytes: number;
}

export function faultyFileSystem(): FaultyFileSystem {
  const faults: Faults = { ...NO_FAULTS };
  const files: FaultyFile[] = [];
  const refuse = (path: string) => {
    if (faults.refused?.test(path)) throw storageError("EMFILE");
  };
  return {
    ...nodeFileSystem,
    faults,
    get syncs() {
      return files.reduce((sum, file) => sum + file.syncs, 0);
    },
    get readBytes() {
      return files.reduce((sum, file) => sum + file.readBytes, 0);
    },
    openFiles: () => files.filter((file) => !file.isClosed).length,
    open(path) {
      refuse(path);
      const file = new FaultyFile(nodeFileSystem.open(path), faults);
      files.push(file);
      return file;
    },
    replaceFile(path, content) {
      refuse(path);
      const file = nodeFileSystem.open(path);
      file.truncateSync(0);
      file.writeSync(content, 0);
      file.close();
    },
    rename(from, to) {
      if (faults.renameFails) throw storageError("EIO");
      nodeFileSystem.rename(from, to);
    },
    syncDirectory() {},
  };
}
