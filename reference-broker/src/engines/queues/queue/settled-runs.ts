import type { QueueStore } from "../store/contract.ts";

/** Tells the store of many settled messages in as few ranges as their numbers allow. */
export class SettledRuns {
  readonly #store: QueueStore | null;
  #first = -1;
  #last = -1;

  constructor(store: QueueStore | null) {
    this.#store = store;
  }

  /** Numbers come in rising order within a run; one that does not follow the last begins another. */
  add(number: number): void {
    if (this.#first !== -1 && number === this.#last + 1) {
      this.#last = number;
      return;
    }
    this.end();
    this.#first = number;
    this.#last = number;
  }

  /** After the last one. */
  end(): void {
    if (this.#first === -1) return;
    if (this.#first === this.#last) this.#store!.settle(this.#first);
    else this.#store!.settleRange(this.#first, this.#last);
    this.#first = -1;
  }
}
