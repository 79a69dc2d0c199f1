/** The stages of a run as they go by, and the target's resident memory all along. */
import { invariant } from "../../errors.ts";
import { LatencyHistogram } from "../../measure/histogram.ts";
import { descendants, listProcesses, readTreeUsage } from "../../measure/process-tree.ts";
import type { PhaseDetail, PhaseSummary } from "../../result/schema.ts";
import type { ObservedPhase } from "./staged-run.ts";

const SAMPLE_MS = 250;

/** What a stage had besides its time and memory. */
export interface StageTraffic {
  readonly messages: number | null;
  readonly messagesPerSecond: number | null;
  readonly histograms: PhaseDetail["histograms"];
  readonly windows: PhaseDetail["windows"];
}

const NO_TRAFFIC: StageTraffic = {
  messages: null,
  messagesPerSecond: null,
  histograms: { response: null, publish: null },
  windows: { publish: [], consume: [] },
};

export interface StageRecorderOptions {
  /** null: not a process of ours, so memory is not known. */
  readonly pid: number | null;
  readonly nowUs: () => number;
  readonly enter: (stage: string) => void;
}

interface Stage {
  readonly name: string;
  readonly beganUs: number;
  endedUs: number;
  traffic: StageTraffic;
}

export class StageRecorder implements Disposable {
  readonly #options: StageRecorderOptions;
  readonly #stages: Stage[] = [];
  readonly #rss: [number, number][] = [];
  readonly #timer: NodeJS.Timeout | null;
  #pids: readonly number[] = [];

  constructor(options: StageRecorderOptions) {
    const known = options.pid !== null && process.platform === "linux";
    this.#options = known ? options : { ...options, pid: null };
    this.#timer = known ? setInterval(() => this.#sample(), SAMPLE_MS) : null;
  }

  /** Resolves with what `work` did, which is the stage. */
  async stage<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { enter, nowUs, pid } = this.#options;
    enter(name);
    if (pid !== null) this.#pids = descendants(pid, listProcesses());
    const stage: Stage = { name, beganUs: nowUs(), endedUs: 0, traffic: NO_TRAFFIC };
    this.#sample();
    const done = await work();
    this.#sample();
    stage.endedUs = nowUs();
    this.#stages.push(stage);
    return done;
  }

  /** What went on in the stage that ended last. */
  describe(traffic: StageTraffic): void {
    const last = this.#stages.at(-1);
    invariant(last !== undefined, "no stage has ended yet");
    last.traffic = traffic;
  }

  /** Highest resident memory that was seen; null where it is not known. */
  peakRssBytes(): number | null {
    return this.#rss.length === 0 ? null : Math.max(...this.#rss.map(([, bytes]) => bytes));
  }

  phases(): ObservedPhase[] {
    return this.#stages.map((stage) => this.#phaseOf(stage));
  }

  [Symbol.dispose](): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  #sample(): void {
    if (this.#options.pid === null) return;
    this.#rss.push([this.#options.nowUs(), readTreeUsage(this.#pids).rssBytes]);
  }

  #phaseOf({ name, beganUs, endedUs, traffic }: Stage): ObservedPhase {
    const { messages, messagesPerSecond, histograms, windows } = traffic;
    const rss = this.#rss.filter(([atUs]) => atUs >= beganUs && atUs <= endedUs);
    const bytes = rss.map(([, value]) => value);
    const summary: PhaseSummary = {
      name,
      durationMs: (endedUs - beganUs) / 1e3,
      messages,
      messagesPerSecond,
      latencyUs: { response: summaryOf(histograms.response), publish: summaryOf(histograms.publish) },
      rss: {
        beginBytes: bytes[0] ?? null,
        peakBytes: bytes.length === 0 ? null : Math.max(...bytes),
        endBytes: bytes.at(-1) ?? null,
      },
    };
    return { summary, detail: { name, beganUs, windows, histograms, rss } };
  }
}

function summaryOf(encoded: string | null) {
  return encoded === null ? null : LatencyHistogram.decode(encoded).summary();
}
