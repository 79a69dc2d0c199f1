import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../../src/gate/judge/judge.ts";
import { renderExplanation } from "../../src/terminal/gate-explain.ts";
import { renderRoundLine } from "../../src/terminal/gate-progress.ts";
import { renderGateResult } from "../../src/terminal/gate-table.ts";
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
  TWO_SCENARIOS,
} from "../gate/gate-fixture.ts";
import { assertGolden } from "../golden.ts";

const golden = (name: string) => new URL(`golden/${name}`, import.meta.url);

test("a job with a regression", () => {
  const evidence = gateEvidence({
    ...{ rounds: 14, noise: 0.02 },
    scenarios: [TWO_SCENARIOS[0]!, { ...TWO_SCENARIOS[1]!, worse: { cpuPerMessage: 0.09, p90: 0.03 } }],
  });
  const judgement = judge(evidence);
  assertGolden(
    `${renderGateResult(evidence, judgement)}\n\n${renderExplanation(evidence, judgement)}`,
    golden("gate-regress.stdout"),
  );
});

test("every verdict in one table", () => {
  const finding = {
    ...{ scenario: "megabatch", round: 3, side: "candidate", what: "3 lost" },
    examples: ["producer 3 sequence 8812 was confirmed and never seen"],
  };
  const bare = {
    effect: null,
    interval: null,
    upperBound: null,
    detectable: null,
    effects: [],
    effectRounds: [],
  };
  const metrics = [
    ...[PASS, PASS_SLOWER, REGRESS, IMPROVED, EQUAL, NOISY],
    metricJudgement({
      scenario: "publish-confirm",
      metric: "p99_9",
      role: "advisory",
      verdict: "no-limit",
      limit: null,
    }),
    metricJudgement({
      ...{ scenario: "publish-confirm", metric: "p99", verdict: "not-measured", limit: 0.2, ...bare },
      ...{ baseline: null, candidate: null },
    }),
  ];
  const evidence = gateEvidence({ rounds: 4, end: { reason: "integrity" } });
  const judgement = judgementOf("integrity", metrics, {
    integrity: [finding],
    endReason: "integrity",
    control: "pass",
  });
  assertGolden(
    `${renderGateResult(evidence, judgement)}\n\n${renderExplanation(evidence, judgement)}`,
    golden("gate-verdicts.stdout"),
  );
});

/** Half as noisy: a few rounds more would do. */
const NEARLY = metricJudgement({
  ...NOISY,
  effects: NOISY.effects.map((effect) => 0.45 * effect),
  deviation: 0.03,
});

test("what is undecided is explained with what would decide it, in figures", () => {
  const short = gateEvidence({ rounds: 8, end: { reason: "time" } });
  const evidence = {
    ...short,
    job: { ...short.job, measuring: { ...short.job.measuring, maxTimeMs: 90_000 } },
  };
  const judgement = judgementOf("inconclusive", [PASS, NEARLY], { reason: "noise", wallMs: 89_000 });
  const text = renderExplanation(evidence, judgement).replaceAll(/\n +/g, " ");
  assert.match(
    text,
    /At this noise --max-time 2min should decide every metric that is undecided \(now 90 s\)\./,
  );
  assert.match(text, /Inconclusive \(noise\)\. The rounds differ so much/);
  assert.match(text, /At this noise it takes 14 rounds, 74 s at 5\.3 s each, to see a slowdown of 5 %\./);
  assert.match(text, /6 more rounds would do: give the job a longer --max-time\./);
  assert.match(text, /Without the other scenarios the same time has room for 16 rounds of megabatch\./);
  assert.match(text, /A limit of 9\.1 % \(--limit p90=9\.1%\) could have been judged with these rounds\./);
});

test("a small effect that may be true is told how long it takes", () => {
  const evidence = gateEvidence({ rounds: 8 });
  const metric = metricJudgement({ ...NEARLY, reason: "borderline", effect: 0.02 });
  const text = renderExplanation(evidence, judgementOf("inconclusive", [metric], { reason: "borderline" }));
  assert.match(
    text.replaceAll(/\s+/g, " "),
    /If 2\.0 % worse is the truth, it takes \d+ rounds at this noise to tell it from nothing\./,
  );
  assert.ok(!text.includes("should decide"));
});

test("noise that time alone cannot overcome is said to be so, and busy neighbours are named", () => {
  const evidence = gateEvidence({ rounds: 12, noise: 0.2 });
  const judgement = judge(evidence);
  const busy = { ...judgement, fitness: { ...judgement.fitness, foreignCores: 1.24 } };
  const text = renderExplanation(evidence, busy).replaceAll(/\n +/g, " ");
  assert.match(text, /A job plays 30 rounds at most, so time alone does not decide it\./);
  assert.ok(!text.includes("should decide every metric"));
  assert.match(text, /Others used 1\.2 of 2 cores: a quieter machine needs fewer rounds\./);
});

test("what could not be measured says why", () => {
  const bare = {
    effect: null,
    interval: null,
    upperBound: null,
    detectable: null,
    deviation: null,
    effects: [],
  };
  const metric = metricJudgement({ metric: "p99_9", role: "advisory", verdict: "not-measured", ...bare });
  const explain = (evidence: ReturnType<typeof gateEvidence>) =>
    renderExplanation(evidence, judgementOf("pass", [metric])).replaceAll(/\s+/g, " ");
  assert.match(
    explain(gateEvidence({ rounds: 2 })),
    /Not measured: it needs 10000 confirmations in a slice or a round, and the median slice held 1200\./,
  );
  const { job } = gateEvidence({ rounds: 0 });
  const without = job.scenarios.map((scenario) => ({ ...scenario, metrics: [] }));
  assert.match(
    explain(gateEvidence({ rounds: 2, job: { scenarios: without } })),
    /Not measured: it cannot be, on these sides\./,
  );
});

test("progress", () => {
  const { job, rounds } = gateEvidence({ rounds: 2 });
  assert.match(
    renderRoundLine(rounds[3]!, job, { decided: ["megabatch"], stop: null }),
    /^round {3}3 {2}publish-confirm {2}5\.\d s {2}of at most 30 each; 1 of 2 scenarios decided$/,
  );
});
