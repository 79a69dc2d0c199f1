import { performance } from "node:perf_hooks";
import type { Injector } from "./injector.ts";
import { onPublished } from "./on-published.ts";

/** What reading took beyond what was owed is taken off the next spin, up to this: the rest was somebody else's turn on the core. */
const LONGEST_CARRY_MS = 0.02;

export const injector: Injector<"permille" | "every"> = {
  effect:
    "Spins for so many thousandths of the CPU time that the broker took since the last spin: the same slowdown on whatever machine, in whatever hour",
  parameters: {
    permille: { doc: "thousandths of the process's CPU time", min: 1, max: 10_000, default: null },
    every: {
      doc: "messages from one reading of that time to the next; reading takes some microseconds, which count",
      min: 1,
      max: 1_000_000_000,
      default: 1000,
    },
  },
  apply: ({ permille, every }, counters) => {
    let messages = 0;
    /** Not before the first message: its start is no matter. */
    let takenMs = Infinity;
    let owedMs = 0;
    onPublished((count) => {
      messages += count;
      if (messages < every) return;
      messages %= every;
      const began = performance.now();
      owedMs += (Math.max(0, cpuMs() - takenMs) * permille) / 1000;
      while (performance.now() - began < owedMs);
      // What was spun is no work of the broker's.
      takenMs = cpuMs();
      const tookMs = performance.now() - began;
      owedMs = Math.max(owedMs - tookMs, -LONGEST_CARRY_MS);
      counters.spins++;
      counters.spunSeconds += tookMs / 1000;
    });
  },
};

/** Of all threads. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
