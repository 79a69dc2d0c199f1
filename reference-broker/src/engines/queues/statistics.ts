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
  cacheHits: counter("deliveries of messages that had waited in memory"),
  cacheMisses: counter("messages read back from the disk"),
  uncachedMessages: counter("stored messages that memory had no room for from the start"),
  pagedMessages: counter("transient messages that went to the disk from the start, because memory was low"),
  pageOuts: counter("times that bodies were taken out of memory because it was low"),
  pagedOutBytes: counter("bytes of bodies taken out of memory because it was low", "bytes"),
} as const;

export const QUEUE_STATISTICS = {
  readyMessages: gauge("messages that wait for a consumer"),
  unacknowledgedMessages: gauge("messages delivered and not acknowledged"),
  readyBytes: gauge("bytes of the bodies of ready messages", "bytes"),
  residentBytes: gauge("bytes of bodies held in memory", "bytes"),
  consumers: gauge("consumers"),
  ...QUEUE_COUNTERS,
} as const;

export const QUEUE_ENGINE_STATISTICS = {
  virtualHosts: gauge("virtual hosts"),
  queues: gauge("queues"),
  exchanges: gauge("exchanges, the predeclared ones included"),
  deadLetterBacklog: gauge("dead letters that wait to be routed"),
  memoryAlarm: gauge("1 while publishers wait because memory is low, else 0"),
  ...QUEUE_STATISTICS,
} as const;

export type QueueCounters = Counters<typeof QUEUE_COUNTERS>;
export type QueueStatistics = Statistics<typeof QUEUE_STATISTICS>;
export type QueueEngineStatistics = Statistics<typeof QUEUE_ENGINE_STATISTICS>;
