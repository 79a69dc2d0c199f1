import type { FigureSpec } from "./figure.ts";

/**
 * Lateness is the end of a message minus the deadline that it carries: its dead letter's arrival, or, without dead letters,
 * the sample of the queue's depth that first missed it. A note says which.
 */
export const TTL_STORM_FIGURES = {
  latenessP50: { title: "lateness p50", unit: "us", better: "lower" },
  latenessP99: { title: "lateness p99", unit: "us", better: "lower" },
  latenessP999: { title: "lateness p99.9", unit: "us", better: "lower" },
  latenessMax: { title: "lateness max", unit: "us", better: "lower" },
  early: { title: "ended before their deadline", unit: "messages", better: "lower" },
  deadLettered: { title: "dead-lettered", unit: "messages", better: "higher" },
  expired: { title: "expired without a dead letter", unit: "messages", better: "higher" },
  unaccounted: { title: "unaccounted for", unit: "messages", better: "lower" },
  goneAfter: { title: "last deadline to storm queues empty", unit: "s", better: "lower" },
  liveBeforeP99: { title: "live response p99 before", unit: "us", better: "lower" },
  liveDuringP99: { title: "live response p99 during", unit: "us", better: "lower" },
  liveAfterP99: { title: "live response p99 after", unit: "us", better: "lower" },
  liveSlowdown: { title: "live response p99, during / before", unit: "1", better: "lower" },
  fillRate: { title: "filling", unit: "messages/s", better: "higher" },
  rssBefore: { title: "RSS before", unit: "bytes", better: "lower" },
  rssPeak: { title: "RSS peak", unit: "bytes", better: "lower" },
  rssFull: { title: "RSS when full", unit: "bytes", better: "lower" },
  rssAfter: { title: "RSS afterwards", unit: "bytes", better: "lower" },
  memoryGivenBack: { title: "memory given back, of what was taken", unit: "1", better: "higher" },
  eventLoopDelayP99: { title: "broker's event-loop delay p99", unit: "us", better: "lower" },
} as const satisfies Record<string, FigureSpec>;
