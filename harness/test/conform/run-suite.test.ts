import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConformanceCase, SuiteSession } from "../../src/conform/case.ts";
import { accept } from "../../src/conform/case.ts";
import { ConformanceFailure, Inconclusive, Unsupported } from "../../src/conform/failure.ts";
import { judgeStep, type Outcome } from "../../src/conform/outcome.ts";
import { CONTROL_LIVES, caseSeed, runSuite } from "../../src/conform/run-suite.ts";

interface Context {
  readonly leniences: string[];
  readonly seed: number;
}

type Case = ConformanceCase<Context>;

function testCase(id: string, run: Case["run"], more: Partial<Case> = {}): Case {
  return {
    id,
    level: "must",
    requirement: `${id} holds`,
    source: "test",
    calibrated: "source",
    run,
    ...more,
  };
}

function session(finish: () => Promise<void> = async () => undefined): SuiteSession<Context> {
  return {
    capabilities: new Map([
      ["here", { present: true, evidence: "seen" }],
      ["gone", { present: false, evidence: "refused with CHAN 406" }],
    ]),
    begin: async (_test, seed) => {
      const leniences: string[] = [];
      return { context: { leniences, seed }, leniences, transcript: () => ["a frame"], finish };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function run(cases: readonly Case[], with_ = session(), caseTimeoutMs = 5000): Promise<Outcome[]> {
  const signal = new AbortController().signal;
  return await runSuite(with_, cases, {
    seed: 1,
    parallel: 3,
    signal,
    caseTimeoutMs,
    finished: () => undefined,
  });
}

const statuses = (outcomes: readonly Outcome[]) => outcomes.map(({ id, status }) => [id, status]);

test("what a case throws decides its status", async () => {
  const outcomes = await run([
    testCase("passes", async () => undefined),
    testCase("lenient", async ({ leniences }) => void leniences.push("step: CONN 503")),
    testCase("fails", async () => {
      throw new ConformanceFailure("CHAN 404", "queue.declare-ok");
    }),
    testCase("undecided", async () => {
      throw new Inconclusive("too slow");
    }),
    testCase("lacking", async () => {
      throw new Unsupported("no such thing");
    }),
    testCase("ours", async () => {
      throw new TypeError("x is undefined");
    }),
  ]);
  assert.deepEqual(statuses(outcomes), [
    ["passes", "pass"],
    ["lenient", "non-strict"],
    ["fails", "fail"],
    ["undecided", "inconclusive"],
    ["lacking", "unsupported"],
    ["ours", "error"],
  ]);
  const failed = outcomes[2]!;
  assert.deepEqual(
    [failed.expected, failed.actual, failed.transcript],
    ["CHAN 404", "queue.declare-ok", ["a frame"]],
  );
  assert.equal(outcomes[1]!.actual, "step: CONN 503");
});

test("a missing capability keeps a case from running and is told with its evidence", async () => {
  let ran = false;
  const touch = async () => {
    ran = true;
  };
  const [gated, unknown] = await run([
    testCase("gated", touch, { requires: ["here", "gone"] }),
    testCase("unknown", touch, { requires: ["never probed"] }),
  ]);
  assert.deepEqual([gated!.status, gated!.actual], ["unsupported", "refused with CHAN 406"]);
  assert.equal(unknown!.status, "unsupported");
  assert.equal(ran, false);
});

test("a timed case that fails beside others counts by its second run, alone; any other fails at once", async () => {
  const tries = new Map<string, number>();
  const failOnce = (id: string) => async () => {
    tries.set(id, (tries.get(id) ?? 0) + 1);
    if (tries.get(id) === 1) throw new ConformanceFailure("in time", "late");
  };
  const outcomes = await run([
    testCase("timed", failOnce("timed"), { timed: true }),
    testCase("plain", failOnce("plain")),
  ]);
  assert.deepEqual(statuses(outcomes), [
    ["timed", "pass"],
    ["plain", "fail"],
  ]);
  assert.deepEqual(
    outcomes.map(({ ranAgain }) => ranAgain),
    [true, false],
  );
});

test("a case after which the control connection is dead fails, though it passed by itself", async () => {
  const dead = session(async () => {
    throw new ConformanceFailure(CONTROL_LIVES, "SOCK");
  });
  const [outcome] = await run([testCase("crash", async () => undefined)], dead);
  assert.deepEqual([outcome!.status, outcome!.expected, outcome!.ranAgain], ["fail", CONTROL_LIVES, true]);
});

test("cases that need the broker to themselves meet nobody", async () => {
  let running = 0;
  let met = 0;
  const work = async () => {
    running++;
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
  };
  const alone = async () => {
    met = Math.max(met, running);
    await work();
  };
  const cases = ["a", "b", "c", "d"].flatMap((id) => [
    testCase(id, work),
    testCase(`${id} alone`, alone, { alone: "it restarts" }),
  ]);
  assert.equal((await run(cases)).length, 8);
  assert.equal(met, 0);
});

test("a case that never ends fails when its time is over", async () => {
  const [outcome] = await run([testCase("hangs", () => new Promise(() => undefined))], session(), 30);
  assert.deepEqual([outcome!.status, outcome!.expected], ["fail", "the case to end"]);
});

test("a case has the same seed whichever cases run beside it", () => {
  assert.equal(caseSeed(7, "A-TTL-01"), caseSeed(7, "A-TTL-01"));
  assert.notEqual(caseSeed(7, "A-TTL-01"), caseSeed(7, "A-TTL-02"));
  assert.notEqual(caseSeed(7, "A-TTL-01"), caseSeed(8, "A-TTL-01"));
});

test("outcomes of a step are a set: accepted, tolerated, or a failure that names them all", () => {
  const outcomes = { misuse: accept(["CHAN 406", "CHAN 404"], ["CONN 503"]) };
  assert.equal(judgeStep(outcomes, "misuse", "CHAN 404"), null);
  assert.equal(judgeStep(outcomes, "misuse", "CONN 503"), "misuse: CONN 503");
  assert.throws(() => judgeStep(outcomes, "misuse", "SOCK"), {
    expected: "misuse: CHAN 406 or CHAN 404 (tolerated: CONN 503)",
    actual: "SOCK",
  });
  assert.throws(() => judgeStep(outcomes, "another", "SOCK"), /names no accepted outcome/);
});

test("an interruption ends the running case and begins no other", async () => {
  const controller = new AbortController();
  const begun: string[] = [];
  const hang = (id: string) =>
    testCase(id, () => {
      begun.push(id);
      controller.abort(new Error("interrupted"));
      return new Promise(() => undefined);
    });
  const outcomes = await runSuite(session(), [hang("a"), hang("b")], {
    ...{ seed: 1, parallel: 1, signal: controller.signal, caseTimeoutMs: 60_000, finished: () => undefined },
  });
  assert.deepEqual(begun, ["a"]);
  assert.deepEqual(statuses(outcomes), [["a", "error"]]);
});
