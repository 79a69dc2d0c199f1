import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { growthWindows, ratesAtEnds } from "../../../src/run/staged/paging-figures.ts";

/** Windows of a second, one rate each. */
function windowsOf(...rates: number[]) {
  return rates.map((messages, index) => ({ atUs: index * 1e6, durationUs: 1e6, messages }));
}

describe("the rates at both ends of a growth", () => {
  test("are those of its first and its last tenth", () => {
    const rates = Array.from({ length: 20 }, (_, index) => 1_000 - index * 10);
    assert.deepEqual(ratesAtEnds(windowsOf(...rates)), { start: 995, end: 815 });
  });

  test("are those of a window each where a tenth is less", () => {
    assert.deepEqual(ratesAtEnds(windowsOf(300, 200, 100)), { start: 300, end: 100 });
  });

  test("count each process of several, and the short last window by its length", () => {
    const windows = [
      ...windowsOf(300, 200, 100),
      ...windowsOf(30, 20, 10),
      { atUs: 3e6, durationUs: 0.5e6, messages: 110 },
    ];
    assert.deepEqual(ratesAtEnds(windows), { start: 330, end: 165 });
  });

  test("come from what was told between two reports; two at the same time are one", () => {
    const reports = [
      { atUs: 0, messages: 0 },
      { atUs: 250_000, messages: 100 },
      { atUs: 250_000, messages: 100 },
      { atUs: 500_000, messages: 150 },
      { atUs: 750_000, messages: 190 },
    ];
    assert.deepEqual(ratesAtEnds(growthWindows(reports)), { start: 400, end: 160 });
  });

  test("are unknown with fewer than three windows", () => {
    assert.deepEqual(ratesAtEnds(windowsOf(1, 2)), { start: null, end: null });
  });
});
