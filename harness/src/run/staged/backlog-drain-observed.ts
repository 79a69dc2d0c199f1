/** From what a drain saw to what a staged run tells of it. Pure. */
import type { LoadWindow } from "../../load/protocol.ts";
import { type LatencyHistogram, mergeEncoded } from "../../measure/histogram.ts";
import { fullWindowRates } from "../../measure/steadiness.ts";
import { type FiguresOf, figure } from "../../result/figures/index.ts";
import { judgeIntegrity, totalCounts } from "../integrity-verdict.ts";
import type { Drained } from "./backlog-drain.ts";
import { addErrors } from "./observed.ts";
import { stageOf } from "./stage.ts";
import type { ObservedPhase, Staged, StagedObservations } from "./staged-run.ts";

export function observeDrain(
  { plan }: Staged<"backlog-drain">,
  seen: Drained,
): StagedObservations<"backlog-drain"> {
  const { backlog, consumed, live } = seen;
  const publishers = [...backlog.published.reports, ...live];
  const counts = totalCounts(publishers, [consumed]);
  const intact = judgeIntegrity(counts, plan.expect) === "valid";
  const { drainedUs } = momentsOf(seen);
  const windows = { publish: publishers.flatMap((report) => report.windows), consume: consumed.windows };
  const phases = phasesOf(seen, windows);
  const publish = mergeEncoded(live.map(({ histograms }) => histograms.publish));
  return {
    phases,
    figures: figuresOf(seen, phases, publish, intact),
    counts,
    throughput:
      drainedUs === null ? null : { messages: backlog.confirmed, seconds: (drainedUs - seen.beginUs) / 1e6 },
    histograms: {
      response: live.length > 0 ? consumed.histograms.response : null,
      service: live.length > 0 ? consumed.histograms.service : null,
      publish: publish?.encode() ?? null,
      scheduleLag: mergeEncoded(live.map(({ histograms }) => histograms.scheduleLag))?.encode() ?? null,
    },
    windows: { publish: [...windows.publish], consume: [...windows.consume] },
    usage: seen.usage,
    warmup: seen.warmup,
    loadProcesses: [
      ...live.map((report) => ({ role: "publisher" as const, ...report.process })),
      { role: "consumer" as const, ...consumed.process },
    ],
    attainedPerSecond: null,
    publisherErrors: addErrors(publishers),
    shortcomings: shortcomingsOf(seen),
    examples: consumed.examples,
    evidence: {
      batch: backlog.batch,
      beginUs: seen.beginUs,
      ...momentsOf(seen),
      growers: backlog.published.reports.map(({ process }) => process),
      readBackTimedOut: consumed.timedOut,
    },
  };
}

/** Without live messages the queue is empty when the backlog is; with them when one comes that did not wait. */
function momentsOf({ live, consumed: { backlog, lastDeliveryUs } }: Drained) {
  if (live.length === 0) return { drainedUs: lastDeliveryUs, emptyUs: lastDeliveryUs };
  return { drainedUs: backlog?.lastDeliveryUs ?? null, emptyUs: backlog?.caughtUpUs ?? null };
}

function shortcomingsOf(seen: Drained): string[] {
  const { backlog, live } = seen;
  const neverEmpty = live.length > 0 && momentsOf(seen).emptyUs === null;
  return [
    ...(backlog.shortcoming === null ? [] : [backlog.shortcoming]),
    ...(neverEmpty ? ["live messages still waited behind others when publishing ended"] : []),
  ];
}

function phasesOf(
  seen: Drained,
  windows: { readonly publish: readonly LoadWindow[]; readonly consume: readonly LoadWindow[] },
): ObservedPhase[] {
  const { backlog, beginUs, endUs, consumed, rss, live } = seen;
  const whole = { windows, rss: rss.between(0, endUs) };
  const lastUs = consumed.lastDeliveryUs ?? endUs;
  const emptyUs = momentsOf(seen).emptyUs ?? lastUs;
  const read = (fromUs: number, toUs: number) => deliveredBetween(consumed.windows, fromUs, toUs);
  const { fromUs, toUs, confirmed } = backlog;
  const stages = [
    { name: "grow", fromUs, toUs, messages: confirmed },
    { name: "drain", fromUs: beginUs, toUs: emptyUs, messages: read(beginUs, emptyUs) },
    ...(live.length > 0 && emptyUs < lastUs
      ? [{ name: "after", fromUs: emptyUs, toUs: lastUs, messages: read(emptyUs, lastUs) }]
      : []),
  ];
  return stages.map((stage) => stageOf(stage, whole));
}

/** Windows end where a stage does. */
function deliveredBetween(windows: readonly LoadWindow[], fromUs: number, toUs: number): number {
  return windows
    .filter(({ atUs }) => atUs >= fromUs && atUs < toUs)
    .reduce((sum, { messages }) => sum + messages, 0);
}

function figuresOf(
  seen: Drained,
  phases: readonly ObservedPhase[],
  publish: LatencyHistogram | null,
  intact: boolean,
): FiguresOf<"backlog-drain"> {
  const { backlog, beginUs, endUs, consumed, live, rss, usage } = seen;
  const { drainedUs, emptyUs } = momentsOf(seen);
  const response = (name: string) =>
    phases.find(({ summary }) => summary.name === name)?.summary.latencyUs.response;
  const from = (atUs: number | null, why: string) =>
    intact && atUs !== null ? figure(atUs - beginUs) : figure(null, intact ? why : NOT_INTACT);
  const ofLive = (value: number | null | undefined) =>
    figure(value ?? null, live.length === 0 ? "nothing was published while it was drained" : null);
  const grown = rss.between(0, beginUs);
  const since = rss.between(beginUs, endUs);
  return {
    backlogDrainRate: figure(
      intact && drainedUs !== null ? (backlog.confirmed / (drainedUs - beginUs)) * 1e6 : null,
    ),
    drainSlowestSecond: slowestSecond(consumed.windows, drainedUs),
    beginToFirstDelivery: from(consumed.firstDeliveryUs, "nothing was delivered"),
    beginToDrained: from(drainedUs, "nothing was delivered"),
    beginToEmpty: from(emptyUs, "it was never empty"),
    liveDrainingP50: ofLive(response("drain")?.p50),
    liveDrainingP99: ofLive(response("drain")?.p99),
    liveDrainedP50: ofLive(response("after")?.p50),
    liveDrainedP99: ofLive(response("after")?.p99),
    livePublishP99: ofLive(publish?.summary().p99),
    backlogGrowthRate: figure((backlog.confirmed / (backlog.toUs - backlog.fromUs)) * 1e6),
    rssGrown: figure(grown.at(-1)?.bytes ?? null),
    rssDrainPeak: figure(usage.target?.peakRssBytes ?? null),
    rssDrained: figure(since.at(-1)?.bytes ?? null),
  };
}

const NOT_INTACT = "not everything confirmed came back intact";

/** Of full seconds before the backlog was read; the first has the ramp-up. */
function slowestSecond(windows: readonly LoadWindow[], drainedUs: number | null) {
  const full = windows.filter(({ atUs, durationUs }) => drainedUs !== null && atUs + durationUs <= drainedUs);
  const rates = fullWindowRates(full).slice(1);
  if (rates.length === 0) return figure(null, "drained within two seconds");
  return figure(Math.min(...rates));
}
