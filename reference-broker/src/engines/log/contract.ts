/**
 * The log engine as protocols see it. It knows no requests and no frames; protocols know no files.
 * Offsets and epochs are numbers (safe below 2^53), times are milliseconds since 1970, ids are 32 hex digits.
 */
import type { Lease } from "../../base/buffer-pool.ts";
import type { StorageFaults } from "../../base/storage-faults.ts";
import type { AppendOutcome, Appender } from "./append-group.ts";
import type { ReadResult } from "./log-reader.ts";
import type { LogStatistics, PartitionStatistics, TopicStatistics } from "./statistics.ts";
import type { TopicConfig } from "./topic-config.ts";

export interface LogEngine {
  readonly clusterId: string;
  readonly topics: ReadonlyMap<string, Topic>;
  topicById(id: string): Topic | undefined;
  /** Name, partition count and overrides are already validated. Durable when it resolves. */
  createTopic(name: string, partitions: number, overrides: Readonly<Record<string, string>>): Promise<Topic>;
  deleteTopic(name: string): Promise<void>;
  /** Never given out before, also across restarts. */
  allocateProducerId(): Promise<number>;
  /** Bytes that were taken and are not written yet. Who reads requests stops while there are too many. */
  readonly backlogBytes: number;
  /** Calls `resume` once, when the backlog has fallen. */
  whenBacklogFalls(resume: () => void): void;
  statistics(): LogStatistics;
  readonly storageFaults: StorageFaults;
}

export interface Topic {
  readonly name: string;
  readonly id: string;
  readonly partitions: readonly Partition[];
  /** As given at creation, in Kafka's words; what is absent has the default. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly config: TopicConfig;
  statistics(): TopicStatistics;
}

export interface Partition {
  readonly topic: Topic;
  readonly index: number;
  readonly leaderEpoch: number;
  /** The topic is gone; reads give nothing and appends are refused. */
  readonly isDeleted: boolean;
  readonly logStartOffset: number;
  /** Offset of the next record; on one node also the high watermark and the last stable offset. */
  readonly logEndOffset: number;
  /** See PartitionLog.append: the bytes are taken over; null means that `appended` follows. */
  append(
    batch: Buffer,
    lease: Lease | null,
    highestCodec: number,
    appender: Appender,
    slot: number,
  ): AppendOutcome | null;
  /** Whole batches from the one that holds `offset` on; see LogReader.read. */
  read(offset: number, maxBytes: number, atLeastOne: boolean): ReadResult | Promise<ReadResult>;
  /** Bytes from the batch that holds `offset` to the log end: exact below `enough`, else at least `enough`. */
  availableBytes(offset: number, enough: number): number;
  /** Calls `wake` after each append and when the topic is deleted, until the returned function is called. */
  watch(wake: () => void): () => void;
  /** First record at or after `timestampMs` (KIP-33), or null. */
  offsetForTimestamp(timestampMs: number): Promise<OffsetAndTimestamp | null>;
  /** The record with the largest timestamp (KIP-734), or null in an empty log. */
  offsetOfMaxTimestamp(): Promise<OffsetAndTimestamp | null>;
  statistics(): PartitionStatistics;
}

export interface OffsetAndTimestamp {
  readonly offset: number;
  readonly timestampMs: number;
  readonly leaderEpoch: number;
}
