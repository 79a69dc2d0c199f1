import assert from "node:assert/strict";
import { test } from "node:test";
import { editDistance, nearest } from "../../src/scenario/nearest.ts";

test("distances count insertions, deletions, substitutions and swaps", () => {
  const cases: [string, string, number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["acks", "akcs", 1],
    ["codec", "codecs", 1],
    ["lz4", "lz5", 1],
  ];
  for (const [a, b, expected] of cases) {
    assert.equal(editDistance(a, b), expected, `${a} ${b}`);
    assert.equal(editDistance(b, a), expected, `${b} ${a}`);
  }
});

test("the nearest is said only where it is near", () => {
  assert.equal(nearest("maxInflight", ["producers", "maxInFlight"]), "maxInFlight");
  assert.equal(nearest("lst", ["run", "list", "schema"]), "list");
  assert.equal(nearest("frobnicate", ["run", "list", "schema"]), null);
  assert.equal(nearest("x", []), null);
});
