import type { Lease } from "../../base/buffer-pool.ts";
import type { AppendOutcome, Appender } from "./append-group.ts";
import type { OffsetAndTimestamp, Partition, Topic } from "./contract.ts";
import { LogReader, type ReadResult } from "./log-reader.ts";
import { PartitionLog, type PartitionLogOptions } from "./partition-log.ts";
import type { PartitionStatistics } from "./statistics.ts";
import { findFirstAtOrAfter, findMaxTimestamp } from "./timestamp-search.ts";

/** A partition of a topic: its log with what protocols may do to it. */
export class LogPartition implements Partition {
  readonly topic: Topic;
  readonly index: number;
  readonly log: PartitionLog;
  readonly #reader: LogReader;
  readonly #reportFault: (error: unknown) => never;

  constructor(topic: Topic, index: number, options: PartitionLogOptions) {
    this.topic = topic;
    this.index = index;
    this.log = new PartitionLog(options);
    this.#reader = new LogReader(this.log);
    this.#reportFault = (error) => {
      options.report("read failed", { directory: options.directory, error: String(error) });
      throw error;
    };
  }

  get leaderEpoch(): number {
    return this.log.leaderEpoch;
  }

  get isDeleted(): boolean {
    return this.log.isDeleted;
  }

  get logStartOffset(): number {
    return this.log.logStartOffset;
  }

  get logEndOffset(): number {
    return this.log.logEndOffset;
  }

  append(
    batch: Buffer,
    lease: Lease | null,
    highestCodec: number,
    appender: Appender,
    slot: number,
  ): AppendOutcome | null {
    return this.log.append(batch, lease, highestCodec, appender, slot);
  }

  read(offset: number, maxBytes: number, atLeastOne: boolean): ReadResult | Promise<ReadResult> {
    const result = this.#reader.read(offset, maxBytes, atLeastOne);
    return result instanceof Promise ? result.catch(this.#reportFault) : result;
  }

  availableBytes(offset: number, enough: number): number {
    return this.#reader.availableBytes(offset, enough);
  }

  watch(wake: () => void): () => void {
    return this.log.watch(wake);
  }

  statistics(): PartitionStatistics {
    const { segments, counters } = this.log;
    return {
      ...counters,
      records: this.logEndOffset - this.logStartOffset,
      segments: segments.length,
      storedBytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  async offsetForTimestamp(timestampMs: number): Promise<OffsetAndTimestamp | null> {
    const found = await findFirstAtOrAfter(this.log.segments, timestampMs).catch(this.#reportFault);
    return found === null ? null : { ...found, leaderEpoch: this.leaderEpoch };
  }

  async offsetOfMaxTimestamp(): Promise<OffsetAndTimestamp | null> {
    const found = await findMaxTimestamp(this.log.segments).catch(this.#reportFault);
    return found === null ? null : { ...found, leaderEpoch: this.leaderEpoch };
  }
}
