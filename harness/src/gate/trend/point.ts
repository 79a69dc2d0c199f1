/**
 * One line of a trend file: what one gate job measured of one metric of a commit against a pinned anchor. The ratio to an anchor
 * that ran beside it on the same machine is what stays comparable when runners change.
 */
import { z } from "zod";
import { GATE_METRIC_NAMES, type GateMetricName } from "../metrics.ts";

export const TREND_SCHEMA_VERSION = 1;

export const trendPoint = z.object({
  schemaVersion: z.literal(TREND_SCHEMA_VERSION),
  /** Seed and attempt of the job: the same evidence is not added twice. */
  job: z.string(),
  attempt: z.number().int().positive(),
  measuredAt: z.iso.datetime(),
  /** Full commit of each side; of a side that is none its words, with its version. */
  commit: z.string(),
  anchor: z.string(),
  /** Operating system, architecture and cores: points of unlike machines make no series. */
  machineClass: z.string(),
  /** For the reader. */
  cpuModel: z.string(),
  scenario: z.string(),
  metric: z.enum(GATE_METRIC_NAMES as [GateMetricName, ...GateMetricName[]]),
  /** Natural logarithm of commit over anchor, turned so that above 0 the commit is worse. */
  logRatio: z.number(),
  /** Of `logRatio`; null of a single round. */
  standardError: z.number().nonnegative().nullable(),
  /** The same of each round. */
  effects: z.array(z.number()),
});
export type TrendPoint = z.infer<typeof trendPoint>;

/** What one job measures of a metric is one point. */
export function pointKey({ job, attempt, scenario, metric }: TrendPoint): string {
  return [job, attempt, scenario, metric].join("\n");
}
