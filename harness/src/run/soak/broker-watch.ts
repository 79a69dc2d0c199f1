/** Looks at a broker every few seconds: from /proc, from its own metrics, and by asking for its health all the time. */
import { readdirSync } from "node:fs";
import type { Endpoint } from "../../load/protocol.ts";
import { LatencyHistogram } from "../../measure/histogram.ts";
import { readTreeUsage } from "../../measure/process-tree.ts";
import { readMetrics, type TargetMetrics } from "../staged/target-metrics.ts";
import type { SoakSample } from "./verdict.ts";

const PROBE_INTERVAL_MS = 100;
const PROBE_TIMEOUT_MS = 10_000;

export interface WatchOptions {
  readonly pid: number;
  readonly http: Endpoint;
  readonly nowUs: () => number;
  readonly everyMs: number;
  readonly onSample: (sample: SoakSample) => void;
}

export class BrokerWatch implements AsyncDisposable {
  readonly samples: SoakSample[] = [];
  readonly #options: WatchOptions;
  readonly #beganUs: number;
  readonly #probes = new LatencyHistogram();
  readonly #timers: readonly NodeJS.Timeout[];
  #asking: Promise<void> = Promise.resolve();
  #probing = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#beganUs = options.nowUs();
    this.#timers = [
      setInterval(() => {
        this.#asking = this.#asking.then(() => this.#sample());
      }, options.everyMs),
      setInterval(() => this.#probe(), PROBE_INTERVAL_MS),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#asking;
  }

  async #sample(): Promise<void> {
    const { pid, http, nowUs, onSample } = this.#options;
    const metrics = await readMetrics({ ...http, http: { ...http, metricsPort: http.port } });
    const probeP90Us = this.#probes.count > 0 ? this.#probes.percentile(90) : null;
    this.#probes.reset();
    const onLinux = process.platform === "linux";
    const delaySeconds = metricEndingIn(metrics, "event_loop_delay_p99_seconds");
    const sample: SoakSample = {
      atMs: Math.round((nowUs() - this.#beganUs) / 1e3),
      rssBytes: onLinux ? readTreeUsage([pid]).rssBytes : null,
      heapUsedBytes: metricEndingIn(metrics, "heap_used_bytes"),
      descriptors: countDescriptors(pid),
      loopDelayP99Us: delaySeconds === null ? null : Math.round(delaySeconds * 1e6),
      probeP90Us,
    };
    this.samples.push(sample);
    onSample(sample);
  }

  /** One at a time: a broker that does not answer is not asked more. */
  #probe(): void {
    if (this.#probing) return;
    this.#probing = true;
    const { http, nowUs } = this.#options;
    const sentUs = nowUs();
    const url = `http://${http.host}:${http.port}/health/live`;
    fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
      .then((answer) => answer.arrayBuffer())
      .catch(() => undefined)
      .then(() => {
        this.#probes.record(nowUs() - sentUs);
        this.#probing = false;
      });
  }
}

/** null where there is no such process, or elsewhere than on Linux. */
export function countDescriptors(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null;
  }
}

/** The first whose name ends so, whatever the prefix of its group; null where there is none. */
function metricEndingIn(metrics: TargetMetrics, ending: string): number | null {
  for (const [name, value] of metrics ?? []) {
    if (name.endsWith(ending)) return Number.isFinite(value) ? value : null;
  }
  return null;
}
