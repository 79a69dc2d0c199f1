/** Which hypotheses are rejected so that at most a share `rate` of the rejected are true, on average: Benjamini and Hochberg 1995. */
export function benjaminiHochberg(pValues: readonly number[], rate: number): boolean[] {
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]!);
  const last = order.findLastIndex((index, step) => pValues[index]! <= (rate * (step + 1)) / order.length);
  const rejected = pValues.map(() => false);
  for (const index of order.slice(0, last + 1)) rejected[index] = true;
  return rejected;
}
