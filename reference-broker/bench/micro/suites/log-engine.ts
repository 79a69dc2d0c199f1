/** Topics without a protocol in front of them: batches appended and confirmed, and read back. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppendOutcome, Appender } from "../../../src/engines/log/append-group.ts";
import type { Partition } from "../../../src/engines/log/contract.ts";
import { FileLogEngine } from "../../../src/engines/log/file-log-engine.ts";
import { nodeFileSystem } from "../../../src/mechanisms/file-system.ts";
import { encodeBatch } from "../../../test/support/wire-batch.ts";
import type { Benchmark, Subject, Suite } from "../benchmark.ts";
import { CLAIMS } from "../claims.ts";

const RECORD_BYTES = 100;
const ZSTD = 4;
const MEBIBYTE = 1024 * 1024;
/** Each written by a turn of its own. */
const TURNS_PER_RUN = 4;
const BATCHES_PER_TURN = 16;
const KEPT_BYTES = 256 * MEBIBYTE;
const READ_BYTES = MEBIBYTE;
const FILLED_BYTES = 128 * MEBIBYTE;

interface Opened {
  readonly engine: FileLogEngine;
  readonly partition: Partition;
  close(): Promise<void>;
}

async function open(durability: "none" | "os", tailCacheBytes: number): Promise<Opened> {
  const directory = mkdtempSync(join(tmpdir(), "brokermark-bench-"));
  const engine = new FileLogEngine({
    ...{ fileSystem: nodeFileSystem, directory, durability, tailCacheBytes, clock: Date.now },
    ...{ retentionCheckIntervalMs: 3_600_000, producerIdExpirationMs: 3_600_000, topicDefaults: {} },
    report: (event, fields) => process.stderr.write(`${event} ${JSON.stringify(fields)}\n`),
  });
  const topic = await engine.createTopic("bench", 1, {
    ...{ "segment.bytes": String(64 * MEBIBYTE), "retention.bytes": String(KEPT_BYTES) },
    ...{ "max.message.bytes": String(2 * MEBIBYTE) },
  });
  const close = async () => {
    await engine.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { engine, partition: topic.partitions[0]!, close };
}

class Batches implements Appender {
  readonly #partition: Partition;
  readonly #batches: readonly Buffer[];
  #waiting = 0;
  #lastOffset = 0;
  #confirmed: (lastOffset: number) => void = () => {};

  constructor(partition: Partition, records: number) {
    const value = Buffer.alloc(RECORD_BYTES, 0x61);
    this.#partition = partition;
    this.#batches = Array.from({ length: BATCHES_PER_TURN }, () =>
      encodeBatch(Array.from({ length: records }, () => ({ value }))),
    );
  }

  get bytesPerTurn(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.length, 0);
  }

  appended(_slot: number, { error, baseOffset }: AppendOutcome): void {
    if (error !== null) throw new Error(error);
    this.#lastOffset = baseOffset;
    if (--this.#waiting === 0) this.#confirmed(this.#lastOffset);
  }

  /** Resolves with an offset when all are confirmed; where the answer waits for no disk, when the turn that writes them is over. */
  appendAll(): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting = this.#batches.length;
      let isAtOnce = false;
      this.#confirmed = (lastOffset) => {
        if (isAtOnce) setImmediate(resolve, lastOffset);
        else resolve(lastOffset);
      };
      for (const batch of this.#batches) {
        const known = this.#partition.append(batch, null, ZSTD, this, 0);
        isAtOnce = known !== null;
        if (known !== null) this.appended(0, known);
      }
    });
  }
}

async function appending(records: number, durability: "none" | "os"): Promise<Subject> {
  const { engine, partition, close } = await open(durability, MEBIBYTE);
  const batches = new Batches(partition, records);
  return {
    operations: TURNS_PER_RUN * BATCHES_PER_TURN * records,
    before: () => engine.enforceRetention(),
    run: async () => {
      let last = 0;
      for (let turn = 0; turn < TURNS_PER_RUN; turn++) last = await batches.appendAll();
      return last;
    },
    close,
  };
}

/** One pass over what is kept, in reads of 1 MiB. `tailCacheBytes` 0: all of it comes from the files. */
async function reading(records: number, tailCacheBytes: number): Promise<Subject> {
  const { partition, close } = await open("os", tailCacheBytes);
  const batches = new Batches(partition, records);
  const filledBytes = tailCacheBytes === 0 ? FILLED_BYTES : tailCacheBytes / 2;
  for (let filled = 0; filled < filledBytes; filled += batches.bytesPerTurn) await batches.appendAll();
  const to = partition.logEndOffset;
  return {
    operations: to,
    run: async () => {
      let sum = 0;
      for (let offset = 0; offset < to; ) {
        const answer = partition.read(offset, READ_BYTES, true);
        const { buffers, bytes } = answer instanceof Promise ? await answer : answer;
        for (const buffer of buffers) sum = (sum + buffer[buffer.length - 1]!) | 0;
        // All batches are equally long.
        offset += Math.round(bytes / (batches.bytesPerTurn / BATCHES_PER_TURN)) * records;
      }
      return sum;
    },
    close,
  };
}

function appendBenchmark(records: number, durability: "none" | "os"): Benchmark {
  const size = `batches of ${records.toLocaleString("en")} records of 100 B`;
  return {
    ...{ name: `log: append and confirm, ${size}, durability ${durability}`, operation: "record" },
    ...{ bytesPerOperation: RECORD_BYTES, claim: CLAIMS.kafkaProduce },
    prepare: () => appending(records, durability),
  };
}

export const suite: Suite = {
  benchmarks: [
    appendBenchmark(10, "none"),
    appendBenchmark(10, "os"),
    appendBenchmark(150, "os"),
    appendBenchmark(10_000, "os"),
    {
      ...{ name: "log: read from the tail cache, batches of 150", operation: "record" },
      bytesPerOperation: RECORD_BYTES,
      prepare: () => reading(150, 64 * MEBIBYTE),
    },
    {
      ...{ name: "log: read from files, batches of 150", operation: "record" },
      bytesPerOperation: RECORD_BYTES,
      prepare: () => reading(150, 0),
    },
  ],
};
