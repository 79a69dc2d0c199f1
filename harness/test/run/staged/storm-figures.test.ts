import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type {
  ConsumerReport,
  LoadWindow,
  ProcessEvidence,
  PublisherReport,
} from "../../../src/load/protocol.ts";
import { LatencyHistogram } from "../../../src/measure/histogram.ts";
import type { RssSeries } from "../../../src/measure/rss-series.ts";
import { observeStorm } from "../../../src/run/staged/storm-figures.ts";
import type { Storm } from "../../../src/run/staged/ttl-storm.ts";
import { loadScenario } from "../../../src/scenario/load.ts";
import { makePlans } from "../../../src/scenario/make-plans.ts";
import type { PlanOf } from "../../../src/scenario/plan.ts";

const scenario = await loadScenario("ttl-storm");
const planOf = (...set: string[]) => {
  const given = ["stormMessages=100", "leadMs=10s", "calmMs=2s", ...set];
  return makePlans(scenario, { profiles: ["smoke"], set: given })[0] as PlanOf<"ttl-storm">;
};

const process: ProcessEvidence = {
  pid: 1,
  cpuUserUs: 1,
  cpuSystemUs: 1,
  wallUs: 1,
  busiestWindowShare: 0.1,
  eventLoopDelayP99Us: 1,
};

function encoded(...latenciesUs: number[]): string {
  const histogram = new LatencyHistogram();
  for (const latencyUs of latenciesUs) histogram.record(latencyUs, 2_000);
  return histogram.encode();
}

function published(messages: number): PublisherReport {
  return {
    type: "published",
    firstSendUs: 1e6,
    lastSendUs: 3e6,
    lastConfirmUs: 3e6,
    publishedMessages: messages,
    confirmedMessages: messages,
    encodedBytes: messages * 100,
    errors: {},
    outcomes: [],
    histograms: { publish: null, scheduleLag: null },
    windows: [],
    longestHoldMs: 0,
    blockedMs: 0,
    process,
  };
}

function consumed(delivered: number, over: Partial<ConsumerReport> = {}): ConsumerReport {
  return {
    type: "consumed",
    ...{ delivered, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, foreign: 0, dropped: 0 },
    ...{ deliveredSlowly: 0, slowEnded: null, firstDeliveryUs: null, lastDeliveryUs: null, examples: [] },
    ...{ histograms: { response: null, service: null }, windows: [], timedOut: false, process },
    ...over,
  };
}

/** The response times of the living: 1 ms before the storm, 3 ms during it, 2 ms after. */
const liveWindows: LoadWindow[] = [
  { atUs: 9.1e6, durationUs: 1e6, messages: 2_000, histogram: encoded(1_000) },
  { atUs: 11e6, durationUs: 1e6, messages: 2_000, histogram: encoded(3_000) },
  { atUs: 13e6, durationUs: 1e6, messages: 2_000, histogram: encoded(2_000) },
];

const rss = {
  between: (fromUs: number, toUs: number) =>
    [
      { atUs: 0.9e6, bytes: 100 },
      { atUs: 10.9e6, bytes: 300 },
      { atUs: 14e6, bytes: 150 },
    ].filter(({ atUs }) => atUs >= fromUs && atUs <= toUs),
} as unknown as RssSeries;

const storm: Storm = {
  warmup: { kind: "none", settled: true, elapsedMs: 0, windowRates: [] },
  batch: { records: 1, encodedBytes: 100, payloadBytes: 100, compressionRatio: 1 },
  // The first deadline is at 11 s.
  moments: {
    fillUs: 1e6,
    startUs: 1e6,
    filledUs: 3e6,
    calmUs: 9e6,
    stormUs: 11e6,
    goneUs: 12.5e6,
    endUs: 14.5e6,
  },
  stormReports: [published(100)],
  liveReports: [published(6_000)],
  liveConsumed: [consumed(6_000, { windows: liveWindows })],
  deadLetters: [],
  depths: [
    { atUs: 10e6, messages: 100 },
    { atUs: 11.2e6, messages: 40 },
    { atUs: 12e6, messages: 0 },
  ],
  left: 0,
  loopDelayP99Us: 4_000,
  rss,
  usage: {
    target: { cpuSeconds: 1, peakRssBytes: 350, writtenBytes: 0 },
    machine: { cores: 2, wallMs: 1, busyShare: 0, foreignShare: 0, stealShare: 0, clockStepMs: 0 },
    unavailable: null,
  },
};

const figuresIn = ({ figures }: ReturnType<typeof observeStorm>, ...names: (keyof typeof figures)[]) =>
  names.map((name) => figures[name].value);

describe("what a storm comes to", () => {
  test("without dead letters lateness is told from the depth, and what is gone has expired", () => {
    const seen = observeStorm(planOf("deadLetter=false"), storm);
    assert.deepEqual(figuresIn(seen, "latenessMax", "early", "expired", "unaccounted"), [1e6, 0, 100, 0]);
    assert.deepEqual(figuresIn(seen, "goneAfter", "deadLettered"), [1, null]);
    assert.equal(seen.counts.expired, 100);
    assert.deepEqual(seen.shortcomings, []);
  });

  test("the living are judged stage by stage, memory from before the filling to the end", () => {
    const seen = observeStorm(planOf("deadLetter=false"), storm);
    const live = figuresIn(seen, "liveBeforeP99", "liveDuringP99", "liveAfterP99", "liveSlowdown");
    const expected = [1_000, 3_000, 2_000, 3];
    live.forEach((value, index) => {
      assert.ok(Math.abs(value! / expected[index]! - 1) < 0.005, `${value} for ${expected[index]}`);
    });
    assert.deepEqual(figuresIn(seen, "rssBefore", "rssFull", "rssPeak", "rssAfter"), [100, 300, 350, 150]);
    assert.deepEqual(figuresIn(seen, "memoryGivenBack"), [0.8]);
    assert.deepEqual(
      seen.phases.map(({ summary: { name, messages } }) => [name, messages]),
      [
        ["fill", 100],
        ["before", 2_000],
        ["storm", 100],
        ["after", 2_000],
      ],
    );
  });

  test("with dead letters what none arrived of is unaccounted for, and early ones are named", () => {
    const early = { messages: 2, mostUs: 1_500 };
    const deadLetters = [
      consumed(97, { lost: 3, early, histograms: { response: encoded(40_000), service: null } }),
    ];
    const seen = observeStorm(planOf("deadLetter=true"), { ...storm, deadLetters });
    assert.deepEqual(figuresIn(seen, "deadLettered", "unaccounted", "early", "expired"), [97, 3, 2, null]);
    assert.equal(seen.counts.lost, 3);
    assert.match(seen.shortcomings.join(), /2 messages ended up to 1\.5 ms before they were due/);
  });

  test("what never expired and what was not published in time is said", () => {
    const late = { ...storm, stormReports: [published(90)], left: 10, depths: [] };
    const { shortcomings, figures } = observeStorm(planOf("deadLetter=false"), late);
    assert.equal(shortcomings.length, 2);
    assert.equal(figures.goneAfter.value, null);
    assert.equal(figures.expired.value, 80);
  });
});
