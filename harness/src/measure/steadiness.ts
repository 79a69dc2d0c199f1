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

/**
 * The last three windows average within 5 % of the three before: single windows may be noisy, but the rate no longer
 * moves. What is left when a machine's own noise never lets three windows agree; noise is not warm-up.
 */
export function isLevel(rates: readonly number[]): boolean {
  if (rates.length < 2 * AGREEING_WINDOWS) return false;
  const before = mean(rates.slice(-2 * AGREEING_WINDOWS, -AGREEING_WINDOWS));
  const after = mean(rates.slice(-AGREEING_WINDOWS));
  return before > 0 && Math.abs(after - before) <= AGREEMENT * before;
}

/** Standard deviation divided by the mean; null for fewer than two windows. */
export function variation(rates: readonly number[]): number | null {
  const average = mean(rates);
  if (rates.length < 2 || average === 0) return null;
  const squares = rates.reduce((sum, rate) => sum + (rate - average) ** 2, 0);
  return Math.sqrt(squares / (rates.length - 1)) / average;
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
