/** Measurements to a table. */
import { spreadOf } from "../spread.ts";
import type { Measured, SuiteResult } from "./run.ts";

/** A calibration loop that ran this much slower than the best of all: what was measured beside it compares with nothing. */
const STEADY_WITHIN = 0.1;

/** Of one benchmark, as the table and the JSON give it. */
export function summarize(measured: Measured) {
  const { median, min, max } = spreadOf(measured.nsPerOperation)!;
  const { bytesPerOperation, claim } = measured;
  const claimedNs = claim === null ? null : (claim.nanoseconds ?? 1e9 / claim.perSecond!);
  return {
    nsPerOperation: { median, min, max },
    perSecond: 1e9 / median,
    megabytesPerSecond: bytesPerOperation === null ? null : (bytesPerOperation * 1000) / median,
    /** Above 1: faster than claimed. */
    timesClaim: claimedNs === null ? null : claimedNs / median,
  };
}

function isSteady({ calibrationNs }: Measured, bestNs: number): boolean {
  return Math.max(...calibrationNs) <= bestNs * (1 + STEADY_WITHIN);
}

const NAME_COLUMNS = 82;

export function formatMicro(results: readonly SuiteResult[]): string {
  const calibrations = results.flatMap(({ measurements }) =>
    measurements.flatMap((one) => one.calibrationNs),
  );
  const [bestNs, worstNs] = [Math.min(...calibrations), Math.max(...calibrations)];
  const steps = `Calibration loop: ${bestNs.toFixed(3)} to ${worstNs.toFixed(3)} ns a step; a benchmark marked ! ran while it was slower than`;
  return [
    ...results.flatMap(({ suite, measurements }) => [
      row(suite, ["ns each (min to max)", "a second", "MB/s", "seeds' claim", "times it"]),
      ...measurements.flatMap((measured) =>
        measurementLines(measured, isSteady(measured, bestNs) ? " " : "!"),
      ),
      "",
    ]),
    `${steps} ${(bestNs * (1 + STEADY_WITHIN)).toFixed(3)}.`,
  ].join("\n");
}

function measurementLines(measured: Measured, mark: string): string[] {
  const { nsPerOperation, perSecond, megabytesPerSecond, timesClaim } = summarize(measured);
  const { median, min, max } = nsPerOperation;
  const { claim } = measured;
  const claimed =
    claim === null ? "" : (claim.nanoseconds?.toString().concat(" ns") ?? rate(claim.perSecond!));
  const cells = [
    `${short(median)} (${short(min)} to ${short(max)})`,
    rate(perSecond),
    megabytesPerSecond === null ? "" : megabytesPerSecond.toFixed(0),
    claimed,
    timesClaim === null ? "" : timesClaim.toFixed(1),
  ];
  const figures = Object.entries(measured.figures).map(([name, value]) => `${name} ${short(value)}`);
  const notes = figures.length === 0 ? [] : [`    ${figures.join(", ")}`];
  return [row(`${mark} ${measured.name}`, cells), ...notes];
}

function row(name: string, [time, perSecond, bytes, claim, times]: readonly string[]): string {
  const cells = [time!.padStart(26), perSecond!.padStart(12), bytes!.padStart(8), claim!.padStart(14)];
  return `${name.padEnd(NAME_COLUMNS)}${cells.join("")}${times!.padStart(10)}`.trimEnd();
}

function rate(perSecond: number): string {
  if (perSecond >= 1e6) return `${short(perSecond / 1e6)} M`;
  return perSecond >= 1e4 ? `${short(perSecond / 1e3)} k` : short(perSecond);
}

/** Three digits. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Each claim once, with its source. */
export function claimSources(results: readonly SuiteResult[]): string[] {
  const sources = results
    .flatMap(({ measurements }) => measurements)
    .flatMap(({ claim }) => (claim === null ? [] : [claim.source]));
  return [...new Set(sources)];
}
