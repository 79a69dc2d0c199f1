/** The process as a whole: memory, processor time, garbage collection, how long the event loop kept others waiting. */
import { readdir } from "node:fs/promises";
import { constants, monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { counter, countersOf, gauge, type Statistics } from "../../../base/statistics.ts";

const GC_COUNTERS = {
  gcMinorRuns: counter("garbage collections of young objects"),
  gcMinorSeconds: counter("time in garbage collections of young objects", "seconds"),
  gcMajorRuns: counter("garbage collections of the whole heap, steps of incremental ones included"),
  gcMajorSeconds: counter("time in garbage collections of the whole heap", "seconds"),
} as const;

export const PROCESS_STATISTICS = {
  residentMemoryBytes: gauge("resident memory", "bytes"),
  heapUsedBytes: gauge("bytes of V8's heap in use", "bytes"),
  heapTotalBytes: gauge("bytes of V8's heap", "bytes"),
  externalMemoryBytes: gauge("bytes outside of V8's heap that its objects hold, buffers included", "bytes"),
  bufferMemoryBytes: gauge("bytes of buffers", "bytes"),
  cpuUserSeconds: counter("processor time in user mode, all threads", "seconds"),
  cpuSystemSeconds: counter("processor time in the kernel, all threads", "seconds"),
  uptimeSeconds: gauge("time since the process started", "seconds"),
  openDescriptors: gauge("open file descriptors, sockets included; NaN where /proc is not to be had"),
  eventLoopDelayP50Seconds: gauge("median delay of the event loop since the last scrape", "seconds"),
  eventLoopDelayP99Seconds: gauge(
    "99th percentile of the event loop's delay since the last scrape",
    "seconds",
  ),
  eventLoopDelayMaxSeconds: gauge("longest delay of the event loop since the last scrape", "seconds"),
  ...GC_COUNTERS,
} as const;

const DESCRIPTORS = "/proc/self/fd";
/** How often the event loop's delay is measured; shorter delays than this are seen in part. */
const RESOLUTION_MS = 10;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;
const MILLISECONDS = 1000;

/** An entry of type "gc", of which the declarations know nothing. */
interface GarbageCollection {
  readonly duration: number;
  readonly detail: { readonly kind: number };
}

/** Observes from its making until `close`. */
export class ProcessStatistics {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #gc = countersOf(GC_COUNTERS);
  readonly #observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail, duration } = entry as unknown as GarbageCollection;
      const isMinor = detail.kind === constants.NODE_PERFORMANCE_GC_MINOR;
      this.#gc[isMinor ? "gcMinorRuns" : "gcMajorRuns"]++;
      this.#gc[isMinor ? "gcMinorSeconds" : "gcMajorSeconds"] += duration / MILLISECONDS;
    }
  });

  constructor() {
    this.#delay.enable();
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  async read(): Promise<Statistics<typeof PROCESS_STATISTICS>> {
    const openDescriptors = await countDescriptors();
    const memory = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const delays = {
      eventLoopDelayP50Seconds: delayOf(this.#delay.percentile(50)),
      eventLoopDelayP99Seconds: delayOf(this.#delay.percentile(99)),
      eventLoopDelayMaxSeconds: delayOf(this.#delay.max),
    };
    this.#delay.reset();
    return {
      residentMemoryBytes: memory.rss,
      heapUsedBytes: memory.heapUsed,
      heapTotalBytes: memory.heapTotal,
      externalMemoryBytes: memory.external,
      bufferMemoryBytes: memory.arrayBuffers,
      cpuUserSeconds: user / MICROSECONDS,
      cpuSystemSeconds: system / MICROSECONDS,
      uptimeSeconds: process.uptime(),
      openDescriptors,
      ...delays,
      ...this.#gc,
    };
  }

  close(): void {
    this.#delay.disable();
    this.#observer.disconnect();
  }
}

/** The histogram holds the time between two looks, which is the resolution when nothing is late. */
function delayOf(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / MILLISECONDS);
}

async function countDescriptors(): Promise<number> {
  try {
    return (await readdir(DESCRIPTORS)).length - 1; // the one that reads is open too
  } catch {
    return Number.NaN;
  }
}
