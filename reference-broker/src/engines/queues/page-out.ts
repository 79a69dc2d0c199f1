import type { EngineQueue } from "./queue-environment.ts";

/** Takes about `bytes` of bodies out of memory, from the queues that hold most. */
export function pageOutLargest(queues: Iterable<EngineQueue>, bytes: number): void {
  const holding = [...queues].filter(({ residentBytes }) => residentBytes > 0);
  holding.sort((a, b) => b.residentBytes - a.residentBytes);
  let wanted = bytes;
  for (const queue of holding) {
    if (wanted <= 0) return;
    wanted -= queue.pageOut(wanted);
  }
}
