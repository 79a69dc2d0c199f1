/** Raw repetitions to medians with their spread, and those to a table. Pure. */
import type { TargetName } from "../test/support/broker-process.ts";
import type { GeneratorLimit, Repetition } from "./measure.ts";
import { type Spread, spreadOf } from "./spread.ts";

export interface TargetRuns {
  readonly startupMs: readonly number[];
  readonly repetitions: readonly Repetition[];
}

export interface BenchResult {
  readonly bareNodeMs: readonly number[];
  readonly targets: Readonly<Partial<Record<TargetName, TargetRuns>>>;
  readonly generator: GeneratorLimit;
}

interface Row {
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  readonly values: (runs: TargetRuns) => readonly (number | null)[];
}

const MEBIBYTE = 1_048_576;
const perRepetition = (value: (repetition: Repetition) => number | null) => (runs: TargetRuns) =>
  runs.repetitions.map(value);
const mebibytes = (bytes: number | null) => (bytes === null ? null : bytes / MEBIBYTE);

/** One table: the text and the JSON follow from it. */
export const ROWS: readonly Row[] = [
  { label: "start to first accepted produce", unit: "ms", digits: 0, values: (runs) => runs.startupMs },
  {
    ...{ label: "idle CPU", unit: "% of a core", digits: 2 },
    values: perRepetition(({ idleCpu }) => (idleCpu === null ? null : idleCpu * 100)),
  },
  {
    ...{ label: "RSS after start", unit: "MiB", digits: 0 },
    values: perRepetition(({ rssAfterStartBytes }) => mebibytes(rssAfterStartBytes)),
  },
  {
    ...{ label: "RSS after load", unit: "MiB", digits: 0 },
    values: perRepetition(({ rssAfterLoadBytes }) => mebibytes(rssAfterLoadBytes)),
  },
  {
    ...{ label: "maximum rate, closed loop", unit: "requests/s", digits: 0 },
    values: perRepetition(({ maximumRequestsPerSecond }) => maximumRequestsPerSecond),
  },
  {
    ...{ label: "rate of the open loop below", unit: "requests/s", digits: 0 },
    values: perRepetition(({ tenth }) => tenth.requestsPerSecond),
  },
  {
    ...{ label: "publish latency p50", unit: "ms", digits: 3 },
    values: perRepetition(({ tenth }) => tenth.publish.p50 / 1000),
  },
  {
    ...{ label: "publish latency p99", unit: "ms", digits: 3 },
    values: perRepetition(({ tenth }) => tenth.publish.p99 / 1000),
  },
  {
    ...{ label: "publish latency p99.9", unit: "ms", digits: 3 },
    values: perRepetition(({ tenth }) => tenth.publish.p99_9 / 1000),
  },
  {
    ...{ label: "schedule lag p99.9 (the generator's part)", unit: "ms", digits: 3 },
    values: perRepetition(({ tenth }) => tenth.scheduleLag.p99_9 / 1000),
  },
];

export function summarizeRows(runs: TargetRuns): Record<string, (Spread & { unit: string }) | null> {
  return Object.fromEntries(
    ROWS.map(({ label, unit, values }) => {
      const spread = spreadOf(values(runs).filter((value) => value !== null));
      return [label, spread === null ? null : { ...spread, unit }];
    }),
  );
}

const LABEL_COLUMNS = 58;
const CELL_COLUMNS = 30;

export function formatTable(result: BenchResult): string {
  const names = Object.keys(result.targets) as TargetName[];
  const cell = (spread: Spread | null, digits: number) => {
    if (spread === null) return "not measured";
    const [median, min, max] = [spread.median, spread.min, spread.max].map((value) => value.toFixed(digits));
    return `${median} (${min} to ${max})`;
  };
  const line = (label: string, cells: readonly string[]) =>
    `${label.padEnd(LABEL_COLUMNS)}${cells.map((text) => text.padStart(CELL_COLUMNS)).join("")}`;
  const rows = ROWS.map(({ label, unit, digits, values }) =>
    line(
      `${label}, ${unit}`,
      names.map((name) =>
        cell(spreadOf(values(result.targets[name]!).filter((value) => value !== null)), digits),
      ),
    ),
  );
  return [line("median (min to max)", names), ...rows, "", ...notes(result)].join("\n");
}

function notes({ bareNodeMs, generator, targets }: BenchResult): string[] {
  const node = spreadOf(bareNodeMs);
  const { publish } = generator.atTenth;
  const lines = [
    `A bare \`node -e 0\` takes ${node?.median.toFixed(0)} ms (${node?.min.toFixed(0)} to ${node?.max.toFixed(0)}).`,
    `The generator's own limit: ${generator.maximumRequestsPerSecond.toFixed(0)} requests/s against a sink that answers at once; ` +
      `at ${generator.atTenth.requestsPerSecond.toFixed(0)} requests/s its p99.9 is ${(publish.p99_9 / 1000).toFixed(3)} ms.`,
  ];
  for (const [name, runs] of Object.entries(targets)) {
    const maximum = spreadOf(runs.repetitions.map((one) => one.maximumRequestsPerSecond));
    if (maximum !== null && maximum.median > 0.85 * generator.maximumRequestsPerSecond) {
      lines.push(`${name}: its maximum is above 85 % of the generator's: the generator limits it.`);
    }
    const startup = spreadOf(runs.startupMs);
    if (name === "reference" && startup !== null && node !== null) {
      lines.push(
        `Reference: start to first produce is ${(startup.median / node.median).toFixed(2)} times a bare node start.`,
      );
    }
  }
  return lines;
}
