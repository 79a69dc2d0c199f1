/** Uniform in [0, 1), in steps of 2^-32. */
export type Uniform = () => number;

/** Rounds after which the state no longer shows how it was filled. */
const WARM_UP = 20;

/**
 * The sfc32 generator of Doty-Humphrey's PractRand: 128 bits of state, for coins, orders, resampling and simulated noise.
 * Seeded with text: a job's 32 hex digits, and a name behind them for a stream of its own. Equal text, equal numbers.
 */
export function seededUniform(seed: string): Uniform {
  let [a, b, c, counter] = [hash(seed, 1), hash(seed, 2), hash(seed, 3), hash(seed, 4)];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < WARM_UP; round++) next();
  return next;
}

/** A whole number from 0 up to, not including, `below`. */
export function uniformInteger(uniform: Uniform, below: number): number {
  return Math.floor(uniform() * below);
}

/** In place, by Fisher and Yates. */
export function shuffle<T>(values: T[], uniform: Uniform): T[] {
  for (let last = values.length - 1; last > 0; last--) {
    const other = uniformInteger(uniform, last + 1);
    const kept = values[last]!;
    values[last] = values[other]!;
    values[other] = kept;
  }
  return values;
}

/** 32 bits of a text; `word` tells apart several of the same text. FNV-1a with MurmurHash3's finish. */
function hash(text: string, word: number): number {
  let state = 0x811c9dc5 ^ Math.imul(word, 0x9e3779b1);
  for (let index = 0; index < text.length; index++)
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
