/** The warm-up phase: bursts of the plan's own load until the rate has settled or the time is up. */
import { isLevel } from "../measure/steadiness.ts";
import { publishUntilLogEnd } from "./publish.ts";
import { openTopic, type RunningPlan } from "./running-plan.ts";
import { RateWindows, type WarmupBounds, type WarmupEvidence, warmupBounds } from "./warmup-bounds.ts";

/** Shorter is not worth a burst of its own. */
const LEAST_BURST_MS = 250;

export async function warmUp(running: RunningPlan, alreadyWarm: boolean): Promise<WarmupEvidence> {
  const { plan, target, load, deps } = running;
  const bounds = warmupBounds(plan.phases.warmup, target.warmup, alreadyWarm);
  if (bounds === null) return { kind: "none", settled: true, elapsedMs: 0, windowRates: [] };
  const windows = new RateWindows(bounds.windowMs);
  const beganUs = deps.nowUs();
  const elapsedMs = () => (deps.nowUs() - beganUs) / 1000;
  const state = { batchRecords: 1 };
  const done = () => elapsedMs() >= bounds.leastMs && windows.settled(state.batchRecords);
  const stopListening = load.onPublished((progress) => {
    windows.add(progress);
    if (done()) load.stopPublishing();
  });
  try {
    while (!done() && bounds.mostMs - elapsedMs() >= LEAST_BURST_MS) {
      windows.interrupt();
      await burst(running, bounds, bounds.mostMs - elapsedMs(), (records) => (state.batchRecords = records));
    }
  } finally {
    stopListening();
  }
  return {
    kind: alreadyWarm ? "brief" : "full",
    settled: windows.settled(state.batchRecords) || isLevel(windows.rates),
    elapsedMs: elapsedMs(),
    windowRates: windows.rates,
  };
}

/**
 * One topic's worth of load: the measured phase's disk bound holds for each, and its topic is deleted, so a long
 * warm-up needs no more disk than the measurement.
 */
async function burst(
  running: RunningPlan,
  bounds: WarmupBounds,
  remainingMs: number,
  onShape: (batchRecords: number) => void,
): Promise<void> {
  const { plan, target, admin, load, guard, deps } = running;
  const runId = deps.newRunId();
  await using topic = await openTopic(running, runId);
  const shape = await load.prepare(plan, target.endpoint, topic, runId, guard);
  onShape(shape.records);
  const readAlong = plan.mode === "open";
  const limits = { durationMs: remainingMs, maxBytes: plan.phases.measure.maxBytes, readAlong };
  const { reports } = await publishUntilLogEnd(load, topic, limits, { admin, guard, nowUs: deps.nowUs });
  if (!readAlong) return;
  // What the consumers found is not judged here, but they must be through before the next topic.
  const outcomes = reports.flatMap((report) => report.outcomes);
  await load.readBack(outcomes, { timeoutMs: 3 * bounds.windowMs, startAtUs: null, guard });
}
