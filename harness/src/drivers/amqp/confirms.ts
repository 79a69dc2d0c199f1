/** Which of a channel's publishes are confirmed: delivery tags count from 1 in the order of publishing (confirm class). */
export interface ConfirmEvents {
  /** Messages [first, first + count), in one direction: all confirmed or all refused. */
  answered(first: number, count: number, refused: boolean): void;
}

/**
 * Tags come one by one or, with `multiple`, up to one; in whatever order. Neighbours that come together are told
 * together by `flush`.
 */
export class ConfirmTracker {
  readonly #events: ConfirmEvents;
  /** 1: published and not answered; by sequence modulo the window. */
  readonly #open: Uint8Array;
  #next = 0;
  #oldest = 0;
  #runFirst = 0;
  #runEnd = 0;
  #runRefused = false;

  constructor(window: number, events: ConfirmEvents) {
    this.#open = new Uint8Array(window);
    this.#events = events;
  }

  /** Another message may be published: no message a window ago is open. */
  hasRoom(): boolean {
    return this.#next - this.#oldest < this.#open.length;
  }

  published(): void {
    this.#open[this.#next++ % this.#open.length] = 1;
  }

  /** Throws RangeError for a tag that was never published. */
  answer(tag: number, multiple: boolean, refused: boolean): void {
    if (tag > this.#next || (tag === 0 && !multiple))
      throw new RangeError(`confirm of tag ${tag} of ${this.#next}`);
    const end = tag === 0 ? this.#next : tag;
    for (let sequence = multiple ? this.#oldest : end - 1; sequence < end; sequence++) {
      const at = sequence % this.#open.length;
      // A tag answered twice is told once; one below the window is no longer known.
      if (sequence < this.#oldest || this.#open[at] === 0) continue;
      this.#open[at] = 0;
      if (sequence !== this.#runEnd || refused !== this.#runRefused) {
        this.flush();
        this.#runFirst = sequence;
        this.#runRefused = refused;
      }
      this.#runEnd = sequence + 1;
    }
    while (this.#oldest < this.#next && this.#open[this.#oldest % this.#open.length] === 0) this.#oldest++;
  }

  flush(): void {
    const first = this.#runFirst;
    const count = this.#runEnd - first;
    this.#runFirst = this.#runEnd;
    if (count > 0) this.#events.answered(first, count, this.#runRefused);
  }
}
