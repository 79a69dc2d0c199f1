import { pValue, percent, signedPercent } from "../words/figures.ts";
import type { TrendChange, TrendSeries } from "./trend.ts";

/** Of a normal distribution, two-sided 95 %. */
const Z_95 = 1.96;
const SHORT_COMMIT = 10;

/** Commits as git shortens them; other sides as they are. */
export function shortCommit(identity: string): string {
  return /^[0-9a-f]{40}$/.test(identity) ? identity.slice(0, SHORT_COMMIT) : identity;
}

/** `+4.8 % after 1a2b3c4d5e, with 5e6f7a8b9c (p = 0.001)` */
export function changeWords({ step, good, bad, p }: TrendChange): string {
  return `${signedPercent(step)} % after ${shortCommit(good)}, with ${shortCommit(bad)} (${pValue(p)})`;
}

/** `+1.2 % ± 0.4 %`: how much worse than the anchor the last point is. */
export function lastWords({ points }: TrendSeries): string {
  const { value, standardError } = points.at(-1)!;
  const error = standardError === null ? "" : ` ± ${percent(Z_95 * standardError)}`;
  return `${signedPercent(Math.expm1(value))} %${error}`;
}

/** What to type to see a change again. */
export function confirmCommand({ scenario }: TrendSeries, { good, bad }: TrendChange): string {
  const side = (identity: string) => (/^[0-9a-f]{40}$/.test(identity) ? `git:${identity}` : `'${identity}'`);
  return `brokermark gate --baseline ${side(good)} --candidate ${side(bad)} --scenario ${scenario}`;
}

const LEVELS = "▁▂▃▄▅▆▇█";

/** One character for each value, lowest to highest. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  return values
    .map((value) => LEVELS[span === 0 ? 3 : Math.round(((value - low) / span) * (LEVELS.length - 1))])
    .join("");
}
