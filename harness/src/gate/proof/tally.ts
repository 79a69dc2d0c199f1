import type { GateVerdict, InconclusiveReason, Judgement } from "../judgement.ts";
import { GATE_METRIC_NAMES, type GateMetricName } from "../metrics.ts";
import { median } from "../statistics/moments.ts";
import { type Rate, rateOf } from "./rates.ts";

export interface Tally {
  readonly jobs: number;
  readonly verdicts: Readonly<Record<GateVerdict, Rate>>;
  /** Jobs in which a metric of some scenario was called a regression, an improvement, or could not be told. */
  readonly metrics: readonly {
    readonly metric: GateMetricName;
    readonly worse: number;
    readonly better: number;
    readonly inconclusive: number;
  }[];
  readonly reasons: Readonly<Partial<Record<InconclusiveReason, number>>>;
  readonly medianWallMs: number;
  readonly longestWallMs: number;
}

const VERDICTS = [
  "regress",
  "improved",
  "pass",
  "inconclusive",
  "integrity",
] as const satisfies GateVerdict[];

/** Real jobs by their verdicts; of at least one. */
export function tally(judgements: readonly Judgement[]): Tally {
  const jobs = judgements.length;
  const rate = (verdict: GateVerdict) =>
    rateOf(judgements.filter((each) => each.verdict === verdict).length, jobs);
  const reasons: Partial<Record<InconclusiveReason, number>> = {};
  for (const { reason } of judgements) if (reason !== null) reasons[reason] = (reasons[reason] ?? 0) + 1;
  const walls = judgements.map(({ wallMs }) => wallMs);
  return {
    jobs,
    verdicts: Object.fromEntries(VERDICTS.map((verdict) => [verdict, rate(verdict)])) as Record<
      GateVerdict,
      Rate
    >,
    metrics: GATE_METRIC_NAMES.flatMap((metric) => {
      const among = (verdict: string) =>
        judgements.filter(({ metrics }) =>
          metrics.some(
            (each) => each.metric === metric && each.role === "gating" && each.verdict === verdict,
          ),
        ).length;
      const counts = {
        ...{ worse: among("regress"), better: among("improved"), inconclusive: among("inconclusive") },
      };
      return Object.values(counts).some((count) => count > 0) ? [{ metric, ...counts }] : [];
    }),
    reasons,
    medianWallMs: median(walls),
    longestWallMs: Math.max(...walls),
  };
}
