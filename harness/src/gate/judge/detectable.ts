import { deviation } from "../statistics/moments.ts";
import { studentUpper } from "../statistics/student-t.ts";

/** Normal quantile of 95 %: the rate at which a detectable effect is detected. */
const POWER = 1.645;

/**
 * The smallest effect, as a share, that as many rounds with the noise of these tell from nothing in 95 of 100 jobs; null for
 * fewer than two. `indifference` as a share.
 */
export function detectableEffect(
  effects: readonly number[],
  alpha: number,
  indifference: number,
): number | null {
  const noise = deviation(effects);
  if (noise === null) return null;
  const n = effects.length;
  const log = ((studentUpper(alpha, n - 1) + POWER) * noise) / Math.sqrt(n);
  return (1 + indifference) * Math.exp(log) - 1;
}

/** How many rounds would tell an effect of `limit` (a share) from indifference at the noise seen; at least two effects. */
export function roundsNeeded(
  effects: readonly number[],
  alpha: number,
  { limit, indifference }: { limit: number; indifference: number },
): number {
  const distance = Math.log1p(limit) - Math.log1p(indifference);
  if (distance <= 0) return Infinity;
  const quantile = studentUpper(alpha, effects.length - 1) + POWER;
  return Math.ceil((((deviation(effects) ?? 0) * quantile) / distance) ** 2);
}
