/** What a run of `ttl-storm` comes to. Pure. */
import { type LatencyHistogram, mergeEncoded } from "../../measure/histogram.ts";
import { type FiguresOf, figure } from "../../result/figures/index.ts";
import type { PlanOf, TtlStormParameters } from "../../scenario/plan.ts";
import { type IntegrityCounts, totalCounts } from "../integrity-verdict.ts";
import { pooledHistograms } from "../pooled-histograms.ts";
import { latenessFromDepth } from "./lateness.ts";
import { addErrors } from "./observed.ts";
import { stageOf } from "./stage.ts";
import type { ObservedPhase, StagedObservations } from "./staged-run.ts";
import type { Storm } from "./ttl-storm.ts";

/** How late the storm's messages were, and how that is known. */
interface StormLateness {
  /** null: nothing tells. */
  readonly histogram: LatencyHistogram | null;
  readonly early: number | null;
  readonly earliestUs: number;
  readonly note: string;
}

export function observeStorm(plan: PlanOf<"ttl-storm">, storm: Storm): StagedObservations<"ttl-storm"> {
  const { parameters: p } = plan;
  const { moments, stormReports, liveReports, liveConsumed, deadLetters, usage, left } = storm;
  const counts = countsOf(storm, p.deadLetter);
  const confirmed = sum(stormReports.map((report) => report.confirmedMessages));
  const windows = {
    publish: stormReports.flatMap((report) => report.windows),
    consume: liveConsumed.flatMap((report) => report.windows),
  };
  const delivered = (fromUs: number, toUs: number) =>
    sum(windows.consume.filter(({ atUs }) => atUs >= fromUs && atUs < toUs).map(({ messages }) => messages));
  const { fillUs, filledUs, calmUs, stormUs, goneUs, endUs } = moments;
  const seen = { windows, rss: storm.rss.between(0, endUs) };
  const stages = [
    { name: "fill", fromUs: fillUs, toUs: filledUs, messages: confirmed },
    { name: "before", fromUs: calmUs, toUs: stormUs, messages: delivered(calmUs, stormUs) },
    { name: "storm", fromUs: stormUs, toUs: goneUs, messages: confirmed - left },
    { name: "after", fromUs: goneUs, toUs: endUs, messages: delivered(goneUs, endUs) },
  ].map((stage) => stageOf(stage, seen));
  const lateness = latenessOf(p, storm, confirmed);
  return {
    phases: stages,
    figures: figuresOf(p, storm, counts, confirmed, lateness, stages),
    counts,
    throughput: { messages: confirmed - left, seconds: (goneUs - stormUs) / 1e6 },
    histograms: pooledHistograms(liveReports, liveConsumed),
    windows,
    usage,
    warmup: storm.warmup,
    // Filling is no figure that its publisher's own speed could spoil.
    loadProcesses: [
      ...liveReports.map(({ process }) => ({ role: "publisher" as const, ...process })),
      ...[...liveConsumed, ...deadLetters].map(({ process }) => ({ role: "consumer" as const, ...process })),
    ],
    attainedPerSecond: null,
    publisherErrors: addErrors([...stormReports, ...liveReports]),
    shortcomings: shortcomingsOf(p, confirmed, left, lateness),
    examples: [...liveConsumed, ...deadLetters].flatMap((report) => report.examples),
    evidence: {
      moments,
      batch: storm.batch,
      lateness: lateness.histogram?.encode() ?? null,
      deadLetterDeliveries: deadLetters.map(({ firstDeliveryUs, lastDeliveryUs }) => [
        firstDeliveryUs,
        lastDeliveryUs,
      ]),
      fillProcesses: stormReports.map(({ process }) => process),
      depths: storm.depths.filter(({ atUs }) => atUs >= calmUs),
    },
  };
}

/** Of the living and of the storm: what expired without a dead letter is what its queues no longer hold. */
function countsOf(
  { stormReports, liveReports, liveConsumed, deadLetters, left }: Storm,
  deadLetter: boolean,
) {
  const counts: IntegrityCounts = totalCounts(
    [...stormReports, ...liveReports],
    [...liveConsumed, ...deadLetters],
  );
  if (deadLetter) return counts;
  const confirmed = sum(stormReports.map((report) => report.confirmedMessages));
  return { ...counts, expired: Math.max(0, confirmed - left) };
}

