import assert from "node:assert/strict";
import { test } from "node:test";
import type { GateEvidence } from "../../../src/gate/evidence.ts";
import { INCONCLUSIVE_REASONS } from "../../../src/gate/judge/reasons.ts";
import type { InconclusiveReason, Judgement } from "../../../src/gate/judgement.ts";
import { headline } from "../../../src/gate/words/headline.ts";
import { verdictLine } from "../../../src/gate/words/metric.ts";
import { reasonHelp } from "../../../src/gate/words/reason.ts";
import {
  EQUAL,
  gateEvidence,
  IMPROVED,
  judgementOf,
  metricJudgement,
  NOISY,
  PASS,
  PASS_SLOWER,
  REGRESS,
} from "../gate-fixture.ts";

const EVIDENCE = gateEvidence({ rounds: 1 });
const say = (judgement: Judgement, evidence: GateEvidence = EVIDENCE) => headline(evidence, judgement);

test("pass: what is excluded, what could have been seen, rounds, seconds, neighbours", () => {
  assert.equal(
    say(judgementOf("pass", [PASS])),
    "PASS megabatch throughput 0.3 % worse [-0.9, +1.4]: a slowdown of 5 % is excluded (could have seen 2.6 %) after 8 rounds, 43 s; others used 0.4 of 2 cores",
  );
});

test("pass of several: the one nearest to its limit stands for them", () => {
  const cpu = metricJudgement({
    metric: "cpuPerMessage",
    effect: -0.004,
    interval: [-0.03, 0.021],
    upperBound: 0.04,
  });
  assert.equal(
    say(judgementOf("pass", [PASS, cpu, EQUAL])),
    "PASS of 3 gating metrics, nearest to its limit: megabatch broker CPU per message 0.4 % better [-2.1, +3.0]: an increase of 5 % is excluded (could have seen 2.6 %) after 8 rounds, 43 s; others used 0.4 of 2 cores",
  );
});

test("pass-slower is said to be worse for certain", () => {
  assert.equal(
    say(judgementOf("pass", [PASS_SLOWER])),
    "PASS megabatch publish p90 1.8 % worse [+0.9, +2.7], worse for certain, but a slowdown of 5 % is excluded (could have seen 1.9 %) after 8 rounds, 43 s; others used 0.4 of 2 cores",
  );
  assert.match(
    say(judgementOf("pass", [PASS, PASS_SLOWER])),
    /^PASS of 2 gating metrics, 1 of them worse for certain: megabatch publish p90 1\.8 % worse/,
  );
});

test("regress: the worst of its limit, its p-value, and what else regressed", () => {
  assert.equal(
    say(judgementOf("regress", [PASS, REGRESS])),
    "REGRESS megabatch broker CPU per message 7.6 % worse [+6.1, +9.0], p = 0.00042, limit 5 % (could have seen 2.1 %) after 8 rounds, 43 s; others used 0.4 of 2 cores",
  );
  const p99 = metricJudgement({
    ...{ scenario: "publish-confirm", metric: "p99", verdict: "regress", limit: 0.2, effect: 0.25 },
    interval: [0.22, 0.28],
  });
  assert.match(
    say(judgementOf("regress", [p99, REGRESS])),
    /^REGRESS megabatch broker CPU .* 43 s; also regress: publish-confirm publish p99 25\.0 % worse \[\+22\.0, \+28\.0\]; others/,
  );
});

test("improved", () => {
  assert.equal(
    say(judgementOf("improved", [IMPROVED])),
    "IMPROVED megabatch throughput 6.1 % better [+4.9, +7.2], p = 0.00042 (could have seen 2.1 %) after 8 rounds, 43 s; others used 0.4 of 2 cores",
  );
});

test("equal", () => {
  assert.equal(
    say(judgementOf("pass", [EQUAL])),
    "PASS megabatch peak RSS equal within its resolution: more than half of the rounds saw no difference at all after 8 rounds, 43 s; others used 0.4 of 2 cores",
  );
});

test("several that are all equal", () => {
  assert.match(
    say(judgementOf("pass", [EQUAL, { ...EQUAL, metric: "p90" }])),
    /^PASS of 2 gating metrics, all equal within their resolution: more than half of the rounds saw no difference at all after 8 rounds, 43 s;/,
  );
});

