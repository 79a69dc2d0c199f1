/**
 * Fill, stop, start on the same data, first delivery, read back. The consumer's process is there before the broker is
 * stopped and tries to connect from the start on, as one does that wants its messages.
 */
import { HarnessError, invariant } from "../../errors.ts";
import type { ConsumerReport } from "../../load/protocol.ts";
import { RssSeries } from "../../measure/rss-series.ts";
import { type PhaseUsage, ResourceSampler } from "../../measure/sampler.ts";
import { type FiguresOf, figure } from "../../result/figures/index.ts";
import { Guard } from "../guard.ts";
import { judgeIntegrity, totalCounts } from "../integrity-verdict.ts";
import { type Backlog, growBacklog, readerOf } from "./backlog.ts";
import { BacklogReader } from "./backlog-reader.ts";
import { addErrors, NO_WARMUP } from "./observed.ts";
import { stageOf } from "./stage.ts";
import type { Staged, StagedObservations, StagedRun } from "./staged-run.ts";

/** Longer than a clean stop may take (targets/restartable-broker.ts). */
const STOP_TIMEOUT_MS = 180_000;

export const recovery: StagedRun<"recovery"> = { steadily: () => null, run };

/** When what happened; microseconds, on one clock. */
interface Moments {
  readonly stopUs: number;
  readonly stoppedUs: number;
  readonly startUs: number;
  readonly acceptedUs: number;
  readonly servedUs: number;
  readonly endUs: number;
}

interface Recovered {
  readonly backlog: Backlog;
  readonly moments: Moments;
  readonly consumed: ConsumerReport;
  readonly usage: PhaseUsage;
  readonly rss: RssSeries;
}

async function run(staged: Staged<"recovery">): Promise<StagedObservations<"recovery">> {
  const { plan, target, deps, enter } = staged;
  const { restart } = target;
  if (restart === null) {
    throw new HarnessError("USAGE", `target ${plan.target} cannot be stopped and started again`, {
      hint: "recovery runs on reference, kafka and rabbitmq, which are started here and keep what they get",
    });
  }
  await using reader = await BacklogReader.start();
  using rss = new RssSeries(target.pid, deps.nowUs);
  enter("filling");
  const backlog = await growBacklog(staged);
  rss.sample();

  enter(plan.parameters.stop === "clean" ? "stopping the broker" : "killing the broker");
  using stopping = new Guard(deps.signal, [reader.failed]);
  const stopUs = deps.nowUs();
  const stopMs = await stopping.wait(
    restart.stop(plan.parameters.stop),
    STOP_TIMEOUT_MS,
    "the broker's stop",
  );
  rss.watch(null);

  enter("starting it again");
  const { timeoutMs } = plan.phases.verify;
  const { retryMs } = plan.parameters;
  const attaching = { attach: { retryMs, timeoutMs }, ...readingAlong(readerOf(backlog, staged)) };
  const ready = reader.prepare(attaching);
  const startUs = deps.nowUs();
  const { pid, died } = await stopping.wait(restart.start(), STOP_TIMEOUT_MS, "the broker's start");
  rss.watch(pid);
  using sampler = new ResourceSampler(pid, [reader.pid]);
  using guard = new Guard(deps.signal, [died, reader.failed]);
  // Longer than the reader's own patience: it knows what stood in its way.
  const { attached } = await guard.wait(ready, timeoutMs + STOP_TIMEOUT_MS, "the broker's recovery");
  invariant(attached, "a reader that attaches tells when");
  rss.sample();

  enter("reading back");
  const consumed = await reader.finish(backlog.outcomes, timeoutMs, guard);
  rss.sample();
  const moments = { stopUs, stoppedUs: stopUs + stopMs * 1e3, startUs, ...attached, endUs: deps.nowUs() };
  return observe(staged, { backlog, moments, consumed, usage: sampler.finish(), rss });
}

/** Consuming begins with the connection, not with a further word. */
function readingAlong(load: ReturnType<typeof readerOf>): ReturnType<typeof readerOf> {
  return load.kind === "queues" ? { ...load, readsAlong: true } : load;
}

