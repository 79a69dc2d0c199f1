/** What a target, and the kernel for it, need while nothing is asked of them. */
import { setTimeout as sleep } from "node:timers/promises";
import { type KernelMemory, readKernelMemory } from "../../measure/kernel-memory.ts";
import { descendants, listProcesses, readTreeUsage } from "../../measure/process-tree.ts";
import type { Guard } from "../guard.ts";

/** Allocation and collection that connecting leaves behind have come and gone by then, unless the plan has no time for that. */
const SETTLE_MS = 2_000;
const PATIENCE_MS = 30_000;

export interface MemoryReading {
  /** Of the process tree. */
  readonly rssBytes: number;
  readonly kernel: KernelMemory | null;
}

/** After things have settled; null for a target without a process of ours, and elsewhere than on Linux. */
export async function readSettledMemory(
  pid: number | null,
  idleMs: number,
  guard: Guard,
): Promise<MemoryReading | null> {
  if (pid === null || process.platform !== "linux") return null;
  await guard.wait(sleep(Math.min(SETTLE_MS, idleMs)), PATIENCE_MS, "settling");
  return { rssBytes: readTree(pid).rssBytes, kernel: readKernelMemory() };
}

/** CPU seconds a second of the target's process tree over the time; null as above. Ticks are 10 ms. */
export async function watchIdleCpu(pid: number | null, idleMs: number, guard: Guard): Promise<number | null> {
  if (pid === null || process.platform !== "linux") return null;
  const [beganMs, beganCpuUs] = [performance.now(), readTree(pid).cpuUs];
  await guard.wait(sleep(idleMs), idleMs + PATIENCE_MS, "watching the idle target");
  return (readTree(pid).cpuUs - beganCpuUs) / 1e3 / (performance.now() - beganMs);
}

function readTree(pid: number) {
  return readTreeUsage(descendants(pid, listProcesses()));
}

export interface ConnectionMemory {
  readonly rssBytes: number;
  readonly socketBufferBytes: number | null;
  readonly objectBytes: number | null;
}

/** Growth between two readings for each of the connections, whole bytes; below nothing it is noise, and 0. Pure. */
export function memoryPerConnection(
  before: MemoryReading | null,
  after: MemoryReading | null,
  connections: number,
): ConnectionMemory | null {
  if (before === null || after === null) return null;
  const each = (from: number, to: number) => Math.max(0, Math.round((to - from) / connections));
  const [first, last] = [before.kernel, after.kernel];
  const known = first !== null && last !== null;
  return {
    rssBytes: each(before.rssBytes, after.rssBytes),
    socketBufferBytes: known ? each(first.socketBufferBytes, last.socketBufferBytes) : null,
    objectBytes: known ? each(first.objectBytes, last.objectBytes) : null,
  };
}
