import assert from "node:assert/strict";
import { test } from "node:test";
import { range, significant, times } from "../../src/report/format.ts";
import { fieldText, fieldWords } from "../../src/report/wording.ts";

test("measured figures have three digits, no more and no fewer", () => {
  assert.deepEqual(
    [0, 0.2, 4.5678, 22, 3_215_432].map((value) => significant(value)),
    ["0", "0.200", "4.57", "22.0", "3,220,000"],
  );
});

test("ratios and ranges", () => {
  assert.deepEqual([0.0345, 0.4567, 2, 137.4].map(times), ["0.035×", "0.46×", "2.00×", "137×"]);
  assert.equal(range("1.0", "1.2"), "1.0 to 1.2");
  assert.equal(range("1.0", "1.0"), "1.0");
});

test("fields read as words, their values with units", () => {
  assert.deepEqual(["payloadBytes", "maxInFlight", "lingerMs", "acks"].map(fieldWords), [
    "payload",
    "max in flight",
    "linger",
    "acks",
  ]);
  assert.equal(fieldText("batchBytes", 1_048_576), "1 MiB");
  assert.equal(fieldText("payloadBytes", 100), "100 B");
  assert.equal(fieldText("memoryBytes", 8_201_334_785), "8,201,334,785 B (7.64 GiB)");
  assert.equal(fieldText("lingerMs", 15), "15 ms");
  assert.equal(fieldText("ratePerSecond", null), "as fast as possible");
  assert.equal(fieldText("ratePerSecond", 200_000), "200,000/s");
  assert.equal(fieldText("idempotent", false), "no");
});
