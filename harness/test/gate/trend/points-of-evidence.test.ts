import assert from "node:assert/strict";
import { test } from "node:test";
import type { GateEvidence, SideDescription } from "../../../src/gate/evidence.ts";
import type { Judgement, MetricJudgement } from "../../../src/gate/judgement.ts";
import { identityOf, pointsOfEvidence } from "../../../src/gate/trend/points-of-evidence.ts";
import { trendPoint } from "../../../src/gate/trend/point.ts";
import { commit } from "./points.ts";

function side(overrides: Partial<SideDescription>): SideDescription {
  return {
    ...{ spec: "git:main", kind: "reference", commit: null, version: null, durability: "os" },
    ...{ configuration: {}, contentHash: null },
    ...overrides,
  };
}

const JOB = {
  ...{ seed: "5".repeat(32), attempt: 2, createdAt: "2026-11-21T10:00:00.000Z" },
  sides: { baseline: side({ commit: commit(1) }), candidate: side({ commit: commit(2) }) },
  environment: { kernel: "Linux 6.1", architecture: "x64", cores: 2, cpuModel: "Some CPU" },
};
const EVIDENCE = { job: JOB, rounds: [], end: null } as unknown as GateEvidence;

function judgement(metrics: readonly Partial<MetricJudgement>[], verdict = "pass"): Judgement {
  return { verdict, metrics } as unknown as Judgement;
}

const EFFECTS = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06];

test("a point has the effect's logarithm, its standard error and each round", () => {
  const metric = {
    scenario: "megabatch",
    metric: "p90",
    effect: 0.05,
    effects: EFFECTS,
    deviation: 0.06,
  } as const;
  const [found, ...others] = pointsOfEvidence(EVIDENCE, judgement([metric]), "e.jsonl");
  assert.equal(others.length, 0);
  assert.deepEqual(trendPoint.parse(found), {
    ...{ schemaVersion: 1, job: JOB.seed, attempt: 2, measuredAt: JOB.createdAt },
    ...{ commit: commit(2), anchor: commit(1), machineClass: "linux-x64-2", cpuModel: "Some CPU" },
    ...{ scenario: "megabatch", metric: "p90", effects: EFFECTS },
    ...{ logRatio: Math.log1p(0.05), standardError: 0.06 / Math.sqrt(6) },
  });
});

test("too few rounds and what was not measured make no point", () => {
  const few = { metric: "p90", effect: 0.05, effects: EFFECTS.slice(1), deviation: 0.06 } as const;
  const none = { metric: "p99", effect: null, effects: [], deviation: null } as const;
  assert.deepEqual(pointsOfEvidence(EVIDENCE, judgement([few, none]), "e.jsonl"), []);
});

test("a broker that lost messages has no speed", () => {
  assert.throws(() => pointsOfEvidence(EVIDENCE, judgement([], "integrity"), "e.jsonl"), {
    ...{ code: "RESULT_INVALID", message: /e\.jsonl: messages were lost/ },
  });
});

test("a side is known by its commit, else by its words and its version", () => {
  assert.equal(identityOf(side({ commit: commit(7), version: "0.1.0" })), commit(7));
  assert.equal(identityOf(side({ spec: "target:kafka", version: "4.3.1" })), "target:kafka@4.3.1");
  assert.equal(identityOf(side({ spec: "target:kafka@4.3.1", version: "4.3.1" })), "target:kafka@4.3.1");
  assert.equal(identityOf(side({ spec: "cmd:./start" })), "cmd:./start");
});
