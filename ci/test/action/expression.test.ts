import assert from "node:assert/strict";
import { test } from "node:test";
import { isTrue, namesIn, referencesIn, substitute } from "../../src/action/expression.ts";

const CONTEXTS = {
  inputs: { "max-time": "5min", conform: "" },
  github: { run_attempt: "2" },
  "steps.sides.outputs": { baseline: "git:main" },
};

/** As it stands in the action. */
const of = (name: string) => `$\{{ ${name} }}`;

test("names are replaced by what they stand for", () => {
  assert.equal(substitute(`a ${of("inputs.max-time")} b $\{{github.run_attempt}}`, CONTEXTS), "a 5min b 2");
  assert.equal(substitute(of("steps.sides.outputs.baseline"), CONTEXTS), "git:main");
  assert.equal(substitute(of("steps.sides.outputs.missing"), CONTEXTS), "");
});

test("what does not exist is an error, not an empty text", () => {
  assert.throws(() => substitute(of("inputs.maxtime"), CONTEXTS), /inputs\.maxtime/);
  assert.throws(() => isTrue("success() || failure()", CONTEXTS), /no condition/);
});

test("conditions compare with literals", () => {
  assert.equal(isTrue("inputs.conform != ''", CONTEXTS), false);
  assert.equal(isTrue("github.run_attempt != '1'", CONTEXTS), true);
  assert.equal(isTrue("always() && steps.sides.outputs.baseline == 'git:main'", CONTEXTS), true);
});

test("names are found, literals are none", () => {
  assert.deepEqual(referencesIn(`${of("inputs.a")} $inputs.b ${of("runner.temp")}/x`), [
    "inputs.a",
    "runner.temp",
  ]);
  assert.deepEqual(namesIn("inputs.a == 'inputs.b' && always()"), ["inputs.a"]);
});
