import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EXIT } from "../../src/exit-codes.ts";
import type { LatencySummary, ResultFile } from "../../src/result/schema.ts";
import { SELFTEST_CASES, type SelftestCase } from "../../src/run/selftest/cases.ts";
import { type Check, checkLatency } from "../../src/run/selftest/checks.ts";
import { exitCodeOfSelftest, judgeCase } from "../../src/run/selftest/judge.ts";
import { readSettings } from "../../src/targets/synthetic/settings.ts";
import { parseTargetSpec } from "../../src/targets/target-spec.ts";

test("every case asks the synthetic target for something it can do", () => {
  for (const { plan } of SELFTEST_CASES) {
    const { name, options } = parseTargetSpec(plan.target);
    assert.equal(name, "synthetic");
    readSettings(options);
  }
});

const summary = (p50: number, p99: number) => ({ count: 2000, p50, p99 }) as LatencySummary;

describe("a latency holds", () => {
  const holds = (known: number, measured: number) =>
    checkLatency("response", summary(measured, measured), { p50: known, p99: known }).every(
      (check) => check.holds,
    );

  test("within 5 %, or within 0.3 ms where that is more", () => {
    assert.equal(holds(50_000, 52_500), true);
    assert.equal(holds(50_000, 52_501), false);
    assert.equal(holds(1_000, 700), true);
    assert.equal(holds(1_000, 699), false);
  });

  test("never when nothing was measured", () => {
    assert.ok(checkLatency("response", null, { p50: 1, p99: 1 }).every((check) => !check.holds));
  });
});

describe("a case", () => {
  const check = (kind: Check["kind"], holds: boolean): Check => ({
    what: "",
    expected: "",
    measured: "",
    holds,
    kind,
  });
  const caseOf = (...checks: Check[]) => ({ name: "x", check: () => checks }) as unknown as SelftestCase;
  const ran = (verdict: string) =>
    ({ summary: { validity: { verdict, reasons: [] } } }) as unknown as ResultFile;

  const table = [
    ["passes when all holds, on a busy machine too", [check("time", true)], ran("contaminated"), "pass"],
    ["fails on a count, whatever the machine", [check("count", false)], ran("contaminated"), "fail"],
    ["fails on a time of a valid run", [check("time", false)], ran("valid"), "fail"],
    [
      "cannot tell from a time of an invalid run",
      [check("time", false)],
      ran("contaminated"),
      "inconclusive",
    ],
    ["fails without a run", [], null, "fail"],
  ] as const;
  for (const [name, checks, result, verdict] of table) {
    test(name, () => assert.equal(judgeCase(caseOf(...checks), result).verdict, verdict));
  }
});

test("one failure fails the selftest, one doubt leaves it open", () => {
  const judged = (verdict: "pass" | "fail" | "inconclusive") => ({
    name: "",
    verdict,
    checks: [],
    validity: null,
  });
  assert.equal(exitCodeOfSelftest([judged("pass")]), EXIT.done);
  assert.equal(exitCodeOfSelftest([judged("pass"), judged("inconclusive")]), EXIT.inconclusive);
  assert.equal(exitCodeOfSelftest([judged("fail"), judged("inconclusive")]), EXIT.failed);
  assert.equal(exitCodeOfSelftest([]), EXIT.inconclusive);
});
