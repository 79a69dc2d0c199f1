import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HarnessError } from "../../src/errors.ts";
import { EXIT } from "../../src/exit-codes.ts";
import type { ResultFile, RunSummary } from "../../src/result/schema.ts";
import { exitCodeOfSession } from "../../src/run/exit-code.ts";
import { ceilingKey } from "../../src/run/generator-ceiling.ts";
import { groupByStart } from "../../src/run/session.ts";
import { loadScenario } from "../../src/scenario/load.ts";
import { makePlans } from "../../src/scenario/make-plans.ts";
import type { LogLoadPlan } from "../../src/scenario/plan.ts";

const scenario = await loadScenario("megabatch");
const request = { profiles: ["smoke"], targets: ["reference", "kafka"], repeat: 3 };
const plans = makePlans(scenario, request) as LogLoadPlan[];

describe("grouping by start", () => {
  const groups = groupByStart(plans);

  test("one start for each repetition and target, all plans in one of them", () => {
    assert.equal(groups.length, 6);
    assert.deepEqual(groups.flatMap((group) => group.plans).toSorted(byIdentity), plans.toSorted(byIdentity));
    for (const group of groups) assert.equal(new Set(group.plans.map((plan) => plan.repetition)).size, 1);
  });

  test("the target that goes first changes from repetition to repetition", () => {
    assert.deepEqual(
      groups.map((group) => group.plans[0]!.target),
      ["reference", "kafka", "kafka", "reference", "reference", "kafka"],
    );
  });

  test("plans of different durability do not share a start", () => {
    const [first] = plans;
    const other = { ...first!, durability: "fsync" as const };
    assert.equal(groupByStart([first!, other]).length, 2);
  });

  test("plans that ask what is added to a broker's memory start with one that has done nothing", async () => {
    for (const name of ["memory-paging", "ttl-storm"]) {
      const stages = makePlans(await loadScenario(name), { targets: ["reference"] });
      assert.ok(stages.length > 1);
      assert.equal(groupByStart(stages).length, stages.length, name);
    }
  });

  test("plans that restart their target share it with none", async () => {
    const recovery = makePlans(await loadScenario("recovery"), { targets: ["reference"], repeat: 2 });
    assert.ok(recovery.length >= 8, `${recovery.length} plans`);
    assert.equal(groupByStart(recovery).length, recovery.length);
  });

  test("connections are counted on a broker that has done nothing yet, and HTTP is listened for where it is asked", async () => {
    const some = { profiles: ["smoke"], targets: ["reference"] };
    const [held] = makePlans(await loadScenario("connections"), some);
    const more = { ...held!, profile: "another" };
    assert.equal(groupByStart([held!, more]).length, 2);
    const [overHttp] = makePlans(await loadScenario("http-ingest"), some);
    const overAmqp = { ...overHttp!, driver: "amqp" as const };
    assert.equal(groupByStart([overHttp!, overAmqp]).length, 2);
    assert.equal(groupByStart([overHttp!, { ...overHttp!, profile: "another" }]).length, 1);
  });
});

function byIdentity(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

test("a generator ceiling is shared by targets, repetitions and rates, not by loads", () => {
  const [first] = plans;
  const paced = { ...first!, mode: "open" as const, parameters: { ...first!.parameters, ratePerSecond: 5 } };
  assert.equal(ceilingKey({ ...first!, target: "kafka", repetition: 9, seed: 1 }), ceilingKey(first!));
  assert.equal(ceilingKey(paced), ceilingKey(first!));
  const larger = {
    ...first!,
    parameters: { ...first!.parameters, producers: first!.parameters.producers + 1 },
  };
  assert.notEqual(ceilingKey(larger), ceilingKey(first!));
  const during = (durationMs: number) => {
    const { phases } = first!;
    return ceilingKey({ ...first!, phases: { ...phases, measure: { ...phases.measure, durationMs } } });
  };
  assert.notEqual(during(1_000), during(20_000));
  assert.equal(during(5_000), during(20_000));
});

describe("the exit code of a session", () => {
  const run = (validity: string, integrity: string) =>
    ({
      summary: { validity: { verdict: validity }, integrity: { verdict: integrity } } as RunSummary,
    }) as ResultFile;
  const valid = run("valid", "valid");
  const failed = (code: "TARGET_START_FAILED" | "LOAD_PROCESS_DIED") => ({
    target: "kafka",
    error: new HarnessError(code, ""),
  });
  const cases = [
    ["done with one good run", [valid, run("unstable", "valid")], [], EXIT.done],
    ["inconclusive with none", [], [], EXIT.inconclusive],
    ["inconclusive with invalid ones only", [run("contaminated", "valid")], [], EXIT.inconclusive],
    [
      "integrity above all",
      [valid, run("valid", "invalid")],
      [failed("TARGET_START_FAILED")],
      EXIT.integrity,
    ],
    ["the target's failure", [valid], [failed("TARGET_START_FAILED")], EXIT.targetWouldNotRun],
    ["our own failure", [valid], [failed("LOAD_PROCESS_DIED")], EXIT.internal],
  ] as const;
  for (const [name, results, failures, expected] of cases) {
    test(name, () => assert.equal(exitCodeOfSession({ results, failures }), expected));
  }
});
