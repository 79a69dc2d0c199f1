import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadOf } from "../../src/load/load-of-plan.ts";
import type { ConsumerReport, ProcessEvidence, PublisherReport } from "../../src/load/protocol.ts";
import { LatencyHistogram } from "../../src/measure/histogram.ts";
import type { Environment } from "../../src/result/environment.ts";
import { resultFile } from "../../src/result/schema.ts";
import { buildResult, type Observations } from "../../src/run/build-result.ts";
import { SELFTEST_CASES } from "../../src/run/selftest/cases.ts";
import type { SteadyPlan } from "../../src/scenario/plan.ts";
import type { RunningTarget } from "../../src/targets/target.ts";

const plan = SELFTEST_CASES[0]!.plan as SteadyPlan;

const evidence: ProcessEvidence = {
  pid: 1,
  cpuUserUs: 1,
  cpuSystemUs: 1,
  wallUs: 1,
  busiestWindowShare: 0.1,
  eventLoopDelayP99Us: 1,
};

function histogramOf(...latenciesUs: number[]): string {
  const histogram = new LatencyHistogram();
  for (const latencyUs of latenciesUs) histogram.record(latencyUs);
  return histogram.encode();
}

function published(messages: number, publish: string | null): PublisherReport {
  return {
    type: "published",
    firstSendUs: 1_000_000,
    lastSendUs: 2_900_000,
    lastConfirmUs: 2_950_000,
    publishedMessages: messages,
    confirmedMessages: messages,
    encodedBytes: messages * 60,
    errors: {},
    outcomes: [],
    histograms: { publish, scheduleLag: null },
    windows: [],
    longestHoldMs: 0,
    blockedMs: 0,
    process: evidence,
  };
}

function consumed(delivered: number, lost: number): ConsumerReport {
  return {
    type: "consumed",
    delivered,
    lost,
    duplicated: 0,
    reordered: 0,
    corrupted: 0,
    foreign: 0,
    dropped: 0,
    deliveredSlowly: 0,
    slowEnded: null,
    firstDeliveryUs: null,
    lastDeliveryUs: null,
    examples: [],
    histograms: { response: null, service: null },
    windows: [],
    timedOut: false,
    process: evidence,
  };
}

/** Two publishers sent 1000 messages each; the log end covered them two seconds after the first send. */
const seen: Observations = {
  load: loadOf(plan),
  subscriptionBytes: null,
  batch: { records: 10, encodedBytes: 600, payloadBytes: 1_000, compressionRatio: 2 },
  warmup: { kind: "none", settled: true, elapsedMs: 0, windowRates: [] },
  published: {
    firstSendUs: 1_000_000,
    logEnd: { coveredUs: 3_000_000, lastAdvanceUs: 3_000_000, messages: 2_000 },
    reports: [published(1_000, histogramOf(100, 200)), published(1_000, histogramOf(300))],
  },
  usage: {
    target: { cpuSeconds: 0.5, peakRssBytes: 7_000, writtenBytes: 120_000 },
    machine: { cores: 2, wallMs: 2_000, busyShare: 0.5, foreignShare: 0, stealShare: 0, clockStepMs: 0 },
    unavailable: null,
  },
  consumed: [consumed(2_000, 0)],
};

const target: RunningTarget = {
  name: "synthetic",
  endpoint: { host: "127.0.0.1", port: 1 },
  version: "1",
  durability: "none",
  durabilityEvidence: "told",
  warmup: "none",
  configuration: {},
  notes: [],
  pid: 1,
  startupMs: 1,
  died: new Promise<never>(() => undefined),
  restart: null,
  [Symbol.asyncDispose]: async () => undefined,
};

const context = {
  command: "test",
  createdAt: "2026-11-21T00:00:00.000Z",
  environment: {} as Environment,
  generatorCeiling: null,
  sinkPeakRssBytes: null,
};
const summaryOf = (observations: Observations) => buildResult(plan, target, observations, context).summary;

describe("a result", () => {
  test("is of the stored form", () => {
    const result = buildResult(plan, target, seen, context);
    assert.deepEqual(
      resultFile.parse(JSON.parse(JSON.stringify(result))),
      JSON.parse(JSON.stringify(result)),
    );
  });

  test("counts intact messages over the time from first send to log end", () => {
    assert.deepEqual(summaryOf(seen).throughput, {
      messagesPerSecond: 1_000,
      payloadBytesPerSecond: 100_000,
      wireBytesPerSecond: 60_000,
      compressionRatio: 2,
    });
  });

  test("puts the histograms of several processes together", () => {
    assert.equal(summaryOf(seen).latencyUs.publish?.count, 3);
    assert.equal(summaryOf(seen).latencyUs.publish?.max, 300);
  });

  test("tells cost for each message that arrived", () => {
    assert.deepEqual(summaryOf(seen).cost, {
      cpuSecondsPerMillionMessages: 250,
      peakRssBytes: 7_000,
      bytesWrittenPerPayloadByte: 0.6,
      rssBytesPerSubscriber: null,
    });
  });

  test("of a fan-out counts deliveries until the last of them, without those to a slow subscriber", () => {
    const load = { ...seen.load, endsWithDelivery: true, deliveriesPerMessage: 3, readsAlong: true };
    const along = { ...consumed(5_500, 0), deliveredSlowly: 1_500, dropped: 500, lastDeliveryUs: 5_000_000 };
    const { summary, evidence } = buildResult(plan, target, { ...seen, load, consumed: [along] }, context);
    assert.equal(summary.throughput.messagesPerSecond, 1_000);
    assert.deepEqual([summary.integrity.verdict, summary.integrity.dropped], ["valid", 500]);
    assert.equal(evidence.attainedPerSecond, 1_500);
  });

  test("with a message lost has no throughput and no cost for each message", () => {
    const { throughput, cost, integrity } = summaryOf({ ...seen, consumed: [consumed(1_999, 1)] });
    assert.equal(integrity.verdict, "invalid");
    assert.deepEqual([throughput.messagesPerSecond, throughput.payloadBytesPerSecond], [null, null]);
    assert.deepEqual([cost.cpuSecondsPerMillionMessages, cost.bytesWrittenPerPayloadByte], [null, null]);
  });

  test("of a target without a process of ours has no cost, not a cost of 0", () => {
    const { cost } = summaryOf({ ...seen, usage: { ...seen.usage, target: null } });
    assert.deepEqual(Object.values(cost), [null, null, null, null]);
  });

  test("whose log end stopped short is over the time until it last moved", () => {
    const logEnd = { coveredUs: null, lastAdvanceUs: 5_000_000, messages: 1_900 };
    const stopped = { ...seen, published: { ...seen.published, logEnd } };
    assert.equal(summaryOf(stopped).throughput.messagesPerSecond, 500);
  });
});
