import type { FigureSpec } from "./figure.ts";

export const MEMORY_PAGING_FIGURES = {
  growthRate: { title: "growth", unit: "messages/s", better: "higher" },
  growthStartRate: { title: "growth, first tenth", unit: "messages/s", better: "higher" },
  growthEndRate: { title: "growth, last tenth", unit: "messages/s", better: "higher" },
  growthEndToStart: { title: "growth, last tenth / first tenth", unit: "1", better: "higher" },
  deepest: { title: "deepest queue seen", unit: "messages", better: "higher" },
  drainRate: { title: "drain", unit: "messages/s", better: "higher" },
  firstDelivery: { title: "drain begun to first delivery", unit: "us", better: "lower" },
  rssBefore: { title: "RSS before", unit: "bytes", better: "lower" },
  rssPeak: { title: "RSS peak", unit: "bytes", better: "lower" },
  rssFull: { title: "RSS when full", unit: "bytes", better: "lower" },
  rssAfter: { title: "RSS afterwards", unit: "bytes", better: "lower" },
  sinkRss: { title: "RSS peak of a bare sink", unit: "bytes", better: "lower" },
  bytesPerMessage: { title: "RSS per message in the queue", unit: "bytes", better: "lower" },
  cacheHitRate: { title: "cache hit rate", unit: "1", better: "higher" },
} as const satisfies Record<string, FigureSpec>;
