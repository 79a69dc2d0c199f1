/** Results as a run would store them, made by hand: for tests of the report and for looking at it. */
import type { LoadWindow } from "../../src/load/protocol.ts";
import { LatencyHistogram } from "../../src/measure/histogram.ts";
import type { ResultFile, RunSummary } from "../../src/result/schema.ts";

export interface Sample {
  readonly target?: "reference" | "kafka" | "external";
  readonly profile?: string;
  readonly mode?: "open" | "closed";
  readonly repetition?: number;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly messagesPerSecond?: number | null;
  readonly cpu?: number | null;
  readonly durability?: "none" | "os" | "fsync";
  readonly validity?: RunSummary["validity"];
  readonly integrity?: Partial<RunSummary["integrity"]>;
  /** Median of a long-tailed spread of latencies; null for none. */
  readonly medianUs?: number | null;
  readonly examples?: readonly string[];
}

const VERSIONS = { reference: "0.1.0", kafka: "4.3.1", external: "unknown" } as const;

/** A measured second or ten of one target, every figure following from the sample's few. */
export function sampleResult(sample: Sample = {}): ResultFile {
  const { target = "reference", repetition = 1, messagesPerSecond = 3_000_000 } = sample;
  const published = Math.round((messagesPerSecond ?? 0) * 10);
  const summary = sampleSummary(sample, published);
  const { response, publish } = sampleHistograms(sample);
  return {
    schemaVersion: 1,
    kind: "brokermark-result",
    createdAt: `2026-11-21T01:${String(10 + repetition).padStart(2, "0")}:00.000Z`,
    command: "brokermark run megabatch --target reference --target kafka --repeat 3",
    plan: { question: "How fast do producers of large batches get their messages into the log?", seed: 42 },
    summary: {
      ...summary,
      latencyUs: {
        response: response?.summary() ?? null,
        service: null,
        publish: publish?.summary() ?? null,
        scheduleLag: null,
      },
    },
    environment: {
      cpuModel: "Example CPU @ 2.60GHz",
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      cgroup: { cpuCores: 2, memoryBytes: null },
      nodeVersion: "v24.21.0",
    },
    target: {
      configuration: { "log.segment.bytes": "1073741824", "log.dirs": `/data/${repetition}` },
      durabilityEvidence: "log.flush.interval.messages=9223372036854775807, read with DescribeConfigs",
      notes: target === "kafka" ? ["decompresses and validates every compressed batch"] : [],
      startupMs: target === "kafka" ? 4210 : 95,
    },
    histograms: {
      response: response?.encode() ?? null,
      service: null,
      publish: publish?.encode() ?? null,
      scheduleLag: null,
    },
    windows: { publish: sampleWindows(messagesPerSecond ?? 0, repetition), consume: [] },
    phases: [],
    evidence: {},
    examples: [...(sample.examples ?? [])],
  };
}

function sampleSummary(sample: Sample, published: number): Omit<RunSummary, "latencyUs"> {
  const { target = "reference", mode = "closed", messagesPerSecond = 3_000_000, cpu = 0.21 } = sample;
  const rate = messagesPerSecond;
  return {
    scenario: "megabatch",
    profile: sample.profile ?? "megabatch",
    protocol: "kafka",
    driver: "kafka",
    mode,
    repetition: sample.repetition ?? 1,
    parameters: {
      producers: 8,
      payloadBytes: 100,
      batchBytes: 2 ** 20,
      codec: "lz4",
      acks: 1,
      ...sample.parameters,
    },
    target: { name: target, version: VERSIONS[target], durability: sample.durability ?? "os" },
    validity: sample.validity ?? { verdict: "valid", reasons: [] },
    integrity: {
      verdict: "valid",
      published,
      confirmed: published,
      delivered: published,
      lost: 0,
      duplicated: 0,
      reordered: 0,
      corrupted: 0,
      dropped: 0,
      expired: 0,
      ...sample.integrity,
    },
    throughput: {
      messagesPerSecond: rate,
      payloadBytesPerSecond: rate === null ? null : rate * 100,
      wireBytesPerSecond: rate === null ? null : rate * 44,
      compressionRatio: 2.5,
    },
    cost: {
      cpuSecondsPerMillionMessages: cpu,
      peakRssBytes: 182 * 2 ** 20,
      bytesWrittenPerPayloadByte: 0.44,
      rssBytesPerSubscriber: null,
    },
    ratioToReference: null,
    generatorCeiling: 9_400_000,
    sinkPeakRssBytes: null,
    phases: [],
    figures: {},
    resultFile: `results/${target}-${sample.profile ?? "megabatch"}-${sample.repetition ?? 1}.json`,
  };
}

function sampleHistograms({ mode = "closed", medianUs = 900, repetition = 1 }: Sample) {
  if (medianUs === null) return { response: null, publish: null };
  const histogram = new LatencyHistogram();
  for (let index = 0; index < 20_000; index++) {
    const rank = (index + 0.5) / 20_000;
    histogram.record(medianUs * (0.5 + repetition * 0.01 + rank) * (1 - rank) ** -0.35, 10);
  }
  return mode === "open"
    ? { response: histogram, publish: histogram }
    : { response: null, publish: histogram };
}

function sampleWindows(messagesPerSecond: number, repetition: number): LoadWindow[] {
  return Array.from({ length: messagesPerSecond > 0 ? 10 : 0 }, (_, second) => ({
    atUs: 5_000_000 + second * 1_000_000,
    durationUs: 1_000_000,
    messages: Math.round(messagesPerSecond * (1 + 0.05 * Math.sin(second * 1.7 + repetition))),
    histogram: null,
  }));
}

/** Two targets, three profiles, three repetitions, with the blemishes that real runs have. */
export function sampleSuite(): readonly ResultFile[] {
  const repetitions = [1, 2, 3];
  const rates = {
    megabatch: [3_400_000, 1_500_000],
    standard: [1_250_000, 820_000],
    single: [98_000, 61_000],
  } as const;
  return Object.entries(rates).flatMap(([profile, [reference, kafka]]) =>
    ["all", 0, 1].flatMap((acks, index) =>
      repetitions.flatMap((repetition) => {
        const vary = (1 + index * 0.08) * (1 + 0.03 * Math.sin(repetition * 2 + index));
        const medianUs = acks === 0 ? null : 700 + 300 * index;
        const common = { profile, repetition, parameters: { acks } };
        const limited = profile === "megabatch" && acks === 1 && repetition === 2;
        return [
          sampleResult({
            ...common,
            messagesPerSecond: reference * vary,
            cpu: 0.21 / vary,
            medianUs,
            ...(limited
              ? {
                  validity: {
                    verdict: "harness-limited",
                    reasons: ["publisher 1 used 93 % of a core (limit 85 %)"],
                  },
                }
              : {}),
          }),
          sampleResult({
            ...common,
            target: "kafka",
            messagesPerSecond: kafka * vary * (1 + 0.02 * repetition),
            cpu: 0.74 / vary,
            medianUs: medianUs && medianUs * 3.1,
          }),
        ];
      }),
    ),
  );
}
