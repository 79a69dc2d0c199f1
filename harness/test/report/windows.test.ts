import assert from "node:assert/strict";
import { test } from "node:test";
import { rateOverTime } from "../../src/report/windows.ts";

const window = (atUs: number, messages: number, durationUs = 1_000_000) => ({ atUs, durationUs, messages });

test("two processes that begin half a second apart add up where they overlap", () => {
  const one = [window(0, 100), window(1_000_000, 100)];
  const two = [window(500_000, 100), window(1_500_000, 100, 500_000)];
  assert.deepEqual(rateOverTime([...one, ...two]), [
    [0.5, 150],
    [1.5, 250],
  ]);
});

test("a short last window is no drop in the rate", () => {
  const points = rateOverTime([window(0, 100), window(1_000_000, 100), window(2_000_000, 10, 100_000)]);
  assert.deepEqual(
    points.map(([, rate]) => rate),
    [100, 100],
  );
});

test("what is no window is left out, and nothing gives no line", () => {
  assert.deepEqual(rateOverTime([{ messages: "many" }, null]), []);
  assert.deepEqual(rateOverTime([]), []);
});
