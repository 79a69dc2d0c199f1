/** What is known set beside what was measured. Pure. */
import type { LatencySummary, RunSummary } from "../../result/schema.ts";

/** The accuracy the harness claims for a constant delay: 5 % or 0.3 ms, whichever is more. */
const TOLERATED_SHARE = 0.05;
const TOLERATED_US = 300;

export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly measured: string;
  readonly holds: boolean;
  /** A disturbed machine can spoil a time, never a count. */
  readonly kind: "count" | "time";
}

export type KnownCounts = Readonly<Record<"lost" | "duplicated" | "reordered" | "corrupted", number>>;
/** Microseconds; what is not known is not checked. */
export type KnownLatency = Readonly<Partial<Record<"p50" | "p99", number>>>;

type Counted = Pick<RunSummary, "integrity" | "throughput">;

export function checkCounts({ integrity, throughput }: Counted, known: KnownCounts): Check[] {
  const kinds = ["lost", "duplicated", "reordered", "corrupted"] as const;
  const clean = kinds.every((kind) => known[kind] === 0);
  return [
    ...kinds.map((kind) => count(kind, known[kind], integrity[kind])),
    // A corrupted message came, so it is not lost, but it is not delivered either.
    count("delivered", integrity.published - known.lost - known.corrupted, integrity.delivered),
    said("integrity verdict", clean ? "valid" : "invalid", integrity.verdict),
    said(
      "throughput",
      clean ? "told" : "withheld",
      throughput.messagesPerSecond === null ? "withheld" : "told",
    ),
  ];
}

export function checkLatency(name: string, measured: LatencySummary | null, known: KnownLatency): Check[] {
  return (["p50", "p99"] as const).flatMap((percentile): Check[] => {
    const expectedUs = known[percentile];
    if (expectedUs === undefined) return [];
    const measuredUs = measured?.[percentile] ?? null;
    const toleratedUs = Math.max(TOLERATED_US, TOLERATED_SHARE * expectedUs);
    return [
      {
        what: `${name} ${percentile}`,
        expected: `${milliseconds(expectedUs)} ms ± ${milliseconds(toleratedUs)}`,
        measured: measuredUs === null ? "nothing" : `${milliseconds(measuredUs)} ms`,
        holds: measuredUs !== null && Math.abs(measuredUs - expectedUs) <= toleratedUs,
        kind: "time",
      },
    ];
  });
}

function count(what: string, expected: number, measured: number): Check {
  return {
    what,
    expected: String(expected),
    measured: String(measured),
    holds: expected === measured,
    kind: "count",
  };
}

function said(what: string, expected: string, measured: string): Check {
  return { what, expected, measured, holds: expected === measured, kind: "count" };
}

function milliseconds(us: number): string {
  return (us / 1000).toFixed(2);
}
