import assert from "node:assert/strict";
import { test } from "node:test";
import {
  byteRate,
  duration,
  givenDuration,
  givenSize,
  memory,
  plain,
  ratePerSecond,
  ratio,
} from "../../src/terminal/quantities.ts";

test("measured figures have three digits and the unit that fits", () => {
  assert.deepEqual([0, 7, 950, 1000, 3_100_000, 999_950, 312_345_678].map(ratePerSecond), [
    "0/s",
    "7/s",
    "950/s",
    "1.00 k/s",
    "3.10 M/s",
    "1.00 M/s",
    "312 M/s",
  ]);
  assert.deepEqual([12, 1200, 999_999, 1_000_000, 90_000_000].map(duration), [
    "12 us",
    "1.20 ms",
    "1.00 s",
    "1.00 s",
    "1.50 min",
  ]);
  assert.deepEqual([500, 312_345_678].map(byteRate), ["500 B/s", "312 MB/s"]);
  assert.deepEqual([0.0312, 0.5, 12.345, 312.6].map(plain), ["0.0312", "0.500", "12.3", "313"]);
  assert.equal(memory(188_743_680), "180 MiB");
  assert.equal(ratio(2.046), "2.05x");
});

test("what was not measured is a dash, never 0", () => {
  assert.deepEqual(
    [ratePerSecond, byteRate, duration, memory, ratio, plain].map((format) => format(null)),
    Array(6).fill("-"),
  );
});

test("given figures stay as they were given", () => {
  assert.deepEqual([100, 1024, 16_384, 1_048_576].map(givenSize), ["100 B", "1 KiB", "16 KiB", "1 MiB"]);
  assert.deepEqual([0, 15, 30_000, 90_000].map(givenDuration), ["0 us", "15 ms", "30 s", "1.5 min"]);
});