function observe(
  { plan }: Staged<"recovery">,
  { backlog, moments, consumed, usage, rss }: Recovered,
): StagedObservations<"recovery"> {
  const { reports } = backlog.published;
  const counts = totalCounts(reports, [consumed]);
  const intact = judgeIntegrity(counts, plan.expect) === "valid";
  const windows = { publish: reports.flatMap((report) => report.windows), consume: consumed.windows };
  const seen = { windows, rss: rss.between(0, moments.endUs) };
  const firstUs = consumed.firstDeliveryUs ?? moments.endUs;
  const lastUs = consumed.lastDeliveryUs ?? moments.endUs;
  const { fromUs, toUs } = backlog;
  const { stopUs, stoppedUs, startUs } = moments;
  const { delivered } = counts;
  const stages = [
    { name: "fill", fromUs, toUs, messages: backlog.confirmed },
    { name: "stop", fromUs: stopUs, toUs: stoppedUs, messages: null },
    { name: "recover", fromUs: startUs, toUs: firstUs, messages: null },
    { name: "read back", fromUs: firstUs, toUs: moments.endUs, messages: delivered },
  ];
  return {
    phases: stages.map((stage) => stageOf(stage, seen)),
    figures: figuresOf(backlog, moments, consumed, usage, rss, intact),
    counts,
    throughput: { messages: delivered, seconds: (lastUs - startUs) / 1e6 },
    histograms: { response: null, service: null, publish: null, scheduleLag: null },
    windows: { publish: [...windows.publish], consume: [...windows.consume] },
    usage,
    warmup: NO_WARMUP,
    // The times are the broker's: neither the publisher that filled nor the reader afterwards can be what limits them.
    loadProcesses: [],
    attainedPerSecond: null,
    publisherErrors: addErrors(reports),
    shortcomings: backlog.shortcoming === null ? [] : [backlog.shortcoming],
    examples: consumed.examples,
    evidence: {
      moments,
      batch: backlog.batch,
      publishers: reports.map(({ process }) => process),
      reader: consumed.process,
      readBackTimedOut: consumed.timedOut,
    },
  };
}

/** A broker that has lost a confirmed message has not recovered, however soon it answered. */
function figuresOf(
  backlog: Backlog,
  { acceptedUs, servedUs, startUs, stopUs, stoppedUs, endUs }: Moments,
  { firstDeliveryUs, lastDeliveryUs, delivered }: ConsumerReport,
  usage: PhaseUsage,
  rss: RssSeries,
  intact: boolean,
): FiguresOf<"recovery"> {
  const from = (beganUs: number, atUs: number | null) =>
    intact && atUs !== null
      ? figure(atUs - beganUs)
      : figure(null, "not everything confirmed came back intact");
  const whole = from(startUs, lastDeliveryUs);
  const readUs = firstDeliveryUs === null || lastDeliveryUs === null ? 0 : lastDeliveryUs - firstDeliveryUs;
  const before = rss.between(0, stopUs);
  const since = rss.between(startUs, endUs);
  const atFirst = since.find(({ atUs }) => atUs >= (firstDeliveryUs ?? servedUs)) ?? since.at(-1);
  return {
    startToFirstDelivery: from(startUs, firstDeliveryUs),
    startToAccept: from(startUs, acceptedUs),
    acceptToServed: from(acceptedUs, servedUs),
    servedToDelivery: from(servedUs, firstDeliveryUs),
    startToAllRead: whole,
    readBackRate: figure(intact && readUs > 0 ? (delivered / readUs) * 1e6 : null),
    stopTime: figure(stoppedUs - stopUs),
    fillRate: figure((backlog.confirmed / (backlog.toUs - backlog.fromUs)) * 1e6),
    rssBeforeStop: figure(before.at(-1)?.bytes ?? null),
    rssAtFirstDelivery: figure(atFirst?.bytes ?? null),
    rssPeakSinceStart: figure(usage.target?.peakRssBytes ?? null),
    rssAllRead: figure(since.at(-1)?.bytes ?? null),
  };
}
