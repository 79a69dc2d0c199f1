import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  judgeValidity,
  type LoadProcessEvidence,
  scheduleLagLimitUs,
  VALIDITY_LIMITS,
  type ValidityEvidence,
} from "../../src/measure/validity.ts";

const idleProcess: LoadProcessEvidence = {
  role: "publisher",
  pid: 1,
  cpuUserUs: 1e6,
  cpuSystemUs: 1e6,
  wallUs: 10e6,
  busiestWindowShare: 0.3,
  eventLoopDelayP99Us: 1_200,
};

const clean: ValidityEvidence = {
  mode: "closed",
  consumersReadAlong: false,
  loadProcesses: [idleProcess, { ...idleProcess, role: "consumer", pid: 2 }],
  scheduleLagP99Us: null,
  serviceP50Us: null,
  attainedPerSecond: 500_000,
  plannedPerSecond: null,
  generatorCeiling: 1_000_000,
  warmup: { settled: true, elapsedMs: 3_000 },
  publisherErrors: {},
  windowRates: [500_000, 510_000, 490_000, 505_000, 500_000],
  shortcomings: [],
  foreignShare: 0.02,
  stealShare: 0,
  clockStepMs: 0.4,
};

const cleanOpen: ValidityEvidence = {
  ...clean,
  mode: "open",
  consumersReadAlong: true,
  scheduleLagP99Us: 900,
  serviceP50Us: 1_500,
  attainedPerSecond: 9_990,
  plannedPerSecond: 10_000,
  windowRates: [10_000, 10_000, 10_000, 10_000, 9_950],
};

describe("a run with clean evidence", () => {
  for (const evidence of [clean, cleanOpen]) {
    test(`${evidence.mode} loop is valid`, () => {
      assert.deepEqual(judgeValidity(evidence), { verdict: "valid", reasons: [] });
    });
  }

  test("stays valid where the machine tells nothing", () => {
    const untold = { ...clean, foreignShare: null, stealShare: null, generatorCeiling: null };
    assert.equal(judgeValidity(untold).verdict, "valid");
  });
});

describe("each rule alone", () => {
  const cases: [name: string, evidence: ValidityEvidence, verdict: string, reason: RegExp][] = [
    ["foreign CPU", { ...clean, foreignShare: 0.23 }, "contaminated", /other processes used 23 %/],
    ["steal", { ...clean, stealShare: 0.061 }, "contaminated", /hypervisor took 6\.1 %/],
    ["clock step back", { ...clean, clockStepMs: -900 }, "contaminated", /moved -900 ms/],
    [
      "busy publisher",
      { ...clean, loadProcesses: [{ ...idleProcess, busiestWindowShare: 0.97 }] },
      "harness-limited",
      /publisher process used 97 % of a core/,
    ],
    [
      "near the ceiling",
      { ...clean, attainedPerSecond: 900_000 },
      "harness-limited",
      /90 % of what the generator/,
    ],
    [
      "late by itself",
      {
        ...cleanOpen,
        scheduleLagP99Us: 30_000,
        loadProcesses: [{ ...idleProcess, eventLoopDelayP99Us: 28_000 }],
      },
      "harness-limited",
      /late by 30\.0 ms at p99 \(limit 2\.0 ms\).*event loop by 28\.0 ms/,
    ],
    [
      "not warm",
      { ...clean, warmup: { settled: false, elapsedMs: 60_000 } },
      "unstable",
      /warm-up did not settle within 60\.0 s/,
    ],
    [
      "refused batches",
      { ...clean, publisherErrors: { MESSAGE_TOO_LARGE: 3 } },
      "unstable",
      /refused batches: 3 x MESSAGE_TOO_LARGE/,
    ],
    ["uneven", { ...clean, windowRates: [9, 3, 9, 3, 9] }, "unstable", /varied by/],
    ["falling", { ...clean, windowRates: [120, 110, 100, 90, 80] }, "unstable", /fell by 40 %/],
    ["overloaded", { ...cleanOpen, attainedPerSecond: 7_000 }, "unstable", /took 7000 of 10000/],
  ];
  for (const [name, evidence, verdict, reason] of cases) {
    test(name, () => {
      const judged = judgeValidity(evidence);
      assert.equal(judged.verdict, verdict);
      assert.equal(judged.reasons.length, 1);
      assert.match(judged.reasons[0]!, reason);
    });
  }
});

test("of several reasons all are told and the one nearest the cause decides", () => {
  const judged = judgeValidity({
    ...clean,
    foreignShare: 0.5,
    warmup: { settled: false, elapsedMs: 1 },
    loadProcesses: [{ ...idleProcess, busiestWindowShare: 1 }],
  });
  assert.equal(judged.verdict, "contaminated");
  assert.equal(judged.reasons.length, 3);
});

test("at a limit a run is still valid", () => {
  const { foreignShare, stealShare, clockStepMs, loadProcessCoreShare, generatorCeilingShare } =
    VALIDITY_LIMITS;
  const judged = judgeValidity({
    ...clean,
    foreignShare,
    stealShare,
    clockStepMs,
    loadProcesses: [{ ...idleProcess, busiestWindowShare: loadProcessCoreShare }],
    generatorCeiling: 1_000,
    attainedPerSecond: generatorCeilingShare * 1_000,
  });
  assert.deepEqual(judged.reasons, []);
});

test("a consumer that reads back after the measured phase may use its whole core", () => {
  const consumer: LoadProcessEvidence = { ...idleProcess, role: "consumer", busiestWindowShare: 1 };
  assert.equal(judgeValidity({ ...clean, loadProcesses: [consumer] }).verdict, "valid");
  assert.equal(judgeValidity({ ...cleanOpen, loadProcesses: [consumer] }).verdict, "harness-limited");
  // In closed loop too where deliveries are what is counted.
  const along = { ...clean, consumersReadAlong: true, loadProcesses: [consumer] };
  assert.equal(judgeValidity(along).verdict, "harness-limited");
});

test("lag with an idle event loop is the target's back-pressure, not the harness's", () => {
  const judged = judgeValidity({ ...cleanOpen, scheduleLagP99Us: 400_000, attainedPerSecond: 9_900 });
  assert.equal(judged.verdict, "valid");
});

test("the lag limit grows with the service time but has a floor", () => {
  assert.equal(scheduleLagLimitUs(null), 2_000);
  assert.equal(scheduleLagLimitUs(5_000), 2_000);
  assert.equal(scheduleLagLimitUs(100_000), 10_000);
});
