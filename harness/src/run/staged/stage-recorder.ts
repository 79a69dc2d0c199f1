/** Stages that follow one another, and the target's resident memory all along. */
import { invariant } from "../../errors.ts";
import { RssSeries } from "../../measure/rss-series.ts";
import { type Seen, type Stage, stageOf } from "./stage.ts";
import type { ObservedPhase } from "./staged-run.ts";

export interface StageRecorderOptions {
  /** null: not a process of ours, so memory is not known. */
  readonly pid: number | null;
  readonly nowUs: () => number;
  readonly enter: (stage: string) => void;
}

export class StageRecorder implements Disposable {
  readonly #options: StageRecorderOptions;
  readonly #rss: RssSeries;
  readonly #stages: Stage[] = [];

  constructor(options: StageRecorderOptions) {
    this.#options = options;
    this.#rss = new RssSeries(options.pid, options.nowUs);
  }

  /** Resolves with what `work` did, which is the stage. */
  async stage<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { enter, nowUs } = this.#options;
    enter(name);
    const fromUs = nowUs();
    this.#rss.sample();
    const done = await work();
    this.#rss.sample();
    this.#stages.push({ name, fromUs, toUs: nowUs(), messages: null });
    return done;
  }

  /** Messages of the stage that ended last. */
  count(messages: number): void {
    const last = this.#stages.pop();
    invariant(last !== undefined, "no stage has ended yet");
    this.#stages.push({ ...last, messages });
  }

  /** Highest resident memory that was seen; null where it is not known. */
  peakRssBytes(): number | null {
    const samples = this.#rss.between(0, Number.POSITIVE_INFINITY);
    return samples.length === 0 ? null : Math.max(...samples.map(({ bytes }) => bytes));
  }

  /** `windows`: of all load processes, over the whole run. */
  phases(windows: Seen["windows"]): ObservedPhase[] {
    return this.#stages.map((stage) =>
      stageOf(stage, { windows, rss: this.#rss.between(stage.fromUs, stage.toUs) }),
    );
  }

  [Symbol.dispose](): void {
    this.#rss[Symbol.dispose]();
  }
}
