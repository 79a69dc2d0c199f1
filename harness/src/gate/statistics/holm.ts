/**
 * Which hypotheses are rejected so that the chance of rejecting any true one is at most `alpha`, however they depend on one
 * another: Holm, Scandinavian Journal of Statistics 1979.
 */
export function holm(pValues: readonly number[], alpha: number): boolean[] {
  const rejected = pValues.map(() => false);
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]!);
  for (const [step, index] of order.entries()) {
    if (pValues[index]! > alpha / (order.length - step)) break;
    rejected[index] = true;
  }
  return rejected;
}
