import { twoModes } from "../statistics/bimodality.ts";
import { spearman } from "../statistics/spearman.ts";

/** From fewer effects neither a trend nor two modes can be told. */
const LEAST_EFFECTS = 10;
const TREND = 0.6;
const TREND_P = 0.01;
/** Modes this many spreads apart: one normal mode seems so in fewer than one job of a hundred. */
const SEPARATION = 6;
const LEAST_IN_MODE = 3;

/**
 * Effects follow a trend over the rounds, or lie in two modes further apart than the limit (log units), so that a mean of them
 * describes neither. Modes closer than that cannot change what is said of the limit.
 */
export function isUnstable(effects: readonly number[], limit: number): boolean {
  if (effects.length < LEAST_EFFECTS) return false;
  const trend = spearman(
    effects.map((_, round) => round),
    effects,
  );
  if (trend !== null && Math.abs(trend.rho) > TREND && trend.p < TREND_P) return true;
  const modes = twoModes(effects, LEAST_IN_MODE);
  return modes !== null && modes.high - modes.low > limit && modes.separation > SEPARATION;
}
