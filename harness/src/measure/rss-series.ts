/** Resident memory of a target's process tree over time. Linux only: elsewhere there are no samples. */
import { descendants, listProcesses, readTreeUsage } from "./process-tree.ts";

const SAMPLE_INTERVAL_MS = 250;

/** On the clock given, microseconds. */
export interface RssSample {
  readonly atUs: number;
  readonly bytes: number;
}

export class RssSeries implements Disposable {
  readonly #nowUs: () => number;
  readonly #samples: RssSample[] = [];
  readonly #timer: NodeJS.Timeout | null;
  #pid: number | null;

  /** `pid`: root of the tree; null: there is no process of ours to look at. */
  constructor(pid: number | null, nowUs: () => number) {
    this.#pid = pid;
    this.#nowUs = nowUs;
    this.#timer = process.platform === "linux" ? setInterval(() => this.sample(), SAMPLE_INTERVAL_MS) : null;
    this.sample();
  }

  /** From now on another process, or none. */
  watch(pid: number | null): void {
    this.#pid = pid;
  }

  /** Bytes now; null where they cannot be told. */
  sample(): number | null {
    if (this.#timer === null || this.#pid === null) return null;
    const { rssBytes } = readTreeUsage(descendants(this.#pid, listProcesses()));
    // A process that has ended has none left to tell.
    if (rssBytes === 0) return null;
    this.#samples.push({ atUs: this.#nowUs(), bytes: rssBytes });
    return rssBytes;
  }

  /** Samples of [fromUs, toUs], in order of time. */
  between(fromUs: number, toUs: number): readonly RssSample[] {
    return this.#samples.filter(({ atUs }) => atUs >= fromUs && atUs <= toUs);
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