function latenessOf(p: TtlStormParameters, storm: Storm, confirmed: number): StormLateness {
  if (p.deadLetter) {
    const histogram = mergeEncoded(storm.deadLetters.map(({ histograms }) => histograms.response));
    return {
      histogram,
      early: sum(storm.deadLetters.map(({ early }) => early?.messages ?? 0)),
      earliestUs: Math.max(0, ...storm.deadLetters.map(({ early }) => early?.mostUs ?? 0)),
      note: "the dead letter's arrival minus the deadline that the message carries",
    };
  }
  if (p.due === "queue-ttl") {
    const note = "deadlines that follow the publishing are told by dead letters only";
    return { histogram: null, early: null, earliestUs: 0, note };
  }
  const firstUs = storm.moments.startUs + p.leadMs * 1e3;
  const stepUs = p.due === "spread" ? (p.spreadMs * 1e3) / p.stormMessages : 0;
  const told = latenessFromDepth(storm.depths, confirmed, (nth) => firstUs + nth * stepUs);
  const note =
    "from the depth of the storm's queues, asked every 20 ms: when a sample no longer counted the message, minus its deadline; an upper bound";
  return { ...told, note };
}

function figuresOf(
  p: TtlStormParameters,
  storm: Storm,
  counts: IntegrityCounts,
  confirmed: number,
  lateness: StormLateness,
  phases: readonly ObservedPhase[],
): FiguresOf<"ttl-storm"> {
  const { moments, depths, rss, usage, left, deadLetters, stormReports, loopDelayP99Us } = storm;
  const { histogram, early, note } = lateness;
  const summary = histogram?.summary() ?? null;
  const living = (name: string) =>
    phases.find((phase) => phase.summary.name === name)?.summary.latencyUs.response;
  const live = (name: string) => living(name)?.p99 ?? null;
  const [before, during] = [live("before"), live("storm")];
  const few = (name: string) => {
    const slowestUs = living(name)?.max;
    const slowest =
      typeof slowestUs !== "number" ? "" : `; the slowest took ${(slowestUs / 1e3).toFixed(1)} ms`;
    return `fewer than ten live messages above it${slowest}`;
  };
  const liveFigure = (value: number | null, name: string) => figure(value, value === null ? few(name) : null);
  const deadLettered = sum(deadLetters.map(({ delivered }) => delivered));
  const lastSendUs = Math.max(...stormReports.map((report) => report.lastSendUs));
  const lastDueUs =
    p.due === "queue-ttl"
      ? lastSendUs + p.leadMs * 1e3
      : moments.startUs + (p.leadMs + (p.due === "spread" ? p.spreadMs : 0)) * 1e3;
  const emptyUs = depths.find(({ atUs, messages }) => messages === 0 && atUs >= moments.stormUs)?.atUs;
  const rssAt = (atUs: number) => rss.between(0, atUs).at(-1)?.bytes ?? null;
  const rssBefore = rssAt(moments.fillUs);
  const rssAfter = rssAt(moments.endUs);
  const rssPeak = usage.target?.peakRssBytes ?? null;
  const taken = rssBefore === null || rssPeak === null ? 0 : rssPeak - rssBefore;
  return {
    latenessP50: figure(summary?.p50 ?? null, note),
    latenessP99: figure(summary?.p99 ?? null, note),
    latenessP999: figure(summary?.p99_9 ?? null, note),
    latenessMax: figure(summary?.max ?? null, note),
    early: figure(early, early === null ? note : null),
    deadLettered: p.deadLetter
      ? figure(deadLettered)
      : figure(null, "the queues have no dead-letter exchange"),
    expired: p.deadLetter ? figure(null, "what expires becomes a dead letter") : figure(counts.expired),
    unaccounted: figure(confirmed - left - (p.deadLetter ? deadLettered : counts.expired)),
    goneAfter:
      emptyUs === undefined
        ? figure(null, "they were not seen empty in the time given")
        : figure(Math.max(0, emptyUs - lastDueUs) / 1e6),
    liveBeforeP99: liveFigure(before, "before"),
    liveDuringP99: liveFigure(during, "storm"),
    liveAfterP99: liveFigure(live("after"), "after"),
    liveSlowdown: liveFigure(
      before === null || during === null ? null : during / before,
      during === null ? "storm" : "before",
    ),
    fillRate: figure((confirmed / (moments.filledUs - moments.fillUs)) * 1e6),
    rssBefore: figure(rssBefore),
    rssFull: figure(rssAt(moments.stormUs)),
    rssPeak: figure(rssPeak),
    rssAfter: figure(rssAfter),
    memoryGivenBack: figure(
      taken > 0 && rssAfter !== null ? (rssPeak! - rssAfter) / taken : null,
      "(RSS peak - RSS after) / (RSS peak - RSS before)",
    ),
    eventLoopDelayP99: figure(loopDelayP99Us, loopDelayP99Us === null ? "the target does not tell it" : null),
  };
}

function shortcomingsOf(
  { stormMessages }: TtlStormParameters,
  confirmed: number,
  left: number,
  { early, earliestUs }: StormLateness,
): string[] {
  return [
    ...(confirmed < stormMessages
      ? [`${confirmed} of ${stormMessages} messages were confirmed before the calm`]
      : []),
    ...(left > 0 ? [`${left} messages still waited when they should long have expired`] : []),
    ...(early
      ? [`${early} messages ended up to ${(earliestUs / 1e3).toFixed(1)} ms before they were due`]
      : []),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
