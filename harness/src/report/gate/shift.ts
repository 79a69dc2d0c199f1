/** By how much each percentile of publish latency differs: where in the distribution a change lies. */
import type { ReportChart } from "../../../../reports/src/model.ts";
import type { RoundLine } from "../../gate/evidence.ts";
import { hodgesLehmann, hodgesLehmannInterval } from "../../gate/statistics/hodges-lehmann.ts";
import { HarnessError } from "../../errors.ts";
import { LatencyHistogram } from "../../measure/histogram.ts";

const PERCENTILES = [1, 5, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99] as const;

/** A percentile with fewer samples above it in a round says more about chance than about the broker. */
const MIN_SAMPLES_ABOVE = 10;

const CONFIDENCE = 0.95;

export interface PercentileShift {
  readonly percentile: number;
  /** Share by which the candidate is slower there. */
  readonly shift: number;
  /** Exact, from the rounds; null below six. */
  readonly interval: readonly [number, number] | null;
}

/**
 * Rounds are the only replicates: each gives one log-ratio for each percentile, and their centre and its signed-rank interval are
 * what is shown. Percentiles that not every round has samples enough for are left out.
 * Throws RESULT_INVALID for a histogram that does not decode.
 */
export function percentileShifts(rounds: readonly RoundLine[]): readonly PercentileShift[] {
  const pairs = rounds.flatMap(({ sides }) => {
    const [baseline, candidate] = [sides.baseline?.histogram ?? null, sides.candidate?.histogram ?? null];
    return baseline === null || candidate === null
      ? []
      : [{ baseline: decode(baseline), candidate: decode(candidate) }];
  });
  if (pairs.length === 0) return [];
  const fewest = Math.min(...pairs.flatMap(({ baseline, candidate }) => [baseline.count, candidate.count]));
  return PERCENTILES.filter((percentile) => fewest * (1 - percentile / 100) >= MIN_SAMPLES_ABOVE).flatMap(
    (percentile) => {
      const ratios = pairs.flatMap(({ baseline, candidate }) => {
        const [from, to] = [baseline.percentile(percentile), candidate.percentile(percentile)];
        return from > 0 && to > 0 ? [Math.log(to / from)] : [];
      });
      if (ratios.length === 0) return [];
      const interval = hodgesLehmannInterval(ratios, CONFIDENCE);
      return [
        {
          percentile,
          shift: Math.expm1(hodgesLehmann(ratios)),
          interval: interval === null ? null : ([Math.expm1(interval[0]), Math.expm1(interval[1])] as const),
        },
      ];
    },
  );
}

function decode(base64: string): LatencyHistogram {
  try {
    return LatencyHistogram.decode(base64);
  } catch (cause) {
    throw new HarnessError("RESULT_INVALID", "the histogram of a round does not decode", { cause });
  }
}

/** null where no round has a histogram. */
export function shiftChart(scenario: string, rounds: readonly RoundLine[]): ReportChart | null {
  const shifts = percentileShifts(rounds);
  if (shifts.length === 0) return null;
  const edge = (side: 0 | 1) =>
    shifts.flatMap(({ percentile, interval }) =>
      interval === null ? [] : [[percentile, round(interval[side])] as const],
    );
  const bounds = edge(0).length > 0 ? [edge(0), edge(1)] : [];
  return {
    caption: `Where the latency of ${scenario} differs`,
    note: "By how much the candidate is slower at each percentile of publish latency, in the centre of all rounds; thin lines enclose 95 %. A change of everything is level, one of the tail rises to the right.",
    kind: "percentile",
    xLabel: "percentile",
    yLabel: "candidate slower by, %",
    yScale: "linear",
    series: [
      {
        name: "candidate against baseline",
        colourKey: "candidate",
        points: shifts.map(({ percentile, shift }) => [percentile, round(shift)] as const),
      },
      ...bounds.map((points, index) => ({
        name: index === 0 ? "lower bound" : "upper bound",
        colourKey: "candidate",
        points,
        faint: true as const,
      })),
    ],
    mark: { y: 0, label: "no difference" },
  };
}

/** In percent, to a hundredth. */
const round = (share: number) => Number((100 * share).toFixed(2));
