import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { collisionKey, isInternalTopic, topicNameProblem } from "../../../src/protocols/kafka/topic-names.ts";

const seed = Date.now() >>> 0;
const legal = fc.string({
  unit: fc.constantFrom(..."abcXYZ019._-"),
  minLength: 1,
  maxLength: 249,
});

test("names of up to 249 ASCII letters, digits, '.', '_' and '-' are legal, but for '.' and '..'", () => {
  fc.assert(
    fc.property(legal, (name) => {
      assert.equal(topicNameProblem(name) === null, name !== "." && name !== "..");
    }),
    { seed },
  );
  assert.equal(topicNameProblem("a".repeat(249)), null);
});

test("the empty name, '.', '..', 250 characters and any other character are refused", () => {
  for (const name of ["", ".", "..", "a".repeat(250), "a/b", "a b", "a\n", "ä", "a\0"]) {
    assert.notEqual(topicNameProblem(name), null, JSON.stringify(name));
  }
  fc.assert(
    fc.property(legal, fc.string({ unit: "grapheme", minLength: 1 }), (good, other) => {
      fc.pre(!/^[a-zA-Z0-9._-]*$/.test(other));
      assert.notEqual(topicNameProblem(good + other), null);
    }),
    { seed },
  );
});

test("names collide when they differ only in '.' and '_'", () => {
  assert.equal(collisionKey("a.b_c"), collisionKey("a_b.c"));
  assert.notEqual(collisionKey("a-b"), collisionKey("a_b"));
});

test("the topics of Kafka's own bookkeeping are internal", () => {
  assert.equal(isInternalTopic("__consumer_offsets"), true);
  assert.equal(isInternalTopic("consumer_offsets"), false);
});
