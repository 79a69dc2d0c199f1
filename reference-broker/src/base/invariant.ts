/** Throws when a condition of our own making does not hold: a bug in the broker, never a client's mistake. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant violated: ${message}`);
}
