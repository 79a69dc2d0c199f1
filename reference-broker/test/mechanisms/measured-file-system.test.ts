import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type FileSystem, nodeFileSystem, type StorageFile } from "../../src/mechanisms/file-system.ts";
import { MeasuredFileSystem } from "../../src/mechanisms/measured-file-system.ts";
import { SlowOperations } from "../../src/mechanisms/slow-operations.ts";

/** Each operation puts the clock forward by `delayMs` before it is done. */
class SlowDisk {
  nowMs = 0;
  delayMs = 0;
  readonly told: Record<string, unknown>[] = [];

  readonly files: FileSystem = {
    ...nodeFileSystem,
    open: (path) => this.#slowed(nodeFileSystem.open(path)),
  };

  measured(limitMs: number): MeasuredFileSystem {
    const report = (_event: string, fields: Record<string, unknown>) => void this.told.push(fields);
    return new MeasuredFileSystem(this.files, new SlowOperations(limitMs, () => this.nowMs, report));
  }

  #slowed(file: StorageFile): StorageFile {
    const pass = <T>(result: T): T => {
      this.nowMs += this.delayMs;
      return result;
    };
    return {
      writeSync: (data, position) => pass(file.writeSync(data, position)),
      write: (data, position) => pass(file.write(data, position)),
      read: (target, position) => pass(file.read(target, position)),
      readSync: (target, position) => pass(file.readSync(target, position)),
      size: () => file.size(),
      truncateSync: (bytes) => file.truncateSync(bytes),
      sync: () => pass(file.sync()),
      syncSync: () => pass(file.syncSync()),
      close: () => file.close(),
    };
  }
}

async function useFile(files: FileSystem): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "brokermark-measured-"));
  try {
    const file = files.open(join(directory, "f"));
    file.writeSync(Buffer.from("12345"), 0);
    await file.write([Buffer.from("67"), Buffer.from("8")], 5);
    const target = Buffer.alloc(10);
    assert.equal(await file.read(target, 0), 8);
    assert.equal(target.toString("latin1", 0, 8), "12345678");
    assert.equal(file.readSync(target, 6), 2);
    await file.sync();
    file.syncSync();
    file.truncateSync(3);
    assert.equal(file.size(), 3);
    file.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("operations, their bytes and their time are counted", async () => {
  const disk = new SlowDisk();
  disk.delayMs = 500;
  const files = disk.measured(0);
  await useFile(files);
  assert.deepEqual(files.counters, {
    ...{ writes: 2, writtenBytes: 8, writeSeconds: 1, syncs: 2, syncSeconds: 1 },
    ...{ reads: 2, readBytes: 10, readSeconds: 1, slowOperations: 0 },
  });
  assert.deepEqual(disk.told, []);
});

test("only what takes longer than the limit is told, with its file", async () => {
  const disk = new SlowDisk();
  const files = disk.measured(10);
  disk.delayMs = 10;
  await useFile(files);
  assert.equal(disk.told.length, 0);
  disk.delayMs = 11;
  await useFile(files);
  const told = disk.told.map(({ operation, tookMs, bytes }) => [operation, tookMs, bytes]);
  assert.deepEqual(told, [
    ["write", 11, 5],
    ["write", 11, 3],
    ["read", 11, 8],
    ["read", 11, 2],
    ["sync", 11, 0],
    ["sync", 11, 0],
  ]);
  assert.match(String(disk.told[0]?.path), /\/f$/);
  assert.equal(files.counters.slowOperations, 6);
});
