/** Figures as people read them: three significant digits and a unit; `-` for what was not measured. */

export const NOT_MEASURED = "-";

type Step = readonly [factor: number, suffix: string];

const COUNT: readonly Step[] = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
];
const BINARY: readonly Step[] = [
  [1024 ** 3, "GiB"],
  [1024 ** 2, "MiB"],
  [1024, "KiB"],
  [1, "B"],
];
const MICROSECONDS: readonly Step[] = [
  [60e6, "min"],
  [1e6, "s"],
  [1e3, "ms"],
  [1, "us"],
];

/** 3123456 -> "3.12 M/s" */
export function ratePerSecond(value: number | null): string {
  return value === null ? NOT_MEASURED : `${scaled(value, COUNT)}/s`;
}

/** Decimal, as disks and networks are sold: 312345678 -> "312 MB/s" */
export function byteRate(value: number | null): string {
  return value === null ? NOT_MEASURED : `${withSpace(scaled(value, COUNT))}B/s`;
}

/** 1234 -> "1.23 ms" */
export function duration(microseconds: number | null): string {
  return microseconds === null ? NOT_MEASURED : scaled(microseconds, MICROSECONDS);
}

/** 1048576 -> "1 MiB" */
export function size(bytes: number | null): string {
  return bytes === null ? NOT_MEASURED : scaled(bytes, BINARY);
}

/** 2.046 -> "2.05x" */
export function ratio(value: number | null): string {
  return value === null ? NOT_MEASURED : `${significant(value)}x`;
}

export function plain(value: number | null): string {
  return value === null ? NOT_MEASURED : significant(value);
}

function scaled(value: number, steps: readonly Step[]): string {
  const [factor, suffix] = steps.find(([from]) => Number(significant(value / from)) >= 1) ?? steps.at(-1)!;
  return `${significant(value / factor)} ${suffix}`.trimEnd();
}

/** "950" -> "950 ", so that a unit can follow; "1.2 k" stays. */
const withSpace = (text: string) => (text.includes(" ") ? text : `${text} `);

/** Three digits, without trailing zeros after the point: 3.12, 31.2, 312, 0.0312. */
function significant(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
