/** A partition log in a directory of its own, driven by hand. */
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { AppendOutcome, Appender } from "../../../src/engines/log/append-group.ts";
import { LogReader } from "../../../src/engines/log/log-reader.ts";
import { PartitionLog, type PartitionLogOptions } from "../../../src/engines/log/partition-log.ts";
import { resolveTopicConfig, type TopicConfig } from "../../../src/engines/log/topic-config.ts";
import { TailCache } from "../../../src/mechanisms/tail-cache.ts";
import { faultyFileSystem, type FaultyFileSystem } from "../../mechanisms/faulty-file-system.ts";
import { type BatchFields, encodeBatch } from "../../support/wire-batch.ts";

export const NOW_MS = 1_700_000_000_000;
const ZSTD = 4;

export interface TestLogOptions
  extends Partial<Omit<PartitionLogOptions, "fileSystem" | "config" | "tailCache">> {
  /** Also below what an operator may set, so that small logs show large effects. */
  readonly settings?: Partial<TopicConfig>;
  readonly tailCacheBytes?: number;
}

export class TestLog {
  readonly directory: string;
  readonly fileSystem: FaultyFileSystem;
  readonly log: PartitionLog;
  readonly reader: LogReader;
  readonly reports: string[] = [];
  backlogBytes = 0;

  constructor(directory: string, options: TestLogOptions = {}) {
    const { settings = {}, tailCacheBytes = 1024 * 1024, ...rest } = options;
    this.directory = directory;
    this.fileSystem = faultyFileSystem();
    this.log = new PartitionLog({
      fileSystem: this.fileSystem,
      directory,
      config: { ...resolveTopicConfig({}), ...settings },
      durability: "os",
      tailCache: new TailCache(tailCacheBytes),
      producerIdExpirationMs: 86_400_000,
      clock: () => NOW_MS,
      markDirty: () => {},
      countBacklog: (bytes) => {
        this.backlogBytes += bytes;
      },
      report: (event) => this.reports.push(event),
      ...rest,
    });
    this.reader = new LogReader(this.log);
  }

  /** Takes the batch on; the promise tells its outcome once somebody flushes. */
  append(batch: Buffer): Promise<AppendOutcome> {
    return new Promise((resolve) => {
      const appender: Appender = { appended: (_slot, outcome) => resolve(outcome) };
      const known = this.log.append(batch, null, ZSTD, appender, 0);
      if (known !== null) resolve(known);
    });
  }

  /** Appends, flushes and waits. */
  async write(batch: Buffer): Promise<AppendOutcome> {
    const outcome = this.append(batch);
    this.log.flush();
    return outcome;
  }

  /** All bytes from `offset` on, through as many reads as it takes. */
  async readAll(offset = this.log.logStartOffset, maxBytes = 1024 * 1024): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let next = offset; next < this.log.logEndOffset; ) {
      const { buffers } = await this.reader.read(next, maxBytes, true);
      const bytes = Buffer.concat(buffers);
      if (bytes.length === 0) throw new Error(`nothing to read at ${next} before ${this.log.logEndOffset}`);
      parts.push(bytes);
      next = lastOffsetIn(bytes) + 1;
    }
    return Buffer.concat(parts);
  }

  /** Lets go of the files and writes nothing, as a killed process does. */
  async crash(): Promise<void> {
    this.log.detach();
    await this.log.dispose();
  }
}

function lastOffsetIn(bytes: Buffer): number {
  let last = -1;
  for (let at = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
    last = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23);
  }
  return last;
}

/** A batch of `count` records of `valueBytes` each, told apart by `fill`. */
export function batchOf(
  count: number,
  valueBytes: number,
  overrides: Partial<BatchFields> = {},
  fill = 1,
): Buffer {
  const records = Array.from({ length: count }, () => ({ value: Buffer.alloc(valueBytes, fill) }));
  return encodeBatch(records, { baseTimestamp: NOW_MS, ...overrides });
}

export function sequenced(producerId: number, epoch: number, sequence: number, count = 1): Buffer {
  return batchOf(count, 10, { producerId, producerEpoch: epoch, baseSequence: sequence });
}

/** What the log makes of `batches` that are appended from offset 0 on. */
export function placed(batches: readonly Buffer[], from = 0): Buffer[] {
  let offset = from;
  return batches.map((batch) => {
    const copy = Buffer.from(batch);
    copy.writeBigInt64BE(BigInt(offset), 0);
    copy.writeInt32BE(0, 12);
    offset += copy.readInt32BE(57);
    return copy;
  });
}

export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const directory = fs.mkdtempSync(path.join(tmpdir(), "brokermark-log-"));
  return { path: directory, remove: () => fs.rmSync(directory, { recursive: true, force: true }) };
}

/** Runs `body` with a directory that is removed afterwards. */
export async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = temporaryDirectory();
  try {
    await body(directory.path);
  } finally {
    directory.remove();
  }
}
