/** Messages posted over HTTP while /metrics is scraped, each counted afterwards by reading its queue or topic back. */
import { HarnessError } from "../../errors.ts";
import { loadOf } from "../../load/load-of-plan.ts";
import { LatencyHistogram } from "../../measure/histogram.ts";
import { type FiguresOf, figure } from "../../result/figures/index.ts";
import type { PlanOf, SteadyPlan } from "../../scenario/plan.ts";
import { Guard } from "../guard.ts";
import { LoadGroup } from "../load-group.ts";
import type { RunningPlan } from "../running-plan.ts";
import { warmUp } from "../warm-up.ts";
import { MetricsScraper, type Scrape } from "./metrics-scraper.ts";
import { observedLoad, prepareDestination, readLoadBack, sendLoad, windowsOf } from "./played-load.ts";
import { StageRecorder } from "./stage-recorder.ts";
import type { Staged, StagedObservations, StagedRun } from "./staged-run.ts";

export const httpIngest: StagedRun<"http-ingest"> = {
  // No sink speaks HTTP; what autocannon's own process takes shows in its CPU.
  steadily: () => null,
  run,
};

async function run(staged: Staged<"http-ingest">): Promise<StagedObservations<"http-ingest">> {
  const { plan, target, deps, enter } = staged;
  const { http } = target.endpoint;
  if (http === undefined) {
    throw new HarnessError("USAGE", `target ${plan.target} does not listen for HTTP`, {
      hint: "http-ingest is for reference and rabbitmq",
    });
  }
  const scraper = new MetricsScraper(http, deps.nowUs);
  const steady = postingLoadOf(plan);
  const load = loadOf(steady);
  await using group = await LoadGroup.start(load, deps.loadProcesses);
  using guard = new Guard(deps.signal, [target.died, group.failed]);
  await using admin = await deps.connectAdmin(plan.protocol, target.endpoint);
  const running: RunningPlan = { plan: steady, target, admin, load, group, guard, deps };
  using stages = new StageRecorder({ pid: target.pid, nowUs: deps.nowUs, enter });

  const warmup = await stages.stage("warm-up", () => warmUp(running, staged.alreadyWarm));
  await using prepared = await prepareDestination(running);
  // The first builds what later ones use again.
  await scraper.scrape();
  const idleScrape = await scraper.scrape();
  const { sent, scrapes } = await stages.stage("posting", async () => {
    const sending = sendLoad(running, prepared);
    const scraping = scraper.scrapeUntil(sending, plan.parameters.scrapeEveryMs);
    // A scrape that fails does not end the load, which is left running by nobody.
    await Promise.allSettled([sending, scraping]);
    return { sent: await sending, scrapes: await scraping };
  });
  stages.count(sent.published.reports.reduce((sum, report) => sum + report.confirmedMessages, 0));
  const consumed = await stages.stage("reading back", () => readLoadBack(running, sent.published));
  const seen = observedLoad(load, { ...sent, consumed });
  return {
    ...seen,
    warmup,
    phases: stages.phases(windowsOf({ ...sent, consumed })),
    figures: figuresOf(seen, idleScrape, scrapes),
    shortcomings: scrapes.length === 0 ? ["/metrics was not scraped once: the load was too short"] : [],
    evidence: { ...seen.evidence, idleScrape, scrapes },
  };
}

/** Closed loop; the confirm window of one message is autocannon's one request at a time. */
function postingLoadOf(plan: PlanOf<"http-ingest">): SteadyPlan {
  const { connections, payloadBytes, payloadKind, persistent } = plan.parameters;
  return {
    ...plan,
    workload: "publish-confirm",
    parameters: {
      publishers: connections,
      queues: 1,
      payloadBytes,
      payloadKind,
      persistent,
      confirmWindow: 1,
      batchBytes: payloadBytes + BATCH_ROOM_BYTES,
      lingerMs: 0,
      ratePerSecond: null,
    },
  };
}

/** More than a record batch adds to a record; the broker makes the batch, nothing of ours is held to this. */
const BATCH_ROOM_BYTES = 1024;

type Seen = Pick<StagedObservations, "counts" | "throughput" | "histograms" | "usage" | "attainedPerSecond">;

function figuresOf(seen: Seen, idle: Scrape, scrapes: readonly Scrape[]): FiguresOf<"http-ingest"> {
  const { counts, throughput, histograms, usage } = seen;
  const requests = histograms.publish === null ? null : LatencyHistogram.decode(histograms.publish).summary();
  const cpuSeconds = usage.target?.cpuSeconds ?? null;
  const scrapeTimes = scrapes.map(({ tookUs }) => tookUs).toSorted((a, b) => a - b);
  return {
    requestRate: figure(throughput === null ? null : counts.confirmed / throughput.seconds),
    requestP50: figure(requests?.p50 ?? null),
    requestP99: figure(requests?.p99 ?? null),
    cpuPerMessage: figure(
      cpuSeconds === null || counts.confirmed === 0 ? null : (cpuSeconds * 1e6) / counts.confirmed,
      "scrapes included",
    ),
    scrapes: figure(scrapes.length),
    scrapeIdle: figure(idle.tookUs),
    scrapeP50: figure(scrapeTimes[Math.floor(scrapeTimes.length / 2)] ?? null),
    scrapeMax: figure(scrapeTimes.at(-1) ?? null),
    scrapeBytes: figure(scrapes.at(-1)?.bytes ?? idle.bytes),
  };
}
