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
}

/** Work of all queues together between two looks at the sockets. */
const TURN_MS = 0.5;

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
    const { now } = this.#options;
    const endMs = now() + TURN_MS;
    // Those that ask again stand behind, for a later turn.
    let left = this.#requested.size;
    for (const target of this.#requested) {
      this.#requested.delete(target);
      target.turn();
      if (--left === 0 || now() >= endMs) break;
    }
    if (this.#requested.size > 0) this.#schedule();
  };
}
