import assert from "node:assert/strict";
import { test } from "node:test";
import { type Deadlines, deadlineUs } from "../../src/load/deadlines.ts";

const START_US = 5e6;
const SENT_US = 7e6;

function deadlinesOf(due: Deadlines["due"]): number[] {
  const deadlines = { due, leadMs: 3_000, stepUs: 20, deadLetter: true };
  return [0, 1, 500_000].map((sequence) => deadlineUs(deadlines, START_US, sequence, SENT_US));
}

test("together is one moment, spread one step after another, queue-ttl each its time after its sending", () => {
  assert.deepEqual(deadlinesOf("together"), [8e6, 8e6, 8e6]);
  assert.deepEqual(deadlinesOf("spread"), [8e6, 8e6 + 20, 18e6]);
  assert.deepEqual(deadlinesOf("queue-ttl"), [10e6, 10e6, 10e6]);
});
