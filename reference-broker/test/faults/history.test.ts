/** The judge finds what it is there to find. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { type Entry, judge, parseEntries } from "./history.ts";

const log = (...sequences: number[]): Entry[] =>
  sequences.map((sequence, offset) => ({ partition: 0, offset, sequence }));
const clean = { lost: 0, duplicated: 0, reordered: 0, misplaced: 0, holes: 0 };

it("passes a log that is right", () => {
  assert.deepEqual(judge(log(0, 1, 2), parseEntries("0 0 0\n0 1 1\n0 2 2\n")), { stored: 3, ...clean });
});

it("counts each anomaly", () => {
  assert.deepEqual(judge(log(0, 1, 2), log(0, 1)), { stored: 2, ...clean, lost: 1 });
  assert.deepEqual(judge(log(0, 1), log(0, 1, 1)), { stored: 3, ...clean, duplicated: 1 });
  assert.deepEqual(judge([], log(0, 2, 1)), { stored: 3, ...clean, reordered: 1 });
  assert.deepEqual(judge([{ partition: 0, offset: 1, sequence: 0 }], log(0, 1)), {
    stored: 2,
    ...clean,
    misplaced: 1,
  });
  const hole = [...log(0), { partition: 0, offset: 2, sequence: 1 }];
  assert.deepEqual(judge([], hole), { stored: 2, ...clean, holes: 1 });
});

it("keeps partitions apart", () => {
  const stored = parseEntries("0 0 0\n1 0 0\n0 1 1\n1 1 1\n");
  assert.deepEqual(judge(stored, stored), { stored: 4, ...clean });
});
