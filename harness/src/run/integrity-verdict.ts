/** Did everything confirmed arrive, once, in order and intact? */
import type { ConsumerReport, PublisherReport } from "../load/protocol.ts";
import type { RunSummary } from "../result/schema.ts";
import type { Expectations } from "../scenario/plan.ts";

export interface IntegrityCounts {
  readonly published: number;
  readonly confirmed: number;
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly corrupted: number;
  /** Missing where an overflow policy lets them be missing; no violation. */
  readonly dropped: number;
  /** Confirmed and ended by their time to live without a dead letter, as they were to; no violation. */
  readonly expired: number;
  /** Messages that no producer of this run wrote. */
  readonly foreign: number;
}

export function totalCounts(
  publishers: readonly PublisherReport[],
  consumers: readonly ConsumerReport[],
): IntegrityCounts {
  const published = publishers.reduce((sum, report) => sum + report.publishedMessages, 0);
  const confirmed = publishers.reduce((sum, report) => sum + report.confirmedMessages, 0);
  const total = (key: Exclude<keyof IntegrityCounts, "published" | "confirmed" | "expired">) =>
    consumers.reduce((sum, report) => sum + report[key], 0);
  return {
    published,
    confirmed,
    delivered: total("delivered"),
    lost: total("lost"),
    duplicated: total("duplicated"),
    reordered: total("reordered"),
    corrupted: total("corrupted"),
    dropped: total("dropped"),
    expired: 0,
    foreign: total("foreign"),
  };
}

/** `unknown` when nothing was confirmed or read, so nothing could be missed. A foreign message in a topic of our own is a broker's mistake. */
export function judgeIntegrity(
  counts: IntegrityCounts,
  expect: Expectations,
): RunSummary["integrity"]["verdict"] {
  const kinds = ["lost", "duplicated", "reordered", "corrupted"] as const;
  if (counts.foreign > 0 || kinds.some((kind) => counts[kind] > expect[kind])) return "invalid";
  return counts.confirmed === 0 && counts.delivered === 0 ? "unknown" : "valid";
}