test("inconclusive for noise: the figures, then what would help in a clause", () => {
  assert.equal(
    say(judgementOf("inconclusive", [PASS, NOISY], { reason: "noise" })),
    "INCONCLUSIVE (noise) megabatch publish p90 1.0 % worse [-5.0, +7.0], limit 5 % (could have seen 9.1 %) after 8 rounds, 43 s: allow more time with --max-time, use a quieter runner, or raise this metric's limit; others used 0.4 of 2 cores",
  );
});

test("every reason for an inconclusive job is named and says what would help", () => {
  for (const reason of Object.keys(INCONCLUSIVE_REASONS) as InconclusiveReason[]) {
    const metric = metricJudgement({ ...NOISY, reason });
    const line = say(judgementOf("inconclusive", [metric], { reason }));
    assert.ok(line.startsWith(`INCONCLUSIVE (${reason}) megabatch publish p90 1.0 % worse`), line);
    assert.ok(line.includes(`43 s: ${reasonHelp(reason)}; others`), line);
    assert.ok(!line.includes("\n"));
    const bare = say(judgementOf("inconclusive", [], { reason }));
    assert.ok(bare.includes(reasonHelp(reason)), bare);
  }
});

test("a reason of the whole job says what it means, without any metric", () => {
  assert.equal(
    say(judgementOf("inconclusive", [], { reason: "migrated", rounds: { megabatch: 9 } })),
    "INCONCLUSIVE (migrated) after 9 rounds, 43 s: the CPU model, the boot or the clock source was another at the end than at the beginning; run again; if it recurs, use a runner that is not moved or suspended; others used 0.4 of 2 cores",
  );
});

test("a side that failed is named with what it died of, in one line", () => {
  const failure = {
    side: "baseline",
    code: "TARGET_START_FAILED",
    message: "exit 1\n  port in use",
  } as const;
  const evidence = gateEvidence({ rounds: 0, end: { reason: "side-failed", failure, wallMs: 2100 } });
  assert.equal(
    say(judgementOf("inconclusive", [], { reason: "side-failed", wallMs: 2100 }), evidence),
    "INCONCLUSIVE (side-failed) the baseline failed: TARGET_START_FAILED, exit 1 port in use; after 0 rounds, 2 s; others used 0.4 of 2 cores",
  );
});

test("integrity comes before speed", () => {
  const finding = {
    scenario: "megabatch",
    round: 3,
    side: "candidate",
    what: "3 lost, 1 duplicated",
    examples: [],
  };
  assert.equal(
    say(judgementOf("integrity", [PASS], { integrity: [finding, finding] })),
    "INTEGRITY megabatch round 3, candidate: 3 lost, 1 duplicated (and 1 further finding); speed is not judged where messages are not intact; after 8 rounds, 43 s; others used 0.4 of 2 cores",
  );
});

test("what was not measured is said to be unknown", () => {
  const judgement = judgementOf("pass", [PASS]);
  const fitness = { ...judgement.fitness, foreignCores: null };
  assert.match(say({ ...judgement, fitness }), /; what others used of 2 cores was not measured$/);
  const few = metricJudgement({ detectable: null, interval: null });
  assert.match(
    say(judgementOf("pass", [few])),
    /throughput 0\.3 % worse: a slowdown of 5 % is excluded \(too few rounds to say what could have been seen\)/,
  );
});

test("lines of metrics", () => {
  assert.equal(
    verdictLine(PASS),
    "pass: 0.3 % worse [-0.9, +1.4]: a slowdown of 5 % is excluded (could have seen 2.6 %) after 8 rounds",
  );
  assert.equal(
    verdictLine(NOISY),
    "inconclusive (noise): 1.0 % worse [-5.0, +7.0], limit 5 % (could have seen 9.1 %) after 8 rounds: the rounds differ so much from one another that a regression as large as the limit could have gone unseen; allow more time with --max-time, use a quieter runner, or raise this metric's limit",
  );
  assert.equal(verdictLine(metricJudgement({ verdict: "not-measured", effect: null })), "not measured");
  assert.equal(
    verdictLine(metricJudgement({ metric: "p99_9", verdict: "no-limit", limit: null })),
    "no limit: 0.3 % worse [-0.9, +1.4] (could have seen 2.6 %) after 8 rounds",
  );
  assert.match(
    verdictLine(metricJudgement({ verdict: "regress", pWorse: 3e-7 })),
    /, p < 0\.0001, limit 5 %/,
  );
});
