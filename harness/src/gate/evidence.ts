/**
 * What a gate job saw, and all that its verdict is made of. A file of JSON lines: one `job`, then a `round` for each
 * round and scenario as it ends, then one `end`. It is appended to, so an interrupted job can go on; `gate --replay` judges
 * it again. Times are microseconds unless the name says otherwise. What was not measured is null, never 0.
 */
import { z } from "zod";
import { GATE_METRIC_NAMES, type GateMetricName } from "./metrics.ts";

export const GATE_SCHEMA_VERSION = 1;

const count = z.number().int().nonnegative();
const measured = z.number().nonnegative().nullable();

/** `control` is the baseline once more, in a slot of its own. */
export const sideName = z.enum(["baseline", "candidate", "control"]);
export type SideName = z.infer<typeof sideName>;

export const sideDescription = z.object({
  /** As given: `git:main`, `target:kafka@4.3.1`, `cmd:…`, `url:…`. */
  spec: z.string(),
  /** What runs: `reference`, `kafka`, `rabbitmq`, `command`, `external`. */
  kind: z.string(),
  /** Full commit of a `git:` side. */
  commit: z.string().nullable(),
  version: z.string().nullable(),
  durability: z.string().nullable(),
  /** Effective configuration as far as the broker tells it; injectors stand here by name. */
  configuration: z.record(z.string(), z.string()),
  /** SHA-256 of what is executed, where it can be known: two sides that are the same bytes say so. */
  contentHash: z.string().nullable(),
});
export type SideDescription = z.infer<typeof sideDescription>;

/** One side's turn of some milliseconds: closed loop from the first send until what was in flight is confirmed. */
export const slice = z.object({
  side: sideName,
  messages: count,
  wallNs: count,
  /**
   * CPU of the side's process tree, and of the other sides' together, which idle: from just before the first send until the next slice
   * is about to begin, so that what a broker does after its last confirmation is its own.
   */
  cpuNs: measured,
  idleCpuNs: measured,
  /** Confirmations (batches over Kafka, messages over AMQP) and percentiles of their publish latency; null with too few. */
  samples: count,
  p50: measured,
  p90: measured,
  p99: measured,
  /** Label-blind meters: CPU of neither side nor the generator, hypervisor's steal, time in which some task waited (PSI). */
  foreignNs: measured,
  stealNs: measured,
  pressureNs: measured,
  /** The generator's own CPU. */
  generatorCpuNs: measured,
});
export type Slice = z.infer<typeof slice>;

export const block = z.object({
  /** Order of sides, e.g. baseline, candidate, candidate, baseline. */
  order: z.array(sideName),
  slices: z.array(slice),
});
export type Block = z.infer<typeof block>;

/** What is known of a side when its round is over. */
export const roundSide = z.object({
  slot: count,
  startupMs: measured,
  peakRssBytes: measured,
  /** Publish latency of all its slices, HdrHistogram V2, base64, whole microseconds. */
  histogram: z.string().nullable(),
  /** Of that histogram: confirmations and percentiles, for metrics whose slices are too short for them; null with too few. */
  samples: count,
  p50: measured,
  p90: measured,
  p99: measured,
  p99_9: measured,
  idleCpuCores: measured,
  integrity: z.object({
    published: count,
    confirmed: count,
    lost: count,
    duplicated: count,
    reordered: count,
    corrupted: count,
    examples: z.array(z.string()),
  }),
  /** Names of broker or publisher errors that were answered, with their counts. */
  errors: z.record(z.string(), count),
});
export type RoundSide = z.infer<typeof roundSide>;

export const slot = z.object({
  /** 0: started first. */
  startPosition: count,
  port: count.nullable(),
  /** Bytes that the environment was made longer by. */
  environmentPaddingBytes: count,
});

export const roundLine = z.object({
  type: z.literal("round"),
  /** From 0, over all scenarios of the job. */
  round: count,
  scenario: z.string(),
  startedAt: z.string(),
  wallMs: z.number().nonnegative(),
  /** The coin: which slot the candidate had. */
  candidateSlot: count,
  slots: z.array(slot),
  blocks: z.array(block),
  sides: z.partialRecord(sideName, roundSide),
  /** Longest gap between two readings of a clock that should be even: a paused machine. */
  longestGapMs: z.number().nonnegative(),
});
export type RoundLine = z.infer<typeof roundLine>;

export const jobScenario = z.object({
  /** Key of its rounds: `megabatch`, or `megabatch:standard` where a profile was asked for. */
  name: z.string(),
  protocol: z.enum(["kafka", "amqp"]),
  /** The resolved plan, as results carry it. */
  plan: z.record(z.string(), z.unknown()),
  /** Those that can be measured on these sides, in the table's order; only gating ones of them gate. */
  metrics: z.array(z.enum(GATE_METRIC_NAMES as [GateMetricName, ...GateMetricName[]])),
});
export type JobScenario = z.infer<typeof jobScenario>;

/** How evidence is judged; part of the file, so that a replay judges by the same rules. */
export const judgingRules = z.object({
  alphaJob: z.number().positive().max(0.5),
  alphaPass: z.number().positive().max(0.5),
  /** Effects up to this are indifferent: a build's layout alone may make them. */
  indifference: z.number().nonnegative(),
  /** Over the table's limits, by metric. */
  limits: z.partialRecord(
    z.enum(GATE_METRIC_NAMES as [GateMetricName, ...GateMetricName[]]),
    z.number().positive(),
  ),
  /** Numbers of rounds after which the evidence is looked at. Rising; the last one is the most that are played. */
  looks: z.array(z.number().int().positive()).min(1),
});
export type JudgingRules = z.infer<typeof judgingRules>;

export const jobLine = z.object({
  type: z.literal("job"),
  schemaVersion: z.literal(GATE_SCHEMA_VERSION),
  /** Random, 128 bits in hex: from it come all coins and orders. */
  seed: z.string(),
  createdAt: z.string(),
  command: z.string(),
  environment: z.record(z.string(), z.unknown()),
  sides: z.partialRecord(sideName, sideDescription),
  scenarios: z.array(jobScenario),
  rules: judgingRules,
  measuring: z.object({
    sliceMs: z.number().positive(),
    washoutMs: z.number().nonnegative(),
    blocks: count,
    warmupMs: z.number().nonnegative(),
    maxTimeMs: z.number().positive(),
  }),
  /** What the job is about: same key, same question. A rerun is known by it and its evidence is pooled. */
  rerunKey: z.string(),
  attempt: z.number().int().positive(),
});
export type JobLine = z.infer<typeof jobLine>;

export const END_REASONS = [
  "decided",
  "rounds",
  "time",
  "futile",
  "integrity",
  "side-failed",
  "interrupted",
] as const;

export const endLine = z.object({
  type: z.literal("end"),
  reason: z.enum(END_REASONS),
  /** Of `side-failed`: which, and what it died of. */
  failure: z.object({ side: sideName, code: z.string(), message: z.string() }).nullable(),
  wallMs: z.number().nonnegative(),
  /** Of the boot, the CPU and the clock source, when the job began and when it ended: a moved machine shows here. */
  machine: z.object({ began: z.string(), ended: z.string() }),
});
export type EndLine = z.infer<typeof endLine>;

export const evidenceLine = z.discriminatedUnion("type", [jobLine, roundLine, endLine]);
export type EvidenceLine = z.infer<typeof evidenceLine>;

/** A whole file. `end` is null while the job runs and of one that was cut off. */
export interface GateEvidence {
  readonly job: JobLine;
  readonly rounds: readonly RoundLine[];
  readonly end: EndLine | null;
}
