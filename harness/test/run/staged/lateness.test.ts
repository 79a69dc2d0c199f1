import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { latenessFromDepth } from "../../../src/run/staged/lateness.ts";

describe("lateness from the depth of a queue", () => {
  test("what a sample no longer counts ended when it was answered, the oldest first", () => {
    const samples = [
      { atUs: 1_000, messages: 10 },
      { atUs: 2_000, messages: 10 },
      { atUs: 3_000, messages: 6 },
      { atUs: 4_000, messages: 6 },
      { atUs: 9_000, messages: 0 },
    ];
    const { histogram, early, earliestUs } = latenessFromDepth(samples, 10, () => 2_500);
    assert.deepEqual([histogram.count, early, earliestUs], [10, 0, 0]);
    assert.equal(histogram.percentile(40), 500);
    // Three significant digits are kept.
    for (const percent of [41, 100]) assert.equal(Math.round(histogram.percentile(percent) / 10), 650);
  });

  test("a message that was gone before it was due is early", () => {
    const samples = [
      { atUs: 1_000, messages: 3 },
      { atUs: 2_000, messages: 0 },
    ];
    const { early, earliestUs } = latenessFromDepth(samples, 4, (nth) => 1_000 + nth * 600);
    assert.deepEqual([early, earliestUs], [2, 800]);
  });

  test("what never left is in no figure", () => {
    const { histogram } = latenessFromDepth([{ atUs: 5, messages: 2 }], 3, () => 1);
    assert.equal(histogram.count, 1);
  });
});
