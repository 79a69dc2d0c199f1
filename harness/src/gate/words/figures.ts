/** Figures in sentences about a gate. Shares are fractions: 0.05 is 5 %. */

/** `0.3`, `12.4`, `143`: percent without its sign. */
function percentDigits(share: number): string {
  const percent = Math.abs(share) * 100;
  return percent >= 99.95 ? percent.toFixed(0) : percent.toFixed(1);
}

/** Two rounds can tell so little that the figure would fill the line. */
const LARGEST_SHARE = 10;

/** `0.3 %`; for what has no sign of its own. */
export function percent(share: number): string {
  if (share > LARGEST_SHARE) return `over ${percentDigits(LARGEST_SHARE)} %`;
  return `${percentDigits(share)} %`;
}

/** As given, without zeros after the point: `5 %`, `2.5 %`. */
export function givenPercent(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}

/** `61 %`, for what needs no closer look. */
export function wholePercent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** `+0.3`, `-0.9`, `0.0` */
export function signedPercent(share: number): string {
  const digits = percentDigits(share);
  if (Number(digits) === 0) return "0.0";
  return `${share < 0 ? "-" : "+"}${digits}`;
}

/** `[-0.9, +1.4]`, in percent. */
export function percentInterval([low, high]: readonly [number, number]): string {
  return `[${signedPercent(low)}, ${signedPercent(high)}]`;
}

/** `p = 0.0021`, two significant digits. */
export function pValue(p: number): string {
  return p < 0.0001 ? "p < 0.0001" : `p = ${Number(p.toPrecision(2))}`;
}

/** `0.4`, in cores. */
export function cores(value: number): string {
  return value.toFixed(1);
}

export function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}

/** `1 round`, `8 rounds` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `a, b, c and 2 more` */
export function some(words: readonly string[], most: number): string {
  const rest = words.length - most;
  return words.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
