/** The warm-up phase: bursts of the plan's own load until the rate has settled or the time is up. */
import { isLevel } from "../measure/steadiness.ts";
import { publishUntilTaken } from "./publish.ts";
import { openDestination, type RunningPlan } from "./running-plan.ts";
import { RateWindows, type WarmupBounds, type WarmupEvidence, warmupBounds } from "./warmup-bounds.ts";

/** Shorter is not worth a burst of its own. */
const LEAST_BURST_MS = 250;

export async function warmUp(running: RunningPlan, alreadyWarm: boolean): Promise<WarmupEvidence> {
  const { plan, target, group, deps } = running;
  const bounds = warmupBounds(plan.phases.warmup, target.warmup, alreadyWarm);
  if (bounds === null) return { kind: "none", settled: true, elapsedMs: 0, windowRates: [] };
  const windows = new RateWindows(bounds.windowMs);
  const beganUs = deps.nowUs();
  const elapsedMs = () => (deps.nowUs() - beganUs) / 1000;
  const state = { batchRecords: 1 };
  const done = () => elapsedMs() >= bounds.leastMs && windows.settled(state.batchRecords);
  const stopListening = group.onPublished((progress) => {
    windows.add(progress);
    if (done()) group.stopPublishing();
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
 * One destination's worth of load: the measured phase's disk bound holds for each, and it is removed, so a long
 * warm-up needs no more disk than the measurement.
 */
async function burst(
  running: RunningPlan,
  bounds: WarmupBounds,
  remainingMs: number,
  onShape: (batchRecords: number) => void,
): Promise<void> {
  const { plan, target, load, group, guard, deps } = running;
  const runId = deps.newRunId();
  await using destination = await openDestination(running, runId);
  const shape = await group.prepare(running, target.endpoint, destination.name, runId, guard);
  onShape(shape.records);
  const readAlong = load.readsAlong;
  const limits = { durationMs: remainingMs, maxBytes: plan.phases.measure.maxBytes, readAlong };
  const { reports } = await publishUntilTaken(group, destination, limits, { guard, nowUs: deps.nowUs });
  if (!readAlong) return;
  // What the consumers found is not judged here, but they must be through before the next topic.
  const outcomes = reports.flatMap((report) => report.outcomes);
  await group.readBack(outcomes, { timeoutMs: 3 * bounds.windowMs, startAtUs: null, guard });
}
