/** A file system that counts what is written, synced and read, times it, and tells what was slow. */
import { counter, type Counters, countersOf } from "../base/statistics.ts";
import type { FileSystem, StorageFile } from "./file-system.ts";
import type { SlowOperations } from "./slow-operations.ts";

export const STORAGE_STATISTICS = {
  writes: counter("writes to files"),
  writtenBytes: counter("bytes written to files", "bytes"),
  writeSeconds: counter("time in writes to files, those in other threads included", "seconds"),
  syncs: counter("syncs of files"),
  syncSeconds: counter("time in syncs of files", "seconds"),
  reads: counter("reads of files"),
  readBytes: counter("bytes read from files", "bytes"),
  readSeconds: counter("time in reads of files", "seconds"),
  slowOperations: counter("reads, writes and syncs that took longer than slow-operation-ms"),
} as const;

export type StorageCounters = Counters<typeof STORAGE_STATISTICS>;

const MILLISECONDS = 1000;

export class MeasuredFileSystem implements FileSystem {
  readonly counters: StorageCounters = countersOf(STORAGE_STATISTICS);
  readonly #files: FileSystem;
  readonly #slow: SlowOperations;

  constructor(files: FileSystem, slow: SlowOperations) {
    this.#files = files;
    this.#slow = slow;
  }

  open(path: string): StorageFile {
    return new MeasuredFile(this.#files.open(path), path, this.counters, this.#slow);
  }

  readFile(path: string): Buffer | null {
    return this.#files.readFile(path);
  }

  replaceFile(path: string, content: Buffer): void {
    this.#files.replaceFile(path, content);
  }

  list(directory: string): string[] {
    return this.#files.list(directory);
  }

  makeDirectory(path: string): void {
    this.#files.makeDirectory(path);
  }

  rename(from: string, to: string): void {
    this.#files.rename(from, to);
  }

  removeFile(path: string): void {
    this.#files.removeFile(path);
  }

  removeDirectory(path: string): Promise<void> {
    return this.#files.removeDirectory(path);
  }

  syncDirectory(path: string): void {
    this.#files.syncDirectory(path);
  }
}

class MeasuredFile implements StorageFile {
  readonly #file: StorageFile;
  readonly #path: string;
  readonly #counters: StorageCounters;
  readonly #slow: SlowOperations;

  constructor(file: StorageFile, path: string, counters: StorageCounters, slow: SlowOperations) {
    this.#file = file;
    this.#path = path;
    this.#counters = counters;
    this.#slow = slow;
  }

  writeSync(data: Buffer, position: number): void {
    const startedMs = this.#slow.nowMs();
    this.#file.writeSync(data, position);
    this.#wrote(startedMs, data.length);
  }

  async write(data: readonly Buffer[], position: number): Promise<void> {
    const startedMs = this.#slow.nowMs();
    await this.#file.write(data, position);
    let bytes = 0;
    for (const buffer of data) bytes += buffer.length;
    this.#wrote(startedMs, bytes);
  }

  async read(target: Buffer, position: number): Promise<number> {
    const startedMs = this.#slow.nowMs();
    const bytes = await this.#file.read(target, position);
    this.#hasRead(startedMs, bytes);
    return bytes;
  }

  readSync(target: Buffer, position: number): number {
    const startedMs = this.#slow.nowMs();
    const bytes = this.#file.readSync(target, position);
    this.#hasRead(startedMs, bytes);
    return bytes;
  }

  size(): number {
    return this.#file.size();
  }

  truncateSync(bytes: number): void {
    this.#file.truncateSync(bytes);
  }

  async sync(): Promise<void> {
    const startedMs = this.#slow.nowMs();
    await this.#file.sync();
    this.#synced(startedMs);
  }

  syncSync(): void {
    const startedMs = this.#slow.nowMs();
    this.#file.syncSync();
    this.#synced(startedMs);
  }

  close(): void {
    this.#file.close();
  }

  #wrote(startedMs: number, bytes: number): void {
    this.#counters.writes++;
    this.#counters.writtenBytes += bytes;
    this.#counters.writeSeconds += this.#time("write", startedMs, bytes) / MILLISECONDS;
  }

  #hasRead(startedMs: number, bytes: number): void {
    this.#counters.reads++;
    this.#counters.readBytes += bytes;
    this.#counters.readSeconds += this.#time("read", startedMs, bytes) / MILLISECONDS;
  }

  #synced(startedMs: number): void {
    this.#counters.syncs++;
    this.#counters.syncSeconds += this.#time("sync", startedMs, 0) / MILLISECONDS;
  }

  #time(operation: string, startedMs: number, bytes: number): number {
    const tookMs = this.#slow.nowMs() - startedMs;
    if (tookMs > this.#slow.limitMs) {
      this.#counters.slowOperations++;
      this.#slow.tell(operation, tookMs, { path: this.#path, bytes });
    }
    return tookMs;
  }
}
