import assert from "node:assert/strict";
import { test } from "node:test";
import { MachineMeter } from "../../src/measure/machine-meter.ts";

const skip = process.platform !== "linux" && "the machine's CPU is read from Linux's /proc";

function burn(ms: number): void {
  const end = process.cpuUsage().user + ms * 1e3;
  while (process.cpuUsage().user < end);
}

test("work of this process shows in the machine's busy time, in ticks and where they are in nanoseconds", {
  skip,
}, () => {
  using meter = new MachineMeter();
  const before = { ticks: meter.ticks(), ns: meter.busyNs(), pressure: meter.pressureNs() };
  burn(200);
  const ticksUs = (meter.ticks()?.busyUs ?? 0) - (before.ticks?.busyUs ?? 0);
  assert.ok(ticksUs >= 150e3, `${ticksUs} us`);
  const ns = meter.busyNs();
  if (ns !== null && before.ns !== null) assert.ok(ns - before.ns >= 190e6, `${ns - before.ns} ns`);
  else console.log("no exact busy time here: a control group's, or none");
  const pressure = meter.pressureNs();
  if (pressure !== null && before.pressure !== null) assert.ok(pressure >= before.pressure);
});
