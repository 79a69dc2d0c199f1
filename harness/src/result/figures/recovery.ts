import type { FigureSpec } from "./figure.ts";

/** All from the moment before the broker's process is made again; the three parts add up to the first delivery. */
export const RECOVERY_FIGURES = {
  startToFirstDelivery: { title: "start to first delivery", unit: "us", better: "lower" },
  startToAccept: { title: "- start to port accepts", unit: "us", better: "lower" },
  acceptToServed: { title: "- port accepts to queue served", unit: "us", better: "lower" },
  servedToDelivery: { title: "- queue served to first delivery", unit: "us", better: "lower" },
  startToAllRead: { title: "start to all read back", unit: "us", better: "lower" },
  readBackRate: { title: "reading back", unit: "messages/s", better: "higher" },
  stopTime: { title: "stop to process gone", unit: "us", better: "lower" },
  fillRate: { title: "filling", unit: "messages/s", better: "higher" },
  rssBeforeStop: { title: "RSS before the stop", unit: "bytes", better: "lower" },
  rssAtFirstDelivery: { title: "RSS at the first delivery", unit: "bytes", better: "lower" },
  rssPeakSinceStart: { title: "RSS peak since the start", unit: "bytes", better: "lower" },
  rssAllRead: { title: "RSS with all read back", unit: "bytes", better: "lower" },
} as const satisfies Record<string, FigureSpec>;
