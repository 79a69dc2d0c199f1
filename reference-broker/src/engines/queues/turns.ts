/** Work that queues asked to continue in a later turn of the event loop. */
export interface Continued {
  turn(): void;
}

export class Turns {
  readonly #defer: (callback: () => void) => void;
  #requested = new Set<Continued>();

  constructor(defer: (callback: () => void) => void) {
    this.#defer = defer;
  }

  /** Calls `turn` once in a later turn; what is asked for meanwhile comes after. */
  request(target: Continued): void {
    this.#requested.add(target);
    if (this.#requested.size === 1) this.#defer(this.#run);
  }

  readonly #run = (): void => {
    const requested = this.#requested;
    this.#requested = new Set();
    for (const target of requested) target.turn();
  };
}
