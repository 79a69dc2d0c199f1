/** Numbers as the report prints them. A missing figure is a dash, never 0. */
export const DASH = "–";

const formats = new Map<number, Intl.NumberFormat>();

/** With grouping and exactly so many significant digits, as befits a measured figure: 0.200, 3,215,000. */
export function significant(value: number, digits = 3): string {
  if (value === 0) return "0";
  let format = formats.get(digits);
  if (!format) {
    format = new Intl.NumberFormat("en-US", {
      minimumSignificantDigits: digits,
      maximumSignificantDigits: digits,
    });
    formats.set(digits, format);
  }
  return format.format(value);
}

/** With grouping and every digit, as befits a count or a setting. */
export function exact(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 15 });
}

export function whole(value: number): string {
  return exact(Math.round(value));
}

/** `1.90 to 2.31`, or the one figure that both come to. */
export function range(low: string, high: string): string {
  return low === high ? low : `${low} to ${high}`;
}

export function milliseconds(valueUs: number): string {
  return significant(valueUs / 1000);
}

/** `2.10×` */
export function times(ratio: number): string {
  return `${ratio >= 100 ? Math.round(ratio) : Number(ratio.toPrecision(3)).toFixed(ratio < 0.1 ? 3 : 2)}×`;
}

export function plural(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `a, b and c` */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
