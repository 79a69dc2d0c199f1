/** What a run of `memory-paging` comes to. Pure. */
import type { LoadWindow } from "../../load/protocol.ts";
import { type FiguresOf, figure } from "../../result/figures/index.ts";
import { totalCounts } from "../integrity-verdict.ts";
import type { PublishedSoFar } from "../load-group.ts";
import { pooledHistograms } from "../pooled-histograms.ts";
import type { Paged } from "./memory-paging.ts";
import { addErrors } from "./observed.ts";
import { stageOf } from "./stage.ts";
import type { Staged, StagedObservations } from "./staged-run.ts";

/** Of the growth's time, at its beginning and at its end. */
const END_SHARE = 0.1;

export function observePaging(
  { plan, context }: Pick<Staged<"memory-paging">, "plan" | "context">,
  paged: Paged,
): StagedObservations<"memory-paging"> {
  const { published, consumed, usage, waiting } = paged;
  const { reports, firstSendUs, logEnd } = published;
  const counts = totalCounts(reports, consumed);
  const windows = {
    publish: reports.flatMap((report) => report.windows),
    consume: consumed.flatMap((report) => report.windows),
  };
  const { rss, grownUs, drainUs, drainedUs, endUs } = paged;
  const lastUs = Math.max(0, ...consumed.map(({ lastDeliveryUs }) => lastDeliveryUs ?? 0));
  const stages = [
    { name: "grow", fromUs: firstSendUs, toUs: logEnd.coveredUs ?? grownUs, messages: counts.confirmed },
    { name: "full", fromUs: grownUs, toUs: drainUs, messages: null },
    { name: "drain", fromUs: drainUs, toUs: lastUs > drainUs ? lastUs : drainedUs, messages: waiting },
    { name: "empty", fromUs: drainedUs, toUs: endUs, messages: null },
  ];
  const seen = { windows, rss: rss.between(0, endUs) };
  const growthRate = perSecond(counts.confirmed, (logEnd.coveredUs ?? grownUs) - firstSendUs);
  return {
    phases: stages.map((stage) => stageOf(stage, seen)),
    figures: figuresOf(paged, plan.parameters.growthReadPerSecond > 0, growthRate, context.sinkPeakRssBytes),
    counts,
    throughput: { messages: counts.delivered, seconds: (Math.max(lastUs, grownUs) - firstSendUs) / 1e6 },
    histograms: pooledHistograms(reports, consumed),
    windows,
    usage,
    warmup: paged.warmup,
    loadProcesses: [
      ...reports.map(({ process }) => ({ role: "publisher" as const, ...process })),
      ...consumed.map(({ process }) => ({ role: "consumer" as const, ...process })),
    ],
    attainedPerSecond: growthRate,
    publisherErrors: addErrors(reports),
    shortcomings: shortcomingsOf(plan.parameters.messages, counts.confirmed, paged),
    examples: consumed.flatMap((report) => report.examples),
    evidence: {
      batch: paged.batch,
      logEnd,
      waitingWhenGrown: waiting,
      readBackTimedOut: consumed.some(({ timedOut }) => timedOut),
      publisherLongestHoldMs: Math.max(0, ...reports.map(({ longestHoldMs }) => longestHoldMs)),
      publisherBlockedMs: Math.max(0, ...reports.map(({ blockedMs }) => blockedMs)),
    },
  };
}

function figuresOf(
  paged: Paged,
  readDuringGrowth: boolean,
  growthRate: number | null,
  sinkPeakRssBytes: number | null,
): FiguresOf<"memory-paging"> {
  const { published, growth, consumed, waiting, rssBeforeBytes, rssFullBytes, drainUs } = paged;
  const { start, end } = ratesAtEnds(
    growthWindows([{ atUs: published.firstSendUs, messages: 0 }, ...growth]),
  );
  const few =
    start === null ? "it was over before the publishers had told three times how far they were" : null;
  const firstUs = Math.min(...consumed.map(({ firstDeliveryUs }) => firstDeliveryUs ?? Infinity));
  const lastUs = Math.max(...consumed.map(({ lastDeliveryUs }) => lastDeliveryUs ?? -Infinity));
  const grown = rssBeforeBytes === null || rssFullBytes === null ? null : rssFullBytes - rssBeforeBytes;
  return {
    growthRate: figure(growthRate),
    growthStartRate: figure(start, few),
    growthEndRate: figure(end, few),
    growthEndToStart: figure(start === null || end === null ? null : end / start, few),
    deepest: figure(paged.deepest),
    drainRate: figure(perSecond(waiting, lastUs - drainUs)),
    firstDelivery: readDuringGrowth
      ? figure(null, "consumers were there while it grew")
      : figure(Number.isFinite(firstUs) ? firstUs - drainUs : null),
    rssBefore: figure(rssBeforeBytes),
    rssPeak: figure(paged.usage.target?.peakRssBytes ?? null),
    rssFull: figure(rssFullBytes),
    rssAfter: figure(paged.rssAfterBytes),
    sinkRss: figure(sinkPeakRssBytes, sinkPeakRssBytes === null ? "no sink was measured" : null),
    bytesPerMessage: figure(
      grown === null || waiting === 0 ? null : grown / waiting,
      "derived: (RSS when full - RSS before) / messages waiting; caches and garbage are in it beside the index",
    ),
    cacheHitRate: figure(
      paged.hitRate,
      paged.hitRate === null ? "the target tells none of cache hits and misses" : "while it was drained",
    ),
  };
}

/** What came between any two reports of how far publishing was. */
export function growthWindows(reports: readonly PublishedSoFar[]): Window[] {
  return reports.slice(1).flatMap(({ atUs, messages }, index) => {
    const before = reports[index]!;
    const durationUs = atUs - before.atUs;
    const told = messages - before.messages;
    return durationUs > 0 ? [{ atUs: before.atUs, durationUs, messages: told }] : [];
  });
}

type Window = Pick<LoadWindow, "atUs" | "durationUs" | "messages">;

/** Messages a second in the first and in the last tenth of the windows, at least one; null for fewer than three. */
export function ratesAtEnds(windows: readonly Window[]): {
  readonly start: number | null;
  readonly end: number | null;
} {
  const sorted = windows.toSorted((a, b) => a.atUs - b.atUs);
  if (sorted.length < 3) return { start: null, end: null };
  const beganUs = sorted[0]!.atUs;
  const endedUs = Math.max(...sorted.map(({ atUs, durationUs }) => atUs + durationUs));
  const share = Math.max(END_SHARE * (endedUs - beganUs), sorted[0]!.durationUs);
  const rate = (fromUs: number, toUs: number) =>
    perSecond(
      sorted.reduce((sum, window) => sum + window.messages * shareWithin(window, fromUs, toUs), 0),
      toUs - fromUs,
    );
  return { start: rate(beganUs, beganUs + share), end: rate(endedUs - share, endedUs) };
}

function shareWithin({ atUs, durationUs }: Window, fromUs: number, toUs: number): number {
  const overlapUs = Math.min(toUs, atUs + durationUs) - Math.max(fromUs, atUs);
  return durationUs === 0 ? 0 : Math.max(0, overlapUs) / durationUs;
}

function perSecond(messages: number, durationUs: number): number | null {
  return durationUs > 0 ? (messages / durationUs) * 1e6 : null;
}

function shortcomingsOf(asked: number, confirmed: number, { consumed }: Paged): string[] {
  return [
    ...(confirmed < asked ? [`${confirmed} of ${asked} messages were confirmed in the time given`] : []),
    ...(consumed.some(({ timedOut }) => timedOut) ? ["draining was not done in the time given"] : []),
  ];
}
