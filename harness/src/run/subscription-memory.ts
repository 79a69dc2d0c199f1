/** What one subscriber costs a broker in memory while nothing is sent. */
import { setTimeout as sleep } from "node:timers/promises";
import { descendants, listProcesses, readTreeUsage } from "../measure/process-tree.ts";
import { openDestination, type RunningPlan } from "./running-plan.ts";

/** Allocation that a start or a subscription leaves behind has come and gone by then. */
const SETTLE_MS = 500;

/**
 * Resident bytes per subscriber (queue, binding, connection, channel, consumer), from the growth of the target's process
 * tree when all of the plan's subscribers have come. null without subscribers, without a process of ours, and where /proc
 * does not tell. The fewer subscribers, the more of it is noise.
 */
export async function measureSubscriptionMemory(running: RunningPlan): Promise<number | null> {
  const { plan, target, load, group, guard, deps } = running;
  const { pid } = target;
  if (plan.workload !== "fanout" || pid === null || process.platform !== "linux") return null;
  const beforeBytes = await residentBytes(pid);
  const runId = deps.newRunId();
  await using destination = await openDestination(running, runId);
  await group.prepare(running, target.endpoint, destination.name, runId, guard);
  const grownBytes = (await residentBytes(pid)) - beforeBytes;
  return Math.max(0, Math.round(grownBytes / load.deliveriesPerMessage));
}

async function residentBytes(pid: number): Promise<number> {
  await sleep(SETTLE_MS);
  return readTreeUsage(descendants(pid, listProcesses())).rssBytes;
}
