/** `Judgement` as a schema, for reports that are read back and for the published JSON Schema. */
import { z } from "zod";
import { END_REASONS, GATE_SCHEMA_VERSION } from "../evidence.ts";
import type {
  Fitness,
  GateVerdict,
  InconclusiveReason,
  IntegrityFinding,
  Judgement,
  MetricJudgement,
  MetricVerdict,
} from "../judgement.ts";
import { GATE_METRIC_NAMES, type GateMetricName } from "../metrics.ts";

/** Every member of a union once; the type checker asks for those that are missing. */
function membersOf<Name extends string>(members: Readonly<Record<Name, true>>): [Name, ...Name[]] {
  return Object.keys(members) as [Name, ...Name[]];
}

const reason = z
  .enum(
    membersOf<InconclusiveReason>({
      ...{ noise: true, borderline: true, contended: true, unstable: true, migrated: true, short: true },
      ...{ control: true, clock: true, client: true, "side-failed": true, interrupted: true },
    }),
  )
  .nullable();

const gateVerdict = z.enum(
  membersOf<GateVerdict>({ pass: true, regress: true, improved: true, inconclusive: true, integrity: true }),
);

const metricVerdict = z.enum(
  membersOf<MetricVerdict>({
    ...{ pass: true, "pass-slower": true, regress: true, improved: true, inconclusive: true, equal: true },
    ...{ "no-limit": true, "not-measured": true },
  }),
);

const share = z.number();

const metricJudgement: z.ZodType<MetricJudgement> = z.object({
  scenario: z.string(),
  metric: z.enum(GATE_METRIC_NAMES as [GateMetricName, ...GateMetricName[]]),
  role: z.enum(["gating", "advisory"]),
  verdict: metricVerdict,
  reason,
  effect: share.nullable().describe("Share by which the candidate is worse; below 0: better."),
  interval: z.tuple([share, share]).nullable().describe("Of the effect, at 95 % or a little more."),
  upperBound: share.nullable().describe("One-sided; `pass` says that it lies below the limit."),
  limit: share.nullable(),
  indifference: share,
  detectable: share.nullable().describe("The smallest effect that could have been seen."),
  pWorse: z.number(),
  pBetter: z.number(),
  alpha: z.number(),
  deviation: z.number().nullable().describe("Standard deviation of the rounds' log-ratios."),
  effects: z.array(z.number()).describe("Log-ratio of each round; above 0 the candidate is worse."),
  effectRounds: z.array(z.number()).describe("The round that each effect is of."),
  baseline: z.number().nullable().describe("Median over rounds, in the metric's unit."),
  candidate: z.number().nullable().describe("Median over rounds, in the metric's unit."),
});

const fitness: z.ZodType<Fitness> = z.object({
  foreignCores: z.number().nullable(),
  stealCores: z.number().nullable(),
  cores: z.number(),
  generatorShare: z.number().nullable(),
  longestGapMs: z.number(),
  fired: z.array(reason.unwrap()),
});

const integrityFinding: z.ZodType<IntegrityFinding> = z.object({
  scenario: z.string(),
  round: z.number(),
  side: z.string(),
  what: z.string(),
  examples: z.array(z.string()),
});

export const judgementSchema: z.ZodType<Judgement> = z.object({
  schemaVersion: z.literal(GATE_SCHEMA_VERSION),
  verdict: gateVerdict,
  reason,
  metrics: z.array(metricJudgement),
  integrity: z.array(integrityFinding),
  fitness,
  control: gateVerdict.nullable(),
  rounds: z.record(z.string(), z.number()),
  wallMs: z.number(),
  endReason: z.enum(END_REASONS).nullable(),
});
