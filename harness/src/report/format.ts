/** Numbers as the report prints them. A missing figure is a dash, never 0. */
export const DASH = "–";

const formats = new Map<number, Intl.NumberFormat>();

/** With grouping and at most so many significant digits; whole numbers above keep their place values. */
export function significant(value: number, digits = 3): string {
  let format = formats.get(digits);
  if (!format) {
    format = new Intl.NumberFormat("en-US", { maximumSignificantDigits: digits });
    formats.set(digits, format);
  }
  return format.format(value);
}

export function whole(value: number): string {
  return significant(Math.round(value), 21);
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
