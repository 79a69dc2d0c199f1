import type { LatencySummary, RunSummary } from "../../src/result/schema.ts";

type Changes = {
  readonly target?: Partial<RunSummary["target"]>;
  readonly repetition?: number;
  readonly messagesPerSecond?: number | null;
  readonly cpu?: number | null;
  readonly responseP99?: number | null;
  readonly parameters?: Record<string, unknown>;
  readonly validity?: RunSummary["validity"];
  readonly integrity?: Partial<RunSummary["integrity"]>;
  readonly profile?: string;
};

/** A run with every field, of which the test changes those it is about. */
export function runSummary(changes: Changes = {}): RunSummary {
  const rate = changes.messagesPerSecond === undefined ? 1_000_000 : changes.messagesPerSecond;
  const responseP99 = changes.responseP99 ?? null;
  return {
    scenario: "megabatch",
    profile: changes.profile ?? "standard",
    protocol: "kafka",
    driver: "kafka",
    mode: responseP99 === null ? "closed" : "open",
    repetition: changes.repetition ?? 1,
    parameters: changes.parameters ?? {
      producers: 4,
      batchBytes: 16384,
      codec: "lz4",
      acks: 1,
      ratePerSecond: null,
    },
    target: { name: "reference", version: "0.1.0", durability: "os", ...changes.target },
    validity: changes.validity ?? { verdict: "valid", reasons: [] },
    integrity: {
      verdict: "valid",
      published: 10_000_000,
      confirmed: 10_000_000,
      delivered: 10_000_000,
      lost: 0,
      duplicated: 0,
      reordered: 0,
      corrupted: 0,
      dropped: 0,
      expired: 0,
      ...changes.integrity,
    },
    throughput: {
      messagesPerSecond: rate,
      payloadBytesPerSecond: rate === null ? null : rate * 100,
      wireBytesPerSecond: null,
      compressionRatio: 2.5,
    },
    latencyUs: {
      response: responseP99 === null ? null : latency(responseP99),
      service: null,
      publish: latency(1500),
      scheduleLag: null,
    },
    cost: {
      cpuSecondsPerMillionMessages: changes.cpu === undefined ? 0.2 : changes.cpu,
      peakRssBytes: 180 * 1024 ** 2,
      bytesWrittenPerPayloadByte: 0.45,
      rssBytesPerSubscriber: null,
    },
    ratioToReference: null,
    generatorCeiling: null,
    sinkPeakRssBytes: null,
    phases: [],
    figures: {},
    resultFile: null,
  };
}

function latency(p99: number): LatencySummary {
  const p50 = Math.round(p99 / 3);
  return {
    count: 5000,
    min: 100,
    p50,
    p75: p50,
    p90: p99,
    p95: p99,
    p99,
    p99_9: p99 * 2,
    p99_99: null,
    max: p99 * 3,
  };
}
