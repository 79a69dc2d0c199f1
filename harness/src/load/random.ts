/** Seeded pseudo-random unsigned 32-bit integers (xorshift32, Marsaglia 2003): equal seeds, equal load. */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  // The state must not be 0; the multiplication keeps neighbouring seeds apart.
  let state = (Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ 0x2545f491) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}
