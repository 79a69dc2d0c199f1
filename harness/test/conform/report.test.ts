import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT } from "../../src/exit-codes.ts";
import { type Expectations, findExpectations, judge } from "../../src/conform/expectations.ts";
import { renderJunit } from "../../src/conform/junit.ts";
import { claims, killMatrix, mutantRow, renderKillMatrix } from "../../src/conform/kill-matrix.ts";
import type { Outcome, Status } from "../../src/conform/outcome.ts";
import { renderFailure, renderSummary } from "../../src/conform/render.ts";
import { type ConformanceReport, exitCodeOfConformance, summarize } from "../../src/conform/summary.ts";

const KNOWN: Expectations = {
  name: "product-4",
  product: /^Product$/,
  version: /^4\./,
  deviations: {
    "A-1": { status: "fail", reason: "it never did <that>", source: "observed" },
    "A-2": { status: "non-strict", reason: "closes the socket", source: "observed" },
  },
};

function outcome(id: string, status: Status): Outcome {
  return {
    ...{ id, level: "must", requirement: `${id} & more`, source: "spec 1.2", calibrated: "source", status },
    ...{
      expected: status === "fail" ? "CHAN 404" : null,
      actual: status === "pass" ? null : "CONN \u0001505",
    },
    ...{ transcript: ["1 ms c1 > frame"], seed: 42, durationMs: 12, ranAgain: false },
  };
}

function report(outcomes: readonly Outcome[]): ConformanceReport {
  const judged = outcomes.map((one) => judge(one, KNOWN));
  return {
    ...{ schemaVersion: 1, suite: "amqp", target: "reference", product: "Product", version: "4.1" },
    ...{ mutant: null, seed: 9, expectations: KNOWN.name, capabilities: {}, outcomes: judged },
    ...{ summary: summarize(judged), durationMs: 1500 },
  };
}

const exitCode = (...statuses: readonly (readonly [string, Status])[]) =>
  exitCodeOfConformance(report(statuses.map(([id, status]) => outcome(id, status))).summary);

test("an expectation file fits by product and version", () => {
  assert.equal(findExpectations([KNOWN], "Product", "4.0.5"), KNOWN);
  assert.equal(findExpectations([KNOWN], "Product", "3.10"), null);
  assert.equal(findExpectations([KNOWN], "Another", "4.0"), null);
});

test("a known deviation is as expected, its absence an unexpected pass, any other failure unexpected", () => {
  const standing = (id: string, status: Status) => judge(outcome(id, status), KNOWN).standing;
  assert.equal(standing("A-1", "fail"), "as-expected");
  assert.equal(standing("A-1", "pass"), "unexpected-pass");
  assert.equal(standing("A-2", "pass"), "unexpected-pass");
  assert.equal(standing("A-2", "fail"), "unexpected-failure");
  assert.equal(standing("A-3", "fail"), "unexpected-failure");
  assert.equal(standing("A-3", "unsupported"), "as-expected");
  assert.equal(standing("A-3", "inconclusive"), "undecided");
});

test("exit codes: as expected, failed, inconclusive, nothing executed, a fault of ours", () => {
  assert.equal(exitCode(["A-1", "fail"], ["A-3", "pass"]), EXIT.done);
  assert.equal(exitCode(["A-1", "pass"]), EXIT.done);
  assert.equal(exitCode(["A-3", "fail"], ["A-4", "inconclusive"]), EXIT.failed);
  assert.equal(exitCode(["A-3", "pass"], ["A-4", "inconclusive"]), EXIT.inconclusive);
  assert.equal(exitCode(["A-3", "unsupported"]), EXIT.inconclusive);
  assert.equal(exitCode(), EXIT.inconclusive);
  assert.equal(exitCode(["A-3", "error"], ["A-4", "fail"]), EXIT.internal);
});

test("unsupported cases are counted by themselves, never as executed", () => {
  const { summary } = report([outcome("A-3", "pass"), outcome("A-4", "unsupported")]);
  assert.equal(summary.executed, 1);
  assert.match(
    renderSummary(report([outcome("A-3", "pass"), outcome("A-4", "unsupported")])),
    /passed 1 of 1 executed/,
  );
});

test("a failure tells requirement, both sides, frames, seed and how to see it again", () => {
  const text = renderFailure(judge(outcome("A-3", "fail"), KNOWN), "brokermark conform --case A-3");
  for (const part of ["A-3 & more", "spec 1.2", "CHAN 404", "CONN", "1 ms c1 > frame", "42", "--case A-3"]) {
    assert.ok(text.includes(part), part);
  }
  assert.match(renderSummary(report([outcome("A-3", "fail")])), /--suite amqp --case A-3 --seed 9/);
});

test("JUnit: failures, skips with their reasons, and nothing that XML forbids", () => {
  const xml = renderJunit(
    report([
      outcome("A-1", "fail"),
      outcome("A-3", "fail"),
      outcome("A-4", "unsupported"),
      outcome("A-5", "pass"),
    ]),
  );
  assert.match(xml, /tests="4" failures="1" errors="0" skipped="2"/);
  assert.match(xml, /known deviation: it never did &lt;that&gt;/);
  assert.match(xml, /A-5 A-5 &amp; more" time="0.012"\/>/);
  assert.ok(!xml.includes("\u0001"));
  assert.equal(xml.match(/<testcase/g)?.length, 4);
});

test("the kill matrix names who lives, who killed and which cases prove nothing yet", () => {
  const cases = [{ id: "A-1", kills: ["m1", "m2"] }, { id: "A-2", kills: ["m1"] }, { id: "A-3" }];
  assert.deepEqual(
    [...claims(cases)],
    [
      ["m1", ["A-1", "A-2"]],
      ["m2", ["A-1"]],
    ],
  );
  const rows = [
    mutantRow(
      "m1",
      ["A-1", "A-2"],
      [
        { id: "A-1", status: "fail" },
        { id: "A-2", status: "pass" },
      ],
    ),
    mutantRow("m2", ["A-1"], [{ id: "A-1", status: "error" }]),
  ];
  const matrix = killMatrix(rows, cases);
  assert.deepEqual([matrix.alive, matrix.unproven], [["m2"], ["A-2", "A-3"]]);
  assert.deepEqual(rows[0]!.survived, ["A-2"]);
  assert.match(renderKillMatrix(matrix), /1 of 2 mutants killed; alive: m2/);
});
