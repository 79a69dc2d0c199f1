/** Work that queues asked to continue in a later turn of the event loop. */
export interface Continued {
  /** Bounded work. */
  turn(): void;
}

export interface TurnsOptions {
  /** Calls back in a later turn of the event loop. */
  readonly defer: (callback: () => void) => void;
  /** Milliseconds. */
  readonly now: () => number;
  /** Work of all queues together in one turn, about. */
  readonly turnMs: number;
  /** Who asks again within a turn goes on in it while there is time; else in a later one. */
  readonly goesOn?: boolean;
}

export class Turns {
  readonly #options: TurnsOptions;
  /** In the order in which they asked. */
  readonly #requested = new Set<Continued>();
  #isScheduled = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Calls `turn` once in a later turn; what is asked for meanwhile comes after. */
  request(target: Continued): void {
    this.#requested.add(target);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.defer(this.#run);
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    const { now, turnMs, goesOn = false } = this.#options;
    const endMs = now() + turnMs;
    // Those that ask again stand behind.
    let left = goesOn ? Number.POSITIVE_INFINITY : this.#requested.size;
    for (const target of this.#requested) {
      this.#requested.delete(target);
      target.turn();
      if (--left === 0 || now() >= endMs) break;
    }
    if (this.#requested.size > 0) this.#schedule();
  };
}
