/**
 * The shape of a stored result and of what `run --json` prints. One zod schema gives type and validation.
 * Latencies are whole microseconds. What was not measured is null, never 0.
 */
import { z } from "zod";

export const SCHEMA_VERSION = 1;

const count = z.number().int().nonnegative();
const measured = z.number().nonnegative().nullable();

export const PERCENTILES = ["p50", "p75", "p90", "p95", "p99", "p99_9", "p99_99"] as const;

export const latencySummary = z.object({
  count,
  min: measured,
  p50: measured,
  p75: measured,
  p90: measured,
  p95: measured,
  p99: measured,
  p99_9: measured,
  p99_99: measured,
  max: measured,
});

/** One stage of a run that goes through several; what does not exist in it is null. */
export const phaseSummary = z.object({
  name: z.string(),
  durationMs: z.number().nonnegative(),
  /** What its rate counts: confirmed while it published, delivered while it consumed. */
  messages: count.nullable(),
  messagesPerSecond: measured,
  latencyUs: z.object({ response: latencySummary.nullable(), publish: latencySummary.nullable() }),
  /** Resident memory of the target's process tree. */
  rss: z.object({ beginBytes: measured, peakBytes: measured, endBytes: measured }),
});

/** What is behind a stage's row. */
export const phaseDetail = z.object({
  name: z.string(),
  /** On the clock of all times of the run, microseconds. */
  beganUs: z.number(),
  windows: z.object({ publish: z.array(z.unknown()), consume: z.array(z.unknown()) }),
  histograms: z.object({ response: z.string().nullable(), publish: z.string().nullable() }),
  /** Resident memory over time: microseconds and bytes. */
  rss: z.array(z.tuple([z.number(), count])),
});

/** A figure that only its workload has (result/figures): null with a note where it was not measured. */
export const figureValue = z.object({ value: z.number().nullable(), note: z.string().nullable() });

export const runSummary = z.object({
  scenario: z.string(),
  profile: z.string(),
  protocol: z.string(),
  driver: z.string(),
  mode: z.enum(["open", "closed"]),
  repetition: count,
  parameters: z.record(z.string(), z.unknown()),
  target: z.object({
    name: z.string(),
    version: z.string(),
    durability: z.enum(["none", "os", "fsync"]).nullable(),
  }),
  validity: z.object({
    verdict: z.enum(["valid", "harness-limited", "unstable", "contaminated"]),
    reasons: z.array(z.string()),
  }),
  integrity: z.object({
    verdict: z.enum(["valid", "invalid", "unknown"]),
    published: count,
    confirmed: count,
    delivered: count,
    lost: count,
    duplicated: count,
    reordered: count,
    corrupted: count,
    /** Confirmed and not delivered because an overflow policy said so; results before AMQP had none. */
    dropped: count.default(0),
    /** Confirmed and ended by their time to live, as they were to, without a dead letter. */
    expired: count.default(0),
  }),
  throughput: z.object({
    messagesPerSecond: measured,
    payloadBytesPerSecond: measured,
    wireBytesPerSecond: measured,
    compressionRatio: measured,
  }),
  latencyUs: z.object({
    response: latencySummary.nullable(),
    service: latencySummary.nullable(),
    publish: latencySummary.nullable(),
    scheduleLag: latencySummary.nullable(),
  }),
  cost: z.object({
    cpuSecondsPerMillionMessages: measured,
    peakRssBytes: measured,
    bytesWrittenPerPayloadByte: measured,
    /** Growth of the target's memory by a subscriber that gets nothing yet; only of a first run with subscribers. */
    rssBytesPerSubscriber: measured.default(null),
  }),
  ratioToReference: z.object({ throughput: measured, responseP99: measured, cpu: measured }).nullable(),
  /** Messages a second of the same load against a sink that only counts; null where not measured. */
  generatorCeiling: measured,
  /** Peak resident memory of that sink's process: what a process that takes the load costs before it keeps anything. */
  sinkPeakRssBytes: measured.default(null),
  /** Of a staged workload, in order; empty otherwise. */
  phases: z.array(phaseSummary).default([]),
  /** Of a staged workload, by the names of result/figures; empty otherwise. */
  figures: z.record(z.string(), figureValue).default({}),
  resultFile: z.string().nullable(),
});

export const runDocument = z.object({ schemaVersion: z.literal(SCHEMA_VERSION), runs: z.array(runSummary) });

/** Everything a later reader needs to judge, merge or re-run: one file per run. */
export const resultFile = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  kind: z.literal("brokermark-result"),
  createdAt: z.string(),
  command: z.string(),
  plan: z.record(z.string(), z.unknown()),
  summary: runSummary,
  environment: z.record(z.string(), z.unknown()),
  target: z.object({
    configuration: z.record(z.string(), z.string()),
    durabilityEvidence: z.string(),
    notes: z.array(z.string()),
    startupMs: z.number(),
  }),
  /** HdrHistogram V2 base64, microseconds, over the measured phase. */
  histograms: z.object({
    response: z.string().nullable(),
    service: z.string().nullable(),
    publish: z.string().nullable(),
    scheduleLag: z.string().nullable(),
  }),
  windows: z.object({ publish: z.array(z.unknown()), consume: z.array(z.unknown()) }),
  phases: z.array(phaseDetail).default([]),
  evidence: z.record(z.string(), z.unknown()),
  examples: z.array(z.string()),
});

export type LatencySummary = z.infer<typeof latencySummary>;
export type PhaseSummary = z.infer<typeof phaseSummary>;
export type PhaseDetail = z.infer<typeof phaseDetail>;
export type RunSummary = z.infer<typeof runSummary>;
export type RunDocument = z.infer<typeof runDocument>;
export type ResultFile = z.infer<typeof resultFile>;
