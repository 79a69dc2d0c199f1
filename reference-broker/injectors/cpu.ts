import { performance } from "node:perf_hooks";
import type { Injector } from "./injector.ts";
import { onPublished } from "./on-published.ts";

/** Below this the reading of the clock is most of a loop; what is owed gathers until then. */
const SHORTEST_SPIN_MS = 0.0005;
/** What a loop took too long is taken off the next one, up to this: the rest was somebody else's turn on the core. */
const LONGEST_CARRY_MS = 0.001;

export const injector: Injector<"ns" | "every"> = {
  effect: "Spins for some nanoseconds at each so-manieth message",
  parameters: {
    ns: { doc: "nanoseconds of busy loop", min: 1, max: 1_000_000_000, default: null },
    every: { doc: "messages from one loop to the next", min: 1, max: 1_000_000_000, default: 1 },
  },
  apply: ({ ns, every }, counters) => {
    let messages = 0;
    let owedMs = 0;
    onPublished((count) => {
      messages += count;
      if (messages < every) return;
      const loops = Math.floor(messages / every);
      messages -= loops * every;
      owedMs += (loops * ns) / 1e6;
      if (owedMs < SHORTEST_SPIN_MS) return;
      const spunMs = spin(owedMs);
      owedMs = Math.max(owedMs - spunMs, -LONGEST_CARRY_MS);
      counters.spins++;
      counters.spunSeconds += spunMs / 1000;
    });
  },
};

/** Returns how long it took. */
function spin(ms: number): number {
  const began = performance.now();
  let tookMs = 0;
  while (tookMs < ms) tookMs = performance.now() - began;
  return tookMs;
}
