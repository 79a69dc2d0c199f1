/** Evidence as a job on a small machine leaves it, made from a seed; judgements with any verdict, for what is said of them. */
import type {
  Block,
  EndLine,
  GateEvidence,
  JobLine,
  RoundLine,
  RoundSide,
  SideDescription,
  SideName,
  Slice,
} from "../../src/gate/evidence.ts";
import type { Judgement, MetricJudgement } from "../../src/gate/judgement.ts";
import { GATE_METRIC_NAMES, GATE_METRICS, type GateMetricName } from "../../src/gate/metrics.ts";
import { seededUniform } from "../../src/gate/statistics/seeded-generator.ts";
import { LatencyHistogram } from "../../src/measure/histogram.ts";

export interface FixtureScenario {
  readonly name: string;
  readonly protocol: "kafka" | "amqp";
  /** Shares by which the candidate is truly worse; what is not named is equal. */
  readonly worse?: Partial<Record<GateMetricName, number>>;
}

export interface FixtureOptions {
  readonly seed?: number;
  readonly rounds?: number;
  /** Standard deviation of a round's difference, as a log-ratio. */
  readonly noise?: number;
  readonly scenarios?: readonly FixtureScenario[];
  readonly job?: Partial<JobLine>;
  readonly end?: Partial<EndLine> | null;
}

export const TWO_SCENARIOS: readonly FixtureScenario[] = [
  { name: "megabatch", protocol: "kafka" },
  { name: "publish-confirm", protocol: "amqp" },
];

const BLOCKS = 8;
const SLICE_NS = 25e6;
const SAMPLES_IN_HISTOGRAM = 4000;
/** Of the baseline, in each metric's unit. */
const LEVELS = { throughput: 200_000, p50: 110, p90: 240, p99: 610, cpuPerMessage: 4200, memory: 130e6 };

type Normal = () => number;

export function gateEvidence(options: FixtureOptions = {}): GateEvidence {
  const { seed = 1, rounds: count = 12, scenarios = TWO_SCENARIOS, end = {} } = options;
  const normal = normalFrom(seed);
  const rounds = Array.from({ length: count }, () => scenarios)
    .flat()
    .map((scenario, index) => round(index, scenario, { normal, noise: options.noise ?? 0.015 }));
  const job = { ...jobLine(seed, scenarios), ...options.job };
  return { job, rounds, end: end === null ? null : { ...endLine(rounds), ...end } };
}

