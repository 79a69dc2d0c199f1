/** memory-paging on the reference broker, small: what must hold on every machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { anomalies, figure, NO_ANOMALY, smoke, stages } from "./smoke.ts";

const onLinux = process.platform === "linux";

test("a queue is grown with nobody reading, then drained in order and intact", async () => {
  const [run] = await smoke("memory-paging", "messages=5000");
  assert.deepEqual(anomalies(run!), NO_ANOMALY);
  assert.deepEqual(stages(run!), ["grow", "full", "drain", "empty"]);
  assert.deepEqual([run!.integrity.confirmed, run!.integrity.delivered], [5000, 5000]);
  assert.equal(figure(run!, "deepest"), 5000);
  for (const rate of ["growthRate", "drainRate", "firstDelivery"]) assert.ok(figure(run!, rate)! > 0, rate);
  if (onLinux) {
    assert.ok(figure(run!, "rssPeak")! >= figure(run!, "rssBefore")!);
    assert.ok(figure(run!, "sinkRss")! > 0);
  }
  assert.match(run!.figures.bytesPerMessage!.note!, /derived/);
});

test("while a consumer reads along at its rate, the rest waits", async () => {
  const along = ["growthReadPerSecond=1000/s", "prefetch=10", "ackEvery=1"];
  const [run] = await smoke("memory-paging", "messages=5000", ...along);
  assert.deepEqual(anomalies(run!), NO_ANOMALY);
  assert.equal(run!.integrity.delivered, 5000);
  const deepest = figure(run!, "deepest")!;
  assert.ok(deepest > 0 && deepest < 5000, `${deepest} waited`);
  assert.equal(figure(run!, "firstDelivery"), null);
});
