import assert from "node:assert/strict";
import { test } from "node:test";
import { nowUs } from "../../src/measure/clock.ts";

test("reads the clock of process.hrtime, in microseconds", () => {
  const before = Number(process.hrtime.bigint()) / 1e3;
  const now = nowUs();
  const after = Number(process.hrtime.bigint()) / 1e3;
  // The calibration is as exact as the tightest of its attempts was short.
  assert.ok(now > before - 100 && now < after + 100, `${before} ${now} ${after}`);
});
