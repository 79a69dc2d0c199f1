/** What a soak says: a line a minute while it runs, and at its end what the broker was in each sixth of the time. */
import type { Tally } from "../run/soak/lanes.ts";
import {
  amount,
  type SoakSample,
  type SoakVerdict,
  type TOLERANCES,
  type Trended,
} from "../run/soak/verdict.ts";
import { duration, memory, plain } from "./quantities.ts";
import { type Column, renderTable, wrap } from "./table.ts";

const WIDTH = 110;
const PARTS = 6;

const COLUMNS: readonly Column[] = [
  { heading: "until", align: "right" },
  { heading: "RSS", align: "right" },
  { heading: "heap", align: "right" },
  { heading: "descriptors", align: "right" },
  { heading: "loop delay p99", align: "right" },
  { heading: "health p90", align: "right" },
];

export function sampleLine(sample: SoakSample, { counts, laps, connections }: Tally): string {
  const { atMs, rssBytes, descriptors, loopDelayP99Us, probeP90Us } = sample;
  const parts = [
    duration(atMs * 1e3),
    `RSS ${memory(rssBytes)}`,
    `${plain(descriptors)} descriptors`,
    `loop ${duration(loopDelayP99Us)}`,
    `health ${duration(probeP90Us)}`,
    `${laps} laps`,
    `${counts.delivered} delivered`,
    `${connections} connections`,
  ];
  return parts.join(", ");
}

export function renderSoak(
  samples: readonly SoakSample[],
  { counts, laps, connections }: Tally,
  descriptors: { readonly before: number | null; readonly after: number | null },
  { outcome, trends, reasons }: SoakVerdict,
): string {
  const lastMs = samples.at(-1)?.atMs ?? 0;
  const rows = Array.from({ length: PARTS }, (_, part) => {
    const [from, to] = [(lastMs * part) / PARTS, (lastMs * (part + 1)) / PARTS];
    const during = samples.filter(({ atMs }) => atMs > from && atMs <= to);
    const middle = (of: keyof SoakSample) => median(during.map((sample) => sample[of]));
    return [
      duration(to * 1e3),
      memory(middle("rssBytes")),
      memory(middle("heapUsedBytes")),
      plain(middle("descriptors")),
      duration(middle("loopDelayP99Us")),
      duration(middle("probeP90Us")),
    ];
  });
  const { confirmed, delivered, lost, duplicated, reordered, corrupted } = counts;
  const lines = [
    `${laps} laps, ${connections} connections came and went; ${confirmed} messages confirmed, ${delivered} delivered, ${lost} lost, ${duplicated} duplicated, ${reordered} reordered, ${corrupted} corrupted`,
    `descriptors without clients: ${plain(descriptors.before)} before, ${plain(descriptors.after)} after`,
    ...trends.map(({ of, verdict, rise, low, high, tolerance }) => {
      const text = (value: number) => amount(of, value);
      return `${TITLES[of]}: ${verdict}, ${text(rise)} over the second half (95 %: ${text(low)} to ${text(high)}; tolerated ${text(tolerance)})`;
    }),
    `${outcome}${reasons.length > 0 ? `: ${reasons.join("; ")}` : ""}`,
  ];
  return [renderTable(COLUMNS, rows), lines.map((line) => wrap(line, WIDTH)).join("\n")].join("\n\n");
}

const TITLES: Readonly<Record<Trended, string>> = {
  rssBytes: "resident memory",
  loopDelayP99Us: "event-loop delay p99",
  probeP90Us: "health requests p90",
} satisfies Record<keyof typeof TOLERANCES, string>;

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  return known[known.length >> 1] ?? null;
}
