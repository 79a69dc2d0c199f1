/** Random bits that a seed and a purpose give: SHA-256 in counter mode. The same seed and purpose give the same bits. */
import { createHash } from "node:crypto";
import { invariant } from "../../errors.ts";

const WORD = 2 ** 32;
const WORDS_OF_A_BLOCK = 8;

export class Coins {
  readonly #key: string;
  #block: Buffer = Buffer.alloc(0);
  #blocks = 0;
  #word = WORDS_OF_A_BLOCK;

  constructor(seed: string, ...purpose: readonly (string | number)[]) {
    this.#key = JSON.stringify([seed, ...purpose]);
  }

  /** A whole number from 0 to below `bound`, each equally likely: words that would favour some are thrown away. */
  below(bound: number): number {
    invariant(Number.isInteger(bound) && bound > 0 && bound <= WORD, `no number is below ${bound}`);
    const fair = WORD - (WORD % bound);
    for (;;) {
      const word = this.#nextWord();
      if (word < fair) return word % bound;
    }
  }

  flip(): boolean {
    return this.below(2) === 1;
  }

  /** All orders equally likely. */
  shuffled<T>(items: readonly T[]): T[] {
    const order = [...items];
    for (let last = order.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [order[last], order[other]] = [order[other]!, order[last]!];
    }
    return order;
  }

  #nextWord(): number {
    if (this.#word === WORDS_OF_A_BLOCK) {
      this.#block = createHash("sha256")
        .update(`${this.#key}${this.#blocks++}`)
        .digest();
      this.#word = 0;
    }
    return this.#block.readUInt32BE(4 * this.#word++);
  }
}
