import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HarnessError } from "../../../src/errors.ts";
import type { GateEvidence } from "../../../src/gate/evidence.ts";
import { judge } from "../../../src/gate/judge/judge.ts";
import { replayTexts } from "../../../src/gate/outputs/replay.ts";
import { gateReport, renderReportJson } from "../../../src/gate/outputs/report.ts";
import { type FixtureOptions, gateEvidence, TWO_SCENARIOS } from "../gate-fixture.ts";

const text = ({ job, rounds, end }: GateEvidence) =>
  [job, ...rounds, ...(end === null ? [] : [end])].map((line) => `${JSON.stringify(line)}\n`).join("");

const CASES: Readonly<Record<string, FixtureOptions>> = {
  pass: { rounds: 12 },
  regress: { rounds: 14, scenarios: [{ ...TWO_SCENARIOS[0]!, worse: { cpuPerMessage: 0.1 } }] },
  noise: { rounds: 12, noise: 0.2 },
  "cut off": { rounds: 3, end: null },
  nothing: { rounds: 0, end: null },
};

for (const [name, options] of Object.entries(CASES)) {
  test(`a report is judged again to the last bit: ${name}`, () => {
    const evidence = gateEvidence(options);
    const report = renderReportJson(evidence, judge(evidence));
    const [again] = replayTexts([{ source: "gate.json", text: report }]);
    assert.deepEqual(again!.differences, []);
    assert.equal(JSON.stringify(again!.judgement), JSON.stringify(JSON.parse(report).judgement));
    assert.equal(renderReportJson(again!.evidence, again!.judgement), report);
  });
}

test("a report that was tampered with is told where", () => {
  const evidence = gateEvidence({ rounds: 12 });
  const report = JSON.parse(renderReportJson(evidence, judge(evidence)));
  report.judgement.verdict = "improved";
  report.judgement.metrics[2].pWorse *= 1 + 2 ** -50;
  const [again] = replayTexts([{ source: "gate.json", text: JSON.stringify(report) }]);
  assert.deepEqual(again!.differences, ["verdict", "metrics.2.pWorse"]);
});

test("a report holds to its own schema, and other reports are refused", () => {
  const evidence = gateEvidence({ rounds: 2 });
  const report = JSON.parse(renderReportJson(evidence, judge(evidence)));
  assert.deepEqual(gateReport.parse(report), report);
  const refused = (change: object, message: RegExp) =>
    assert.throws(
      () => replayTexts([{ source: "gate.json", text: JSON.stringify({ ...report, ...change }) }]),
      (error) =>
        error instanceof HarnessError && error.code === "RESULT_INVALID" && message.test(error.message),
    );
  refused({ schemaVersion: 9 }, /gate\.json has schemaVersion 9; this brokermark reads 1/);
  refused({ judgement: { ...report.judgement, verdict: "fine" } }, /is no gate report: judgement\.verdict/);
  refused({ evidence: { ...report.evidence, rounds: [{}] } }, /is no gate report: evidence\.rounds\.0/);
});

test("evidence gives the judgement that its job gave", () => {
  const evidence = gateEvidence({ rounds: 12 });
  const [again] = replayTexts([{ source: "job.jsonl", text: text(evidence) }]);
  assert.equal(again!.differences, null);
  assert.deepEqual(again!.judgement, judge(evidence));
});

test("attempts at one job are judged together, other jobs by themselves", () => {
  const attempt = (number: number, rerunKey = "a") =>
    gateEvidence({
      seed: number,
      rounds: 6,
      job: { seed: `${number}`.repeat(32), attempt: number, rerunKey },
    });
  const inputs = [attempt(2), attempt(1), attempt(3, "b")].map((evidence, index) => ({
    source: `${index}.jsonl`,
    text: text(evidence),
  }));
  const [pooled, other] = replayTexts(inputs);
  assert.deepEqual(pooled!.sources, ["1.jsonl", "0.jsonl"]);
  assert.deepEqual([pooled!.judgement.rounds.megabatch, other!.judgement.rounds.megabatch], [12, 6]);
  assert.throws(() => replayTexts([inputs[0]!, inputs[0]!]), { code: "RESULT_INVALID" });
});

test("property: whatever the noise and the effect, evidence and report replay alike", () => {
  const share = fc.double({ min: -0.2, max: 0.3, noNaN: true });
  const options = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    rounds: fc.integer({ min: 1, max: 9 }),
    noise: fc.double({ min: 0.001, max: 0.3, noNaN: true }),
    worse: fc.record({ throughput: share, p90: share, cpuPerMessage: share, memory: share }),
  });
  fc.assert(
    fc.property(options, ({ worse, ...rest }) => {
      const evidence = gateEvidence({ ...rest, scenarios: [{ name: "s", protocol: "kafka", worse }] });
      const report = renderReportJson(evidence, judge(evidence));
      const [one] = replayTexts([{ source: "r", text: report }]);
      const [other] = replayTexts([{ source: "e", text: text(evidence) }]);
      assert.deepEqual(one!.differences, []);
      assert.equal(JSON.stringify(other!.judgement), JSON.stringify(one!.judgement));
    }),
    { numRuns: 25 },
  );
});
