/**
 * Figures as people read them, `-` for what was not measured. Measured ones have three significant digits, so that
 * a column of them lines up; given ones are shown as they were given.
 */

import type { FigureSpec } from "../result/figures/index.ts";

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

/** 3100000 -> "3.10 M/s" */
export function ratePerSecond(value: number | null): string {
  return value === null ? NOT_MEASURED : `${scaled(value, COUNT, measured)}/s`;
}

/** Decimal, as disks and networks are sold: 312345678 -> "312 MB/s" */
export function byteRate(value: number | null): string {
  if (value === null) return NOT_MEASURED;
  const text = scaled(value, COUNT, measured);
  return `${text}${text.includes(" ") ? "" : " "}B/s`;
}

/** 1200 -> "1.20 ms" */
export function duration(microseconds: number | null): string {
  return microseconds === null ? NOT_MEASURED : scaled(microseconds, MICROSECONDS, measured);
}

/** 188743680 -> "180 MiB" */
export function memory(bytes: number | null): string {
  return bytes === null ? NOT_MEASURED : scaled(bytes, BINARY, measured);
}

/** 2.046 -> "2.05x" */
export function ratio(value: number | null): string {
  return value === null ? NOT_MEASURED : `${measured(value)}x`;
}

export function plain(value: number | null): string {
  return value === null ? NOT_MEASURED : measured(value);
}

/** 1048576 -> "1 MiB" */
export function givenSize(bytes: number): string {
  return scaled(bytes, BINARY, given);
}

/** 90000 -> "1.5 min" */
export function givenDuration(milliseconds: number): string {
  return scaled(milliseconds * 1000, MICROSECONDS, given);
}

/** The largest unit of which there is at least one, also after rounding: 999,950 is 1.00 M, not 1000 k. */
function scaled(value: number, steps: readonly Step[], digits: (value: number) => string): string {
  const [factor, suffix] = steps.find(([from]) => Number(digits(value / from)) >= 1) ?? steps.at(-1)!;
  const text = factor === 1 && Number.isInteger(value) ? String(value) : digits(value / factor);
  return `${text} ${suffix}`.trimEnd();
}

/** 3.10, 31.0, 310, 0.0310 */
function measured(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) >= 99.95 ? String(Math.round(value)) : value.toPrecision(3);
}

const given = (value: number) => String(Number(value.toPrecision(6)));

/** How a figure of each unit is printed. Seconds of CPU are small numbers without a unit of their own. */
export const UNIT_FORMATS: Readonly<Record<FigureSpec["unit"], (value: number | null) => string>> = {
  "messages/s": ratePerSecond,
  "bytes/s": byteRate,
  us: duration,
  s: plain,
  bytes: memory,
  "1": plain,
  messages: counted,
  connections: counted,
  "connections/s": ratePerSecond,
  requests: counted,
};

/** Every digit, for what must come out even. */
function counted(value: number | null): string {
  return value === null ? NOT_MEASURED : value.toLocaleString("en-US");
}
