/**
 * Grow a backlog without consumers, then let them begin, while publishing is stopped or goes on at a fixed rate. Live
 * messages come from producers of their own, by which they are told from the backlog.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Load, loadOf } from "../../load/load-of-plan.ts";
import type { ConsumerReport, PublisherReport } from "../../load/protocol.ts";
import { RssSeries } from "../../measure/rss-series.ts";
import { type PhaseUsage, ResourceSampler } from "../../measure/sampler.ts";
import { Guard } from "../guard.ts";
import type { Published } from "../publish.ts";
import type { WarmupEvidence } from "../warmup-bounds.ts";
import { type Backlog, growBacklog, publishing, readerOf } from "./backlog.ts";
import { observeDrain } from "./backlog-drain-observed.ts";
import { BacklogReader } from "./backlog-reader.ts";
import { LivePublishers } from "./live-publishers.ts";
import type { Staged, StagedObservations, StagedRun } from "./staged-run.ts";
import { warmUpFor } from "./warm-up-for.ts";

export const backlogDrain: StagedRun<"backlog-drain"> = { steadily: () => null, run };

/** How long a target may take over what is in flight before it counts as unreachable. */
const IN_FLIGHT_TIMEOUT_MS = 60_000;
/** Live messages are there when the consumers begin, so that what the queue holds is never only the backlog. */
const LIVE_LEAD_MS = 100;

/** Everything that was seen, for the result to be made of. */
export interface Drained {
  readonly backlog: Backlog;
  readonly warmup: WarmupEvidence;
  /** Consumers were told to begin. */
  readonly beginUs: number;
  readonly endUs: number;
  readonly consumed: ConsumerReport;
  /** Of the live publishers; none where publishing was stopped. */
  readonly live: readonly PublisherReport[];
  readonly usage: PhaseUsage;
  readonly rss: RssSeries;
}

async function run(staged: Staged<"backlog-drain">): Promise<StagedObservations<"backlog-drain">> {
  const { plan, target, deps, enter } = staged;
  const warmup = await warmUpFor(staged, deliveries(staged));
  await using reader = await BacklogReader.start();
  using rss = new RssSeries(target.pid, deps.nowUs);
  enter("growing the backlog");
  const backlog = await growBacklog(staged);

  enter("connecting");
  const { ratePerSecond } = plan.parameters;
  await using live =
    ratePerSecond === null
      ? null
      : await LivePublishers.connect(staged, backlog, loadOf(publishing(plan, ratePerSecond)));
  using guard = new Guard(deps.signal, [target.died, reader.failed, ...(live ? [live.failed] : [])]);
  const reading = readerOf(backlog, staged, drainParameters(staged, backlog.load));
  const told = live === null ? reading : { ...reading, live: live.producers };
  await guard.wait(reader.prepare(told), IN_FLIGHT_TIMEOUT_MS, "connecting the consumers");
  rss.sample();

  enter("draining");
  using sampler = new ResourceSampler(target.pid, [reader.pid, ...(live?.pids ?? [])]);
  live?.publish(plan.phases.measure.durationMs, deps.nowUs());
  await guard.wait(sleep(live === null ? 0 : LIVE_LEAD_MS), IN_FLIGHT_TIMEOUT_MS, "the first live messages");
  const beginUs = deps.nowUs();
  reader.begin(beginUs, plan.phases.verify.timeoutMs);
  const reports = live === null ? [] : await untilAfter(staged, live, reader, guard);
  enter("reading the rest");
  const outcomes = [...backlog.outcomes, ...reports.flatMap((report) => report.outcomes)];
  const consumed = await reader.finish(outcomes, plan.phases.verify.timeoutMs, guard);
  const usage = sampler.finish();
  rss.sample();
  const seen = { backlog, warmup, beginUs, endUs: deps.nowUs(), consumed, live: reports, usage, rss };
  return observeDrain(staged, seen);
}

/** Until live messages have not waited for `afterMs`, or, where they never cease to wait, for all of the measured time. */
async function untilAfter(
  { plan }: Staged<"backlog-drain">,
  live: LivePublishers,
  reader: BacklogReader,
  guard: Guard,
): Promise<Published["reports"]> {
  const { durationMs } = plan.phases.measure;
  const { afterMs } = plan.parameters;
  const ended = live.reports();
  const first = Promise.race([reader.caughtUp().then(() => "caught up"), ended.then(() => "ended")]);
  const patienceMs = durationMs + IN_FLIGHT_TIMEOUT_MS;
  if ((await guard.wait(first, patienceMs, "draining the backlog")) === "caught up") {
    await guard.wait(sleep(afterMs), afterMs + IN_FLIGHT_TIMEOUT_MS, "publishing on");
    live.stop();
  }
  return await guard.wait(ended, patienceMs, "confirming the last live messages");
}

/** What the broker will do in the drain: messages that come in and go out at once, as fast as they can. */
function deliveries({ plan }: Staged<"backlog-drain">) {
  const { publishers: _, queues: __, ...messages } = publishing(plan, null).parameters;
  const alone = { subscribers: 1, topics: 1, slowPolicy: "none", maxLength: 1, slowPauseMs: 0 } as const;
  return { ...plan, workload: "fanout", mode: "closed", parameters: { ...alone, ...messages } } as const;
}

function drainParameters({ plan }: Staged<"backlog-drain">, load: Load): Load["parameters"] {
  const { consumers, prefetch, ackEvery, ratePerSecond } = plan.parameters;
  if (load.kind === "log") return { ...load.parameters, ratePerSecond };
  return { ...load.parameters, consumersPerQueue: consumers, prefetch, ackEvery, ratePerSecond };
}
