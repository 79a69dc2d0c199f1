/**
 * The only way to the disk. Storage takes this interface as a parameter, so that faults can be put in front of it.
 * Positions and sizes are bytes. Writes are complete or throw: a short write is continued until the kernel refuses.
 */
import fs from "node:fs";
import { promisify } from "node:util";

export interface StorageFile {
  writeSync(data: Buffer, position: number): void;
  write(data: readonly Buffer[], position: number): Promise<void>;
  /** Bytes read, less than target.length only at the end of the file. */
  read(target: Buffer, position: number): Promise<number>;
  readSync(target: Buffer, position: number): number;
  size(): number;
  truncateSync(bytes: number): void;
  /** fdatasync: what was written before survives a power loss when this resolves. */
  sync(): Promise<void>;
  syncSync(): void;
  close(): void;
}

export interface FileSystem {
  /** Opens for reading and writing, creating the file when it is missing. */
  open(path: string): StorageFile;
  readFile(path: string): Buffer | null;
  /** Replaces the file as a whole: either the old or the new content is found after a crash. */
  replaceFile(path: string, content: Buffer): void;
  list(directory: string): string[];
  makeDirectory(path: string): void;
  rename(from: string, to: string): void;
  removeFile(path: string): void;
  removeDirectory(path: string): Promise<void>;
  syncDirectory(path: string): void;
}

const writeAsync = promisify(fs.write);
const readAsync = promisify(fs.read);
const writevAsync = promisify(fs.writev);
const fdatasyncAsync = promisify(fs.fdatasync);

function writeAllSync(fd: number, data: Buffer, position: number): void {
  for (let done = 0; done < data.length; ) {
    done += fs.writeSync(fd, data, done, data.length - done, position + done);
  }
}

class NodeFile implements StorageFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  writeSync(data: Buffer, position: number): void {
    writeAllSync(this.#fd, data, position);
  }

  async write(data: readonly Buffer[], position: number): Promise<void> {
    const total = data.reduce((sum, buffer) => sum + buffer.length, 0);
    const { bytesWritten } =
      data.length === 1
        ? await writeAsync(this.#fd, data[0]!, 0, total, position)
        : await writevAsync(this.#fd, data as Buffer[], position);
    if (bytesWritten < total)
      this.writeSync(Buffer.concat(data).subarray(bytesWritten), position + bytesWritten);
  }

  async read(target: Buffer, position: number): Promise<number> {
    let done = 0;
    while (done < target.length) {
      const { bytesRead } = await readAsync(this.#fd, target, done, target.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  readSync(target: Buffer, position: number): number {
    let done = 0;
    while (done < target.length) {
      const bytesRead = fs.readSync(this.#fd, target, done, target.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  size(): number {
    return fs.fstatSync(this.#fd).size;
  }

  /** One that is that long already is left alone: ext4 writes a file that was cut to nothing to disk as it is closed. */
  truncateSync(bytes: number): void {
    if (this.size() !== bytes) fs.ftruncateSync(this.#fd, bytes);
  }

  sync(): Promise<void> {
    return fdatasyncAsync(this.#fd);
  }

  syncSync(): void {
    fs.fdatasyncSync(this.#fd);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

export const nodeFileSystem: FileSystem = {
  open(path) {
    return new NodeFile(fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644));
  },
  readFile(path) {
    try {
      return fs.readFileSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  },
  replaceFile(path, content) {
    const temporary = `${path}.new`;
    const fd = fs.openSync(temporary, "w", 0o644);
    try {
      writeAllSync(fd, content, 0);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, path);
  },
  list(directory) {
    return fs.readdirSync(directory).sort();
  },
  makeDirectory(path) {
    fs.mkdirSync(path, { recursive: true });
  },
  rename(from, to) {
    fs.renameSync(from, to);
  },
  /** Not rmSync: it tells a read-only file system as UNKNOWN. */
  removeFile(path) {
    try {
      fs.unlinkSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  },
  removeDirectory(path) {
    return fs.promises.rm(path, { recursive: true, force: true });
  },
  syncDirectory(path) {
    const fd = fs.openSync(path, "r");
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  },
};