function normalFrom(seed: number): Normal {
  const uniform = seededUniform(String(seed));
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

function jobLine(seed: number, scenarios: readonly FixtureScenario[]): JobLine {
  return {
    ...{ type: "job", schemaVersion: 1, seed: seed.toString(16).padStart(32, "0") },
    createdAt: "2026-11-21T10:30:00.000Z",
    command: "brokermark gate --baseline main --candidate HEAD",
    environment: { cpuModel: "Test CPU", cores: 2, nodeVersion: "v24.21.0" },
    sides: {
      baseline: side("git:main", "0123456789abcdef0123456789abcdef01234567"),
      candidate: side("git:HEAD", "fedcba9876543210fedcba9876543210fedcba98"),
    },
    scenarios: scenarios.map(({ name, protocol }) => ({
      ...{ name, protocol, plan: { scenario: name, question: "How fast are small batches confirmed?" } },
      metrics: [...GATE_METRIC_NAMES],
    })),
    rules: {
      ...{ alphaJob: 0.01, alphaPass: 0.02, indifference: 0, limits: {} },
      looks: [6, 8, 10, 12, 14, 17, 20, 25, 30],
    },
    measuring: { sliceMs: 25, washoutMs: 3, blocks: BLOCKS, warmupMs: 1000, maxTimeMs: 180_000 },
    rerunKey: "a-key",
    attempt: 1,
  };
}

function side(spec: string, commit: string): SideDescription {
  return {
    ...{ spec, kind: "reference", commit, version: "0.1.0", durability: "os" },
    ...{ configuration: { "broker.shards": "1" }, contentHash: commit.repeat(2).slice(0, 64) },
  };
}

function endLine(rounds: readonly RoundLine[]): EndLine {
  const wallMs = rounds.reduce((sum, one) => sum + one.wallMs, 0) + 4000;
  return {
    ...{ type: "end", reason: "decided", failure: null, wallMs },
    machine: { began: "boot-1 Test CPU tsc", ended: "boot-1 Test CPU tsc" },
  };
}

interface Chance {
  readonly normal: Normal;
  readonly noise: number;
}

function round(index: number, scenario: FixtureScenario, chance: Chance): RoundLine {
  const { normal, noise } = chance;
  const differ = Object.fromEntries(
    GATE_METRIC_NAMES.map((metric) => [metric, Math.log1p(scenario.worse?.[metric] ?? 0) + noise * normal()]),
  ) as Record<GateMetricName, number>;
  /** Half of the difference on either side. */
  const factor = (name: SideName, metric: GateMetricName) =>
    Math.exp(((name === "candidate" ? 1 : -1) * GATE_METRICS[metric].direction * differ[metric]) / 2);
  const candidateSlot = normal() > 0 ? 1 : 0;
  return {
    ...{ type: "round", round: index, scenario: scenario.name, wallMs: 5300 + 40 * normal() },
    startedAt: new Date(Date.UTC(2026, 10, 21, 10, 30, 5 * index)).toISOString(),
    candidateSlot,
    slots: [0, 1].map((startPosition) => ({
      ...{ startPosition, port: 20_000 + startPosition, environmentPaddingBytes: 64 * startPosition },
    })),
    blocks: Array.from({ length: BLOCKS }, (_, block) => blockOf(block, factor, normal)),
    sides: {
      baseline: roundSide(1 - candidateSlot, (metric) => factor("baseline", metric), normal),
      candidate: roundSide(candidateSlot, (metric) => factor("candidate", metric), normal),
    },
    longestGapMs: 6 + Math.abs(normal()),
  };
}

function blockOf(
  index: number,
  factor: (side: SideName, metric: GateMetricName) => number,
  normal: Normal,
): Block {
  const [first, second] =
    index % 2 === 0 ? (["baseline", "candidate"] as const) : (["candidate", "baseline"] as const);
  const order = [first, second, second, first];
  return { order, slices: order.map((name) => slice(name, (metric) => factor(name, metric), normal)) };
}

function slice(name: SideName, factor: (metric: GateMetricName) => number, normal: Normal): Slice {
  const jitter = () => Math.exp(0.01 * normal());
  const messages = Math.round(((LEVELS.throughput * SLICE_NS) / 1e9) * factor("throughput") * jitter());
  const latency = (metric: "p50" | "p90" | "p99") => Math.round(LEVELS[metric] * factor(metric) * jitter());
  return {
    ...{ side: name, messages, wallNs: SLICE_NS, samples: 1200 },
    cpuNs: Math.round(messages * LEVELS.cpuPerMessage * factor("cpuPerMessage") * jitter()),
    idleCpuNs: 20_000,
    ...{ p50: latency("p50"), p90: latency("p90"), p99: latency("p99") },
    foreignNs: Math.round(0.4 * SLICE_NS * jitter()),
    ...{ stealNs: 0, pressureNs: 1_000_000, generatorCpuNs: 0.6 * SLICE_NS },
  };
}

function roundSide(slot: number, factor: (metric: GateMetricName) => number, normal: Normal): RoundSide {
  const histogram = new LatencyHistogram();
  for (let sample = 0; sample < SAMPLES_IN_HISTOGRAM; sample++)
    histogram.record(LEVELS.p50 * factor("p50") * Math.exp(0.6 * normal()));
  const published = 400_000;
  return {
    ...{ slot, startupMs: 180, peakRssBytes: Math.round(LEVELS.memory * factor("memory")) },
    ...{
      histogram: histogram.encode(),
      samples: SAMPLES_IN_HISTOGRAM,
      idleCpuCores: 0.02 * Math.exp(0.1 * normal()),
    },
    p50: histogram.percentile(50),
    p90: histogram.percentile(90),
    ...{ p99: null, p99_9: null },
    integrity: {
      ...{
        published,
        confirmed: published,
        lost: 0,
        duplicated: 0,
        reordered: 0,
        corrupted: 0,
        examples: [],
      },
    },
    errors: {},
  };
}

/** A pass of throughput, but for what is given. */
export function metricJudgement(given: Partial<MetricJudgement> = {}): MetricJudgement {
  return {
    ...{ scenario: "megabatch", metric: "throughput", role: "gating", verdict: "pass", reason: null },
    ...{ effect: 0.003, interval: [-0.009, 0.014], upperBound: 0.019, limit: 0.05, indifference: 0 },
    ...{ detectable: 0.026, pWorse: 0.4, pBetter: 0.9, alpha: 0.00125, deviation: 0.012 },
    effects: [0.001, 0.02, -0.011, 0.003, 0.007, -0.004, 0.012, -0.002],
    effectRounds: [0, 1, 2, 3, 4, 5, 6, 7],
    ...{ baseline: 201_000, candidate: 200_400 },
    ...given,
  };
}

export const PASS = metricJudgement();
export const PASS_SLOWER = metricJudgement({
  ...{ baseline: 240, candidate: 244.3 },
  ...{ metric: "p90", verdict: "pass-slower", effect: 0.018, interval: [0.009, 0.027], upperBound: 0.031 },
  ...{ detectable: 0.019, pWorse: 0.0008 },
});
export const REGRESS = metricJudgement({
  ...{
    metric: "cpuPerMessage",
    verdict: "regress",
    effect: 0.0762,
    interval: [0.061, 0.0904],
    upperBound: 0.094,
  },
  ...{ detectable: 0.021, pWorse: 0.000419, pBetter: 1, baseline: 4200, candidate: 4520 },
});
export const IMPROVED = metricJudgement({
  ...{ verdict: "improved", effect: -0.061, interval: [-0.072, -0.049], upperBound: -0.045 },
  ...{ detectable: 0.021, pWorse: 1, pBetter: 0.00042 },
});
export const EQUAL = metricJudgement({
  metric: "memory",
  verdict: "equal",
  effect: 0,
  interval: [0, 0],
  detectable: 0,
  baseline: 130e6,
  candidate: 130e6,
});
export const NOISY = metricJudgement({
  ...{ metric: "p90", verdict: "inconclusive", reason: "noise", effect: 0.01, interval: [-0.05, 0.07] },
  ...{
    upperBound: 0.082,
    detectable: 0.091,
    pWorse: 0.31,
    baseline: 240,
    candidate: 242.4,
    deviation: 0.065,
  },
  effects: [0.11, -0.06, 0.02, 0.04, -0.05, 0.07, -0.03, -0.02],
});

/** 43 s, others at 0.4 of 2 cores, the rounds that its metrics have. */
export function judgementOf(
  verdict: Judgement["verdict"],
  metrics: readonly MetricJudgement[],
  given: Partial<Judgement> = {},
): Judgement {
  return {
    ...{ schemaVersion: 1, verdict, reason: null, metrics, integrity: [], control: null },
    fitness: {
      ...{ foreignCores: 0.4, stealCores: 0, cores: 2, generatorShare: 0.61, longestGapMs: 8.4, fired: [] },
    },
    rounds: Object.fromEntries(metrics.map(({ scenario, effects }) => [scenario, effects.length])),
    ...{ wallMs: 43_200, endReason: "decided" },
    ...given,
  };
}
