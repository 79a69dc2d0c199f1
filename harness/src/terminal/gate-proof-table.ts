/** What the gate's proof found, as tables for a terminal. */
import type { GateRow } from "../gate/proof/other-gates.ts";
import type { Rate, VerdictCounts } from "../gate/proof/rates.ts";
import type { ReplayedRow } from "../gate/proof/replay-signs.ts";
import type { SimulatedCell } from "../gate/proof/simulate.ts";
import type { Tally } from "../gate/proof/tally.ts";
import { type Column, renderTable } from "./table.ts";

const left = (heading: string): Column => ({ heading, align: "left" });
const right = (heading: string): Column => ({ heading, align: "right" });

const VERDICT_COLUMNS = [
  right("regress"),
  right("[bounds]"),
  right("improved"),
  right("pass"),
  right("cannot tell"),
];

export function renderSimulation(cells: readonly SimulatedCell[]): string {
  return renderTable(
    [
      left("noise"),
      right("deviation"),
      right("metrics"),
      right("effect"),
      right("jobs"),
      ...VERDICT_COLUMNS,
      right("rounds"),
    ],
    cells.map((cell) => [
      ...[cell.noise, percent(cell.deviation), `${cell.metrics}`, percent(cell.effect), `${cell.jobs}`],
      ...verdictCells(cell),
      `${cell.medianRounds}`,
    ]),
  );
}

export function renderReplay(rows: readonly ReplayedRow[]): string {
  return renderTable(
    [left("made worse"), right("by"), right("real rounds"), right("jobs"), ...VERDICT_COLUMNS],
    rows.map((row) => [
      ...[row.metric ?? "nothing", percent(row.effect), `${row.rounds}`, `${row.jobs}`],
      ...verdictCells(row),
    ]),
  );
}

/** `detected`: the same gates over jobs with a known slowdown, where there are any beside those with equal sides. */
export function renderGates(rows: readonly GateRow[], detected: readonly GateRow[] | null = null): string {
  const columns = (heading: string) => [right(heading), right("rate"), right("[bounds]")];
  const cells = (alarms: Rate) => [ofAll(alarms), percent(share(alarms)), bounds(alarms)];
  return renderTable(
    [
      left("gate"),
      ...columns(detected === null ? "alarms" : "false alarms"),
      ...(detected === null ? [] : columns("detected")),
      left("rule"),
    ],
    rows.map(({ name, rule, alarms }, index) => [
      name,
      ...cells(alarms),
      ...(detected === null ? [] : cells(detected[index]!.alarms)),
      rule,
    ]),
  );
}

export function renderTally({ verdicts, metrics, reasons, medianWallMs, longestWallMs }: Tally): string {
  const table = renderTable(
    [left("verdict"), right("jobs"), right("rate"), right("[bounds]")],
    Object.entries(verdicts).map(([verdict, rate]) => [
      verdict,
      ofAll(rate),
      percent(share(rate)),
      bounds(rate),
    ]),
  );
  const lines = [
    ...metrics.map(
      ({ metric, worse, better, inconclusive }) =>
        `${metric}: worse in ${worse}, better in ${better}, cannot tell in ${inconclusive}`,
    ),
    ...Object.entries(reasons).map(([reason, jobs]) => `inconclusive (${reason}): ${jobs}`),
    `seconds a job: median ${seconds(medianWallMs)}, longest ${seconds(longestWallMs)}`,
  ];
  return [table, "", ...lines].join("\n");
}

function verdictCells({ regress, improved, pass, inconclusive }: VerdictCounts): string[] {
  return [
    percent(share(regress)),
    bounds(regress),
    ...[improved, pass, inconclusive].map((rate) => percent(share(rate))),
  ];
}

function share({ hits, trials }: Rate): number {
  return trials === 0 ? 0 : hits / trials;
}

function ofAll({ hits, trials }: Rate): string {
  return `${hits} of ${trials}`;
}

function bounds({ low, high }: Rate): string {
  return `[${percent(low)}, ${percent(high)}]`;
}

/** 0.0123 -> "1.2 %" */
function percent(value: number): string {
  const digits = value !== 0 && Math.abs(value) < 0.01 ? 2 : 1;
  return `${(value * 100).toFixed(digits)} %`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(0);
}
