/** How much memory the process takes, for the memory alarm. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Of what is neither V8's heap nor buffers: code, stacks, libraries. */
const OTHER_BYTES = 48 * 1024 * 1024;
const COLLECT_INTERVAL_MS = 1000;

/** From above the limit until below this part of it, garbage is collected before it counts. */
const RELIEVED = 0.9;

/**
 * Resident memory does not fall when buffers are freed, for the allocator keeps pages; the sum of heap and buffers does, but
 * only after a garbage collection, which an idle process never does. So the smaller of both counts, and once it was above
 * `limitBytes` a collection is made first, at most once a second: publishers wait then, and would for good.
 */
export function memoryReader(limitBytes: number, nowMs: () => number): () => number {
  let collectedAtMs = Number.NEGATIVE_INFINITY;
  let isAbove = false;
  return () => {
    const bytes = readBytes();
    isAbove = bytes > (isAbove ? limitBytes * RELIEVED : limitBytes);
    if (!isAbove || nowMs() - collectedAtMs < COLLECT_INTERVAL_MS) return bytes;
    collectGarbage();
    collectedAtMs = nowMs();
    return readBytes();
  };
}

function readBytes(): number {
  const { rss, heapTotal, external } = process.memoryUsage();
  return Math.min(rss, heapTotal + external + OTHER_BYTES);
}

let collect: (() => void) | null = null;

function collectGarbage(): void {
  if (collect === null) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
