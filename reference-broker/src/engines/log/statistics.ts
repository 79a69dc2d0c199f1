/** What the log engine counts. Each table holds the rows of the one above it. */
import { counter, gauge, type Counters, type Statistics } from "../../base/statistics.ts";

/** Counted where it happens, by partition. */
export const PARTITION_COUNTERS = {
  appendedBatches: counter("record batches written to the log"),
  appendedRecords: counter("records written to the log"),
  appendedBytes: counter("bytes of record batches written to the log", "bytes"),
  writes: counter("writes, each of all batches that were gathered meanwhile"),
  failedWrites: counter("writes that the disk did not take; their batches were refused"),
  refusedBatches: counter("record batches refused for their contents, size or sequence"),
  reads: counter("reads that gave record batches"),
  readBytes: counter("bytes of record batches read", "bytes"),
  tailCacheReads: counter("reads served from memory"),
  diskReads: counter("reads served from segment files"),
} as const;

export const PARTITION_STATISTICS = {
  records: gauge("records from the first offset kept to the last"),
  segments: gauge("segment files"),
  storedBytes: gauge("bytes of segment files", "bytes"),
  ...PARTITION_COUNTERS,
} as const;

export const TOPIC_STATISTICS = {
  partitions: gauge("partitions"),
  ...PARTITION_STATISTICS,
} as const;

export const LOG_STATISTICS = {
  topics: gauge("topics"),
  backlogBytes: gauge("bytes of record batches that were taken and are not written yet", "bytes"),
  tailCacheBytes: gauge("bytes of recent record batches kept in memory for readers", "bytes"),
  ...TOPIC_STATISTICS,
} as const;

export type PartitionCounters = Counters<typeof PARTITION_COUNTERS>;
export type PartitionStatistics = Statistics<typeof PARTITION_STATISTICS>;
export type TopicStatistics = Statistics<typeof TOPIC_STATISTICS>;
export type LogStatistics = Statistics<typeof LOG_STATISTICS>;
