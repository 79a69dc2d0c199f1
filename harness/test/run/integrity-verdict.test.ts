import assert from "node:assert/strict";
import { test } from "node:test";
import { type IntegrityCounts, judgeIntegrity } from "../../src/run/integrity-verdict.ts";

const intact: IntegrityCounts = {
  published: 1000,
  confirmed: 1000,
  delivered: 1000,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  corrupted: 0,
  dropped: 0,
  expired: 0,
  foreign: 0,
};
const none = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };

test("what a policy dropped is no violation", () => {
  assert.equal(judgeIntegrity({ ...intact, delivered: 900, dropped: 100 }, none), "valid");
});

test("everything once, in order and intact is valid", () => {
  assert.equal(judgeIntegrity(intact, none), "valid");
});

for (const kind of ["lost", "duplicated", "reordered", "corrupted"] as const) {
  test(`one ${kind} is invalid, unless the scenario expects it`, () => {
    const counts = { ...intact, [kind]: 1 };
    assert.equal(judgeIntegrity(counts, none), "invalid");
    assert.equal(judgeIntegrity(counts, { ...none, [kind]: 1 }), "valid");
  });
}

test("a message that nobody of the run wrote is invalid", () => {
  assert.equal(judgeIntegrity({ ...intact, foreign: 1 }, { ...none, corrupted: 5 }), "invalid");
});

test("nothing confirmed and nothing read is unknown, not valid", () => {
  assert.equal(judgeIntegrity({ ...intact, confirmed: 0, delivered: 0 }, none), "unknown");
  assert.equal(judgeIntegrity({ ...intact, published: 0, confirmed: 0, delivered: 0 }, none), "unknown");
});
