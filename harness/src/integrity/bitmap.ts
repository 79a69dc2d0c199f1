const CHUNK_BITS = 2 ** 20;
const WORD_BITS = 32;

/** Bits by index from 0, in chunks of 128 KiB that are taken when first touched. */
export class Bitmap {
  readonly #chunks = new Map<number, Uint32Array>();

  /** Sets `count` bits from `from` on and returns how many of them were not set before. */
  setRange(from: number, count: number): number {
    return this.#words(from, count, true, (chunk, word, mask) => {
      const before = chunk[word]!;
      chunk[word] = before | mask;
      return popcount(mask & ~before);
    });
  }

  /** How many of `count` bits from `from` on are set. */
  countRange(from: number, count: number): number {
    return this.#words(from, count, false, (chunk, word, mask) => popcount(chunk[word]! & mask));
  }

  has(index: number): boolean {
    return this.countRange(index, 1) === 1;
  }

  /** Sums `visit` over the words of a range; chunks never touched are skipped, or made. */
  #words(
    from: number,
    count: number,
    make: boolean,
    visit: (chunk: Uint32Array, word: number, mask: number) => number,
  ): number {
    let sum = 0;
    for (let at = from, end = from + count; at < end; ) {
      const chunkEnd = Math.min(end, (Math.floor(at / CHUNK_BITS) + 1) * CHUNK_BITS);
      const chunk = this.#chunk(Math.floor(at / CHUNK_BITS), make);
      if (chunk === undefined) {
        at = chunkEnd;
        continue;
      }
      while (at < chunkEnd) {
        const bit = at % WORD_BITS;
        const bits = Math.min(WORD_BITS - bit, chunkEnd - at);
        const mask = bits === WORD_BITS ? 0xffffffff : ((2 ** bits - 1) << bit) >>> 0;
        sum += visit(chunk, Math.floor((at % CHUNK_BITS) / WORD_BITS), mask);
        at += bits;
      }
    }
    return sum;
  }

  #chunk(index: number, make: boolean): Uint32Array | undefined {
    let chunk = this.#chunks.get(index);
    if (chunk === undefined && make) {
      chunk = new Uint32Array(CHUNK_BITS / WORD_BITS);
      this.#chunks.set(index, chunk);
    }
    return chunk;
  }
}

/** Number of ones in a 32-bit word (Hacker's Delight, figure 5-2). */
function popcount(word: number): number {
  let sum = word - ((word >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
