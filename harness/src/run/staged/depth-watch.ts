/** How many messages wait, asked again and again. */

export interface DepthSample {
  /** When the answer came, so that what it says was so at this time at the latest. */
  readonly atUs: number;
  readonly messages: number;
}

/** One question at a time: a broker that is busy with the queue answers late, and the next waits for that. */
export class DepthWatch implements Disposable {
  readonly samples: DepthSample[] = [];
  readonly #depth: () => Promise<number>;
  readonly #nowUs: () => number;
  readonly #timer: NodeJS.Timeout;
  #asking: Promise<number> | null = null;

  constructor(depth: () => Promise<number>, everyMs: number, nowUs: () => number) {
    this.#depth = depth;
    this.#nowUs = nowUs;
    // Who waits for an answer hears of a failure; the target's end is told otherwise.
    this.#timer = setInterval(() => {
      if (this.#asking === null) this.ask().catch(() => undefined);
    }, everyMs);
  }

  /** The next answer. */
  ask(): Promise<number> {
    this.#asking ??= this.#depth()
      .then((messages) => {
        this.samples.push({ atUs: this.#nowUs(), messages });
        return messages;
      })
      .finally(() => (this.#asking = null));
    return this.#asking;
  }

  /** 0 without a sample. */
  deepest(): number {
    return this.samples.reduce((deepest, { messages }) => Math.max(deepest, messages), 0);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
