/**
 * A file system in memory that keeps what was done to it, so that the state after any operation, in the middle of any
 * write or after a power loss can be looked at; with faults as a full or failing disk shows them.
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import type { FileSystem, StorageFile } from "../../../../src/mechanisms/file-system.ts";

export type Operation =
  | { readonly kind: "create"; readonly path: string; readonly inode: number }
  | { readonly kind: "write"; readonly inode: number; readonly position: number; readonly data: Buffer }
  | { readonly kind: "truncate"; readonly inode: number; readonly bytes: number }
  | { readonly kind: "sync"; readonly inode: number }
  | { readonly kind: "rename"; readonly from: string; readonly to: string }
  | { readonly kind: "remove"; readonly path: string };

export interface MemoryFaults {
  /** Bytes that still get into files before writes fail with ENOSPC; null: no limit. */
  roomBytes: number | null;
  syncFails: boolean;
  truncateFails: boolean;
  /** So many reads of open files fail with EIO. */
  readsToFail: number;
  /** Reads of any of these bytes of an open file fail with EIO; null: none. */
  badSector: { readonly position: number; readonly bytes: number } | null;
  /** Paths that cannot be opened for the first time. */
  refused: RegExp | null;
}

function storageError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

export class MemoryFileSystem implements FileSystem {
  readonly log: Operation[] = [];
  readonly faults: MemoryFaults = {
    roomBytes: null,
    syncFails: false,
    truncateFails: false,
    readsToFail: 0,
    badSector: null,
    refused: null,
  };
  readonly #paths = new Map<string, number>();
  readonly #contents = new Map<number, Content>();
  readonly #directories = new Set<string>();
  #nextInode = 1;
  openFiles = 0;
  bytesRead = 0;

  /** What a kill leaves: the first `operations` of the log and, of a write that follows, the first `bytes`. */
  killedAfter(operations: number, bytes = 0): MemoryFileSystem {
    const after = this.#emptyCopy();
    for (const operation of this.log.slice(0, operations)) after.#apply(operation);
    const next = this.log[operations];
    if (next?.kind === "write") after.#apply({ ...next, data: next.data.subarray(0, bytes) });
    return after;
  }

