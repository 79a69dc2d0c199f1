import type { FigureSpec } from "./figure.ts";

/** Times are from the moment the consumers are told to begin. */
export const BACKLOG_DRAIN_FIGURES = {
  backlogDrainRate: { title: "drain of the backlog", unit: "messages/s", better: "higher" },
  drainSlowestSecond: { title: "drain, slowest second", unit: "messages/s", better: "higher" },
  beginToFirstDelivery: { title: "begin to first delivery", unit: "us", better: "lower" },
  beginToDrained: { title: "begin to backlog read", unit: "us", better: "lower" },
  beginToEmpty: { title: "begin to queue empty", unit: "us", better: "lower" },
  liveDrainingP50: { title: "live response p50 while draining", unit: "us", better: "lower" },
  liveDrainingP99: { title: "live response p99 while draining", unit: "us", better: "lower" },
  liveDrainedP50: { title: "live response p50 after draining", unit: "us", better: "lower" },
  liveDrainedP99: { title: "live response p99 after draining", unit: "us", better: "lower" },
  livePublishP99: { title: "live publish latency p99", unit: "us", better: "lower" },
  backlogGrowthRate: { title: "growing the backlog", unit: "messages/s", better: "higher" },
  rssGrown: { title: "RSS with the backlog", unit: "bytes", better: "lower" },
  rssDrainPeak: { title: "RSS peak from then on", unit: "bytes", better: "lower" },
  rssDrained: { title: "RSS with all delivered", unit: "bytes", better: "lower" },
} as const satisfies Record<string, FigureSpec>;
