/** Looks at a broker every few seconds: from /proc, from its own metrics, and by asking for its health all the time. */
import { readdirSync } from "node:fs";
import type { Endpoint } from "../../load/protocol.ts";
import { LatencyHistogram } from "../../measure/histogram.ts";
import { readTreeUsage } from "../../measure/process-tree.ts";
import { eventLoopDelayP99Us, parseMetrics } from "../staged/target-metrics.ts";
import { HttpGetter } from "./http-get.ts";
import type { SoakSample } from "./verdict.ts";

const PROBE_INTERVAL_MS = 100;

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
  readonly #health: HttpGetter;
  readonly #metrics: HttpGetter;
  readonly #probes = new LatencyHistogram();
  readonly #prober: NodeJS.Timeout;
  #sampler: NodeJS.Timeout | null = null;
  #isOver = false;
  #asking: Promise<void> = Promise.resolve();
  #probing = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#beganUs = options.nowUs();
    this.#health = new HttpGetter(options.http);
    this.#metrics = new HttpGetter(options.http);
    this.#prober = setInterval(() => this.#probe(), PROBE_INTERVAL_MS);
    this.#sampleLater();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#prober);
    if (this.#sampler !== null) clearTimeout(this.#sampler);
    await this.#asking;
    this.#health[Symbol.dispose]();
    this.#metrics[Symbol.dispose]();
  }

  /** Counted from the last answer: what a broker tells is of the time since it was last asked, and of no time nothing. */
  #sampleLater(): void {
    this.#sampler = setTimeout(() => {
      this.#asking = this.#sample().then(() => {
        if (!this.#isOver) this.#sampleLater();
      });
    }, this.#options.everyMs);
  }

  async #sample(): Promise<void> {
    const { pid, nowUs, onSample } = this.#options;
    const told = await this.#metrics.text("/metrics");
    const metrics = told === null ? null : parseMetrics(told);
    const probeP90Us = this.#probes.count > 0 ? this.#probes.percentile(90) : null;
    this.#probes.reset();
    const onLinux = process.platform === "linux";
    const sample: SoakSample = {
      atMs: Math.round((nowUs() - this.#beganUs) / 1e3),
      rssBytes: onLinux ? readTreeUsage([pid]).rssBytes : null,
      heapUsedBytes: metrics?.get("brokermark_process_heap_used_bytes") ?? null,
      descriptors: countDescriptors(pid),
      loopDelayP99Us: eventLoopDelayP99Us(metrics),
      probeP90Us,
    };
    this.samples.push(sample);
    onSample(sample);
  }

  /** One at a time: a broker that does not answer is not asked more. */
  #probe(): void {
    if (this.#probing) return;
    this.#probing = true;
    const { nowUs } = this.#options;
    const sentUs = nowUs();
    void this.#health.text("/health/live").then(() => {
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