  /** What a power loss leaves: of each file what was synced, and of later writes what `keeps` lets through. */
  afterPowerLoss(operations: number, keeps: (bytes: number) => number): MemoryFileSystem {
    const done = this.log.slice(0, operations);
    const lastSync = new Map<number, number>();
    for (const [i, one] of done.entries()) if (one.kind === "sync") lastSync.set(one.inode, i);
    const after = this.#emptyCopy();
    for (const [i, one] of done.entries()) {
      const isSafe = one.kind !== "write" || i < (lastSync.get(one.inode) ?? -1);
      after.#apply(isSafe ? one : { ...one, data: one.data.subarray(0, keeps(one.data.length)) });
    }
    // What is found on the disk afterwards is on the disk.
    for (const inode of after.#contents.keys()) after.#apply({ kind: "sync", inode });
    return after;
  }

  content(path: string): Buffer {
    return Buffer.from(this.#contents.get(this.#paths.get(path)!)!.bytes());
  }

  setContent(path: string, content: Buffer): void {
    const whole = this.#contents.get(this.#paths.get(path)!)!;
    whole.truncate(0);
    whole.write(content, 0);
  }

  get paths(): string[] {
    return [...this.#paths.keys()].sort();
  }

  open(path: string): StorageFile {
    if (this.faults.refused?.test(path)) throw storageError("EMFILE");
    assert.ok(this.#directories.has(dirname(path)), `${path} has no directory`);
    if (!this.#paths.has(path)) this.#do({ kind: "create", path, inode: this.#nextInode++ });
    this.openFiles++;
    return new MemoryFile(this, this.#paths.get(path)!);
  }

  readFile(path: string): Buffer | null {
    const inode = this.#paths.get(path);
    if (inode === undefined) return null;
    const content = this.#contents.get(inode)!.bytes();
    this.bytesRead += content.length;
    return Buffer.from(content);
  }

  /** In steps, as the real one: a kill in between finds the old content. */
  replaceFile(path: string, content: Buffer): void {
    const file = this.open(`${path}.new`);
    try {
      file.truncateSync(0);
      file.writeSync(content, 0);
      file.syncSync();
    } finally {
      file.close();
    }
    this.rename(`${path}.new`, path);
  }

  list(directory: string): string[] {
    const prefix = `${directory}/`;
    const names = [...this.#paths.keys(), ...this.#directories]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length).split("/")[0]!);
    return [...new Set(names)].sort();
  }

  makeDirectory(path: string): void {
    for (let one = path; one !== "/" && one !== "."; one = dirname(one)) this.#directories.add(one);
  }

  rename(from: string, to: string): void {
    this.#do({ kind: "rename", from, to });
  }

  removeFile(path: string): void {
    if (this.#paths.has(path)) this.#do({ kind: "remove", path });
  }

  async removeDirectory(path: string): Promise<void> {
    this.removeFile(path);
    for (const name of this.list(path)) this.removeFile(`${path}/${name}`);
    this.#directories.delete(path);
  }

  syncDirectory(path: string): void {
    assert.ok(this.#directories.has(path));
  }

  write(inode: number, data: Buffer, position: number): void {
    const room = this.faults.roomBytes ?? data.length;
    this.#do({ kind: "write", inode, position, data: Buffer.from(data.subarray(0, room)) });
    if (this.faults.roomBytes !== null) this.faults.roomBytes = Math.max(0, room - data.length);
    if (room < data.length) throw storageError("ENOSPC");
  }

  read(inode: number, target: Buffer, position: number): number {
    if (this.faults.readsToFail > 0) {
      this.faults.readsToFail--;
      throw storageError("EIO");
    }
    const bad = this.faults.badSector;
    if (bad !== null && position < bad.position + bad.bytes && position + target.length > bad.position) {
      throw storageError("EIO");
    }
    const content = this.#contents.get(inode)!.bytes();
    const bytes = position >= content.length ? 0 : content.copy(target, 0, position);
    this.bytesRead += bytes;
    return bytes;
  }

  truncate(inode: number, bytes: number): void {
    if (this.faults.truncateFails) throw storageError("EIO");
    if (this.size(inode) !== bytes) this.#do({ kind: "truncate", inode, bytes });
  }

  sync(inode: number): void {
    if (this.faults.syncFails) throw storageError("EIO");
    this.#do({ kind: "sync", inode });
  }

  size(inode: number): number {
    return this.#contents.get(inode)!.length;
  }

  #emptyCopy(): MemoryFileSystem {
    const copy = new MemoryFileSystem();
    for (const directory of this.#directories) copy.#directories.add(directory);
    return copy;
  }

  #do(operation: Operation): void {
    this.log.push(operation);
    this.#apply(operation, true);
  }

  #apply(operation: Operation, isLogged = false): void {
    if (!isLogged) this.log.push(operation);
    switch (operation.kind) {
      case "create":
        this.#paths.set(operation.path, operation.inode);
        this.#contents.set(operation.inode, new Content());
        this.#nextInode = Math.max(this.#nextInode, operation.inode + 1);
        return;
      case "write":
        this.#contents.get(operation.inode)!.write(operation.data, operation.position);
        return;
      case "truncate":
        this.#contents.get(operation.inode)!.truncate(operation.bytes);
        return;
      case "rename":
        this.#rename(operation.from, operation.to);
        return;
      case "remove":
        this.#paths.delete(operation.path);
        return;
      case "sync":
        return;
    }
  }

  #rename(from: string, to: string): void {
    const inode = this.#paths.get(from);
    if (inode !== undefined) {
      this.#paths.delete(from);
      this.#paths.set(to, inode);
      return;
    }
    this.#directories.delete(from);
    this.#directories.add(to);
    for (const [path, moved] of [...this.#paths]) {
      if (!path.startsWith(`${from}/`)) continue;
      this.#paths.delete(path);
      this.#paths.set(to + path.slice(from.length), moved);
    }
  }
}

/** Room is doubled, so that a file of many writes is not copied for each of them. */
class Content {
  #room = Buffer.alloc(256);
  length = 0;

  /** Good until the next write. */
  bytes(): Buffer {
    return this.#room.subarray(0, this.length);
  }

  /** What lies between the end and `position` is zeros; nothing written does nothing, wherever it is. */
  write(data: Buffer, position: number): void {
    if (data.length === 0) return;
    this.#reserve(position + data.length);
    data.copy(this.#room, position);
    this.length = Math.max(this.length, position + data.length);
  }

  /** A longer one ends in zeros. */
  truncate(bytes: number): void {
    this.#reserve(bytes);
    this.#room.fill(0, Math.min(bytes, this.length), this.length);
    this.length = bytes;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#room.length) return;
    const room = Buffer.alloc(Math.max(bytes, 2 * this.#room.length));
    this.bytes().copy(room);
    this.#room = room;
  }
}

class MemoryFile implements StorageFile {
  readonly #fileSystem: MemoryFileSystem;
  readonly #inode: number;
  #isClosed = false;

  constructor(fileSystem: MemoryFileSystem, inode: number) {
    this.#fileSystem = fileSystem;
    this.#inode = inode;
  }

  writeSync(data: Buffer, position: number): void {
    this.#assertOpen();
    this.#fileSystem.write(this.#inode, data, position);
  }

  async write(data: readonly Buffer[], position: number): Promise<void> {
    this.#assertOpen();
    await new Promise(setImmediate);
    this.writeSync(Buffer.concat(data), position);
  }

  async read(target: Buffer, position: number): Promise<number> {
    this.#assertOpen();
    await new Promise(setImmediate);
    return this.readSync(target, position);
  }

  readSync(target: Buffer, position: number): number {
    this.#assertOpen();
    return this.#fileSystem.read(this.#inode, target, position);
  }

  size(): number {
    return this.#fileSystem.size(this.#inode);
  }

  truncateSync(bytes: number): void {
    this.#assertOpen();
    this.#fileSystem.truncate(this.#inode, bytes);
  }

  async sync(): Promise<void> {
    this.#assertOpen();
    await new Promise(setImmediate);
    this.syncSync();
  }

  syncSync(): void {
    this.#assertOpen();
    this.#fileSystem.sync(this.#inode);
  }

  close(): void {
    this.#assertOpen();
    this.#isClosed = true;
    this.#fileSystem.openFiles--;
  }

  /** A closed descriptor's number may be another file by now. */
  #assertOpen(): void {
    assert.ok(!this.#isClosed, "a file is not used after it was closed");
  }
}
