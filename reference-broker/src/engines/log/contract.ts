/**
 * The log engine as protocols see it. It knows no requests and no frames; protocols know no files.
 * Offsets and epochs are numbers (safe below 2^53), times are milliseconds since 1970, ids are 32 hex digits.
 */
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
}

export interface Topic {
  readonly name: string;
  readonly id: string;
  readonly partitions: readonly Partition[];
  /** As given at creation, in Kafka's words; what is absent has the default. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly config: TopicConfig;
}

export interface Partition {
  readonly topic: Topic;
  readonly index: number;
  readonly leaderEpoch: number;
  readonly logStartOffset: number;
  /** Offset of the next record; on one node also the high watermark and the last stable offset. */
  readonly logEndOffset: number;
  /** First record at or after `timestampMs` (KIP-33), or null. */
  offsetForTimestamp(timestampMs: number): Promise<OffsetAndTimestamp | null>;
  /** The record with the largest timestamp (KIP-734), or null in an empty log. */
  offsetOfMaxTimestamp(): Promise<OffsetAndTimestamp | null>;
}

export interface OffsetAndTimestamp {
  readonly offset: number;
  readonly timestampMs: number;
  readonly leaderEpoch: number;
}
