/**
 * A loop of dependent integer operations that touches no memory: its speed is the processor's. Run before and after each
 * benchmark, it tells a slow or shared machine from a slow program.
 */
const STEPS = 10_000_000;
const ROUNDS = 3;

export interface Calibration {
  /** Best of the rounds: what the processor can do while nobody takes it away. */
  readonly nsPerStep: number;
  readonly checksum: number;
}

export function calibrate(nowMs: () => number): Calibration {
  let best = Number.POSITIVE_INFINITY;
  let checksum = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = nowMs();
    checksum = xorshift(checksum, STEPS);
    best = Math.min(best, nowMs() - startedMs);
  }
  return { nsPerStep: (best * 1e6) / STEPS, checksum };
}

/** Marsaglia's 32-bit generator: each step waits for the one before. */
function xorshift(seed: number, steps: number): number {
  let state = seed | 1;
  for (let step = 0; step < steps; step++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return state;
}
