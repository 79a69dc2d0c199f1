/** Input that is the same in every run: from a generator with a fixed seed (Park and Miller's). */
const MULTIPLIER = 48_271;
const MODULUS = 2 ** 31 - 1;
const SEED = 20_201;

export function randomFractions(seed: number = SEED): () => number {
  let state = seed;
  return () => {
    state = (state * MULTIPLIER) % MODULUS;
    return state / MODULUS;
  };
}

/** From `min` to `max`, both included. */
export function randomIntegers(count: number, min: number, max: number): Int32Array {
  const next = randomFractions();
  return Int32Array.from({ length: count }, () => min + Math.floor(next() * (max - min + 1)));
}

export function randomBytes(bytes: number): Buffer {
  return Buffer.from(randomIntegers(bytes, 0, 255));
}

export function shuffled(values: Int32Array): Int32Array {
  const next = randomFractions();
  const result = values.slice();
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1));
    [result[at], result[other]] = [result[other]!, result[at]!];
  }
  return result;
}
