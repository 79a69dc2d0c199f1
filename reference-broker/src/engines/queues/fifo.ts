const INITIAL_SLOTS = 64;
/** More are given back when they are empty. */
const KEPT_SLOTS = 8192;

/**
 * First in, first out, in a ring. A slot lets go of what is taken from it: an array that is left behind when it has grown old
 * would keep alive all that it held, and have it grow old too, until the whole heap is collected.
 */
export class Fifo<T extends object> {
  length = 0;
  #slots: (T | null)[] = new Array<T | null>(INITIAL_SLOTS).fill(null);
  #head = 0;

  push(item: T): void {
    if (this.length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.length) & (this.#slots.length - 1)] = item;
    this.length++;
  }

  /** There must be one. */
  shift(): T {
    const item = this.#slots[this.#head]!;
    this.#slots[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.length--;
    if (this.length === 0 && this.#slots.length > KEPT_SLOTS) {
      this.#slots = new Array<T | null>(INITIAL_SLOTS).fill(null);
      this.#head = 0;
    }
    return item;
  }

  #grow(): void {
    const before = this.#slots;
    const slots = new Array<T | null>(before.length * 2).fill(null);
    for (let index = 0; index < before.length; index++) {
      const at = (this.#head + index) & (before.length - 1);
      slots[index] = before[at]!;
      before[at] = null;
    }
    this.#slots = slots;
    this.#head = 0;
  }
}
