/** Is a series of per-window rates level? Pure functions over messages a second, one value per full window. */

/** Windows that must agree before warm-up is over. */
const AGREEING_WINDOWS = 3;
const AGREEMENT = 0.05;

/**
 * Each of the last three windows lies within 5 % of their mean. `quantum` is the rate of one batch per window: at low
 * rates a batch more or less in a window is not a disagreement.
 */
export function windowsAgree(rates: readonly number[], quantum = 0): boolean {
  const last = rates.slice(-AGREEING_WINDOWS);
  if (last.length < AGREEING_WINDOWS) return false;
  const average = mean(last);
  const tolerated = Math.max(AGREEMENT * average, quantum);
  return average > 0 && last.every((rate) => Math.abs(rate - average) <= tolerated);
}

/** Halves shorter than this say nothing of their noise. */
const NOISE_WINDOWS = 5;
/** However noisy: a step as large as this is a rate that still moves. */
const MOST_STEP = 0.1;

/**
 * The two halves of the series, its first fifth left out, have means within 5 % of each other, or within two standard
 * errors of their difference (at most 10 %) where each half has five windows: single windows may be noisy, but the rate no
 * longer moves. What is left when a machine's own noise never lets three windows agree; noise is not warm-up.
 */
export function isLevel(rates: readonly number[]): boolean {
  const length = Math.max(AGREEING_WINDOWS, Math.floor(0.4 * rates.length));
  if (rates.length < 2 * length) return false;
  const [before, after] = [rates.slice(-2 * length, -length), rates.slice(-length)];
  const average = mean([mean(before), mean(after)]);
  const noise = length < NOISE_WINDOWS ? 0 : 2 * Math.sqrt((variance(before) + variance(after)) / length);
  const tolerated = Math.max(AGREEMENT * average, Math.min(noise, MOST_STEP * average));
  return average > 0 && Math.abs(mean(after) - mean(before)) <= tolerated;
}

/** Standard deviation divided by the mean; null for fewer than two windows. */
export function variation(rates: readonly number[]): number | null {
  const average = mean(rates);
  if (rates.length < 2 || average === 0) return null;
  return Math.sqrt(variance(rates)) / average;
}

/** Sample variance, in the rate's unit squared. */
function variance(rates: readonly number[]): number {
  const average = mean(rates);
  return rates.reduce((sum, rate) => sum + (rate - average) ** 2, 0) / (rates.length - 1);
}

/**
 * Change of the rate from the first to the last window along the least-squares line, as a share of the mean;
 * negative when it falls. null for fewer than three windows.
 */
export function drift(rates: readonly number[]): number | null {
  const average = mean(rates);
  if (rates.length < 3 || average === 0) return null;
  const middle = (rates.length - 1) / 2;
  const covariance = rates.reduce((sum, rate, index) => sum + (index - middle) * (rate - average), 0);
  const spread = rates.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return ((covariance / spread) * (rates.length - 1)) / average;
}

export interface CountedWindow {
  readonly atUs: number;
  readonly durationUs: number;
  readonly messages: number;
}

/**
 * Rates of the full windows, in order of time. A first window holds the ramp-up and a short last one says
 * little, so windows under 90 % of the longest are left out.
 */
export function fullWindowRates(windows: readonly CountedWindow[]): number[] {
  const longest = Math.max(0, ...windows.map((window) => window.durationUs));
  return windows
    .filter((window) => window.durationUs >= 0.9 * longest && window.durationUs > 0)
    .toSorted((a, b) => a.atUs - b.atUs)
    .map((window) => (window.messages / window.durationUs) * 1e6);
}

/** Windows of several load processes that ran side by side, added up by index. */
export function addWindows(processes: readonly (readonly CountedWindow[])[]): CountedWindow[] {
  const longest = processes.toSorted((a, b) => b.length - a.length)[0] ?? [];
  return longest.map((window, index) => ({
    atUs: window.atUs,
    durationUs: window.durationUs,
    messages: processes.reduce((sum, windows) => sum + (windows[index]?.messages ?? 0), 0),
  }));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
