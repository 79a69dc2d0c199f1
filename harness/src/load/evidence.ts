import { monitorEventLoopDelay } from "node:perf_hooks";
import { nowUs } from "../measure/clock.ts";
import type { ProcessEvidence } from "./protocol.ts";

const WINDOW_MS = 1000;
const LOOP_RESOLUTION_MS = 10;

/** Watches this process from now on: its CPU time in windows of a second, and how late its event loop is. */
export class EvidenceRecorder {
  readonly #startUs = nowUs();
  readonly #startCpu = process.cpuUsage();
  readonly #loopDelay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #windowUs = this.#startUs;
  #windowCpuUs = 0;
  #busiest = 0;

  constructor() {
    this.#loopDelay.enable();
    this.#timer = setInterval(() => this.#closeWindow(), WINDOW_MS);
    this.#timer.unref();
  }

  /** Since the start, microseconds. */
  cpuUs(): number {
    const used = process.cpuUsage(this.#startCpu);
    return used.user + used.system;
  }

  finish(): ProcessEvidence {
    clearInterval(this.#timer);
    this.#loopDelay.disable();
    // A last window much shorter than the others would say little about the process.
    if (nowUs() - this.#windowUs > (WINDOW_MS * 1e3) / 2) this.#closeWindow();
    const used = process.cpuUsage(this.#startCpu);
    const lateUs = this.#loopDelay.percentile(99) / 1e3 - LOOP_RESOLUTION_MS * 1e3;
    return {
      pid: process.pid,
      cpuUserUs: used.user,
      cpuSystemUs: used.system,
      wallUs: Math.round(nowUs() - this.#startUs),
      busiestWindowShare: this.#busiest,
      eventLoopDelayP99Us: Math.max(0, Math.round(lateUs)),
    };
  }

  #closeWindow(): void {
    const atUs = nowUs();
    const cpuUs = this.cpuUs();
    this.#busiest = Math.max(this.#busiest, (cpuUs - this.#windowCpuUs) / (atUs - this.#windowUs));
    this.#windowUs = atUs;
    this.#windowCpuUs = cpuUs;
  }
}
