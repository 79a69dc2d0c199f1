/** What the queue engine counts: for every queue, and over all queues with what belongs to the engine as a whole. */
import { counter, gauge, type Counters, type Statistics } from "../../base/statistics.ts";

/** Counted where it happens, by queue. */
export const QUEUE_COUNTERS = {
  publishedMessages: counter("messages taken in, dead letters of other queues included"),
  deliveredMessages: counter("deliveries to consumers, repeated ones included"),
  redeliveredMessages: counter("deliveries to consumers of messages that were requeued before"),
  fetchedMessages: counter("messages taken with basic.get"),
  acknowledgedMessages: counter("messages acknowledged by consumers"),
  requeuedMessages: counter("messages that went back to where they stood"),
  rejectedMessages: counter("messages that a consumer rejected without requeue"),
  expiredMessages: counter("messages dropped or dead-lettered for their age"),
  droppedMessages: counter("messages dropped or dead-lettered because the queue was full"),
  refusedMessages: counter("messages refused to their publishers because the queue was full"),
  purgedMessages: counter("messages removed by queue.purge"),
  damagedMessages: counter("stored messages that could not be read back and are lost"),
  unreadableMessages: counter("stored messages that the disk would not give, set aside until the next start"),
  cacheHits: counter("deliveries of messages that had waited in memory"),
  cacheMisses: counter("messages read back from the disk"),
  uncachedMessages: counter("stored messages that memory had no room for from the start"),
  pagedMessages: counter("transient messages that went to the disk from the start, because memory was low"),
  pageOuts: counter("times that bodies were taken out of memory because it was low"),
  pagedOutBytes: counter("bytes of bodies taken out of memory because it was low", "bytes"),
} as const;

/** Counted by the storage of a durable queue. */
export const STORE_COUNTERS = {
  storeWrites: counter("writes of messages to segment files"),
  writtenMessages: counter("messages written; divided by the writes, the size of a batch"),
  writtenBytes: counter("bytes of messages written, headers included", "bytes"),
  storeReads: counter("reads of segment files"),
  readBytes: counter("bytes read from segment files", "bytes"),
  removedSegments: counter("segments whose last message was settled"),
  relocatedMessages: counter("last messages of a segment that were moved, so that its file could go"),
} as const;

export const STORE_STATISTICS = {
  segments: gauge("segment files"),
  storedBytes: gauge("bytes of segment files, settled messages in them included", "bytes"),
  ...STORE_COUNTERS,
} as const;

export const QUEUE_STATISTICS = {
  ...STORE_STATISTICS,
  readyMessages: gauge("messages that wait for a consumer"),
  unacknowledgedMessages: gauge("messages delivered and not acknowledged"),
  readyBytes: gauge("bytes of the bodies of ready messages", "bytes"),
  residentBytes: gauge("bytes of bodies held in memory", "bytes"),
  consumers: gauge("consumers"),
  ...QUEUE_COUNTERS,
} as const;

export const QUEUE_ENGINE_STATISTICS = {
  cachedBytes: gauge("bytes of stored bodies that are in memory too", "bytes"),
  cacheCapacityBytes: gauge("bytes of stored bodies that may be in memory too", "bytes"),
  isPaging: gauge("1 while memory is low and bodies are on disk alone where they can be, else 0"),
  commits: counter("groups of messages and acknowledgements written together"),
  commitsByTurn: counter("flushes because all that was readable had been read"),
  commitsByInterval: counter("flushes because the flush interval was over"),
  commitsByBytes: counter("flushes because enough had gathered"),
  commitsBehindAnother: counter("groups written because the one before was done"),
  virtualHosts: gauge("virtual hosts"),
  queues: gauge("queues"),
  exchanges: gauge("exchanges, the predeclared ones included"),
  deadLetterBacklog: gauge("dead letters that wait to be routed"),
  memoryAlarm: gauge("1 while publishers wait because memory is low, else 0"),
  ...QUEUE_STATISTICS,
} as const;

/** All that is counted by queue. */
export const COUNTERS_OF_QUEUE = { ...STORE_COUNTERS, ...QUEUE_COUNTERS } as const;

export type StoreCounters = Counters<typeof STORE_COUNTERS>;
export type StoreStatistics = Statistics<typeof STORE_STATISTICS>;
export type QueueCounters = Counters<typeof QUEUE_COUNTERS>;
export type QueueStatistics = Statistics<typeof QUEUE_STATISTICS>;
export type QueueEngineStatistics = Statistics<typeof QUEUE_ENGINE_STATISTICS>;
