/** fanout on the reference broker: what must hold on every machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { anomalies, BRIEF, NO_ANOMALY, smoke } from "./smoke.ts";

test("each of eight subscribers gets every message, and the memory of one is told", async () => {
  const [run] = await smoke("fanout", BRIEF);
  assert.deepEqual(anomalies(run!), NO_ANOMALY);
  assert.equal(run!.integrity.delivered, 8 * run!.integrity.published);
  assert.ok(run!.generatorCeiling! > 0);
  assert.ok(run!.throughput.messagesPerSecond! > 0);
  if (process.platform === "linux") assert.notEqual(run!.cost.rssBytesPerSubscriber, null);
});

test("with a slow subscriber the others miss nothing, and what it misses was dropped", async () => {
  const paced = ["mode=open", "ratePerSecond=2000/s", "payloadBytes=32KiB", "subscribers=2"];
  const slow = ["slowPolicy=drop-head", "maxLength=50", "slowPauseMs=0"];
  const bytes = ["measure.durationMs=2s", "measure.maxBytes=1GiB"];
  const [run] = await smoke("fanout", ...paced, ...slow, ...bytes);
  assert.deepEqual(anomalies(run!), NO_ANOMALY);
  const { published, delivered, dropped } = run!.integrity;
  assert.ok(dropped > 0, "nothing was dropped");
  assert.equal(delivered + dropped, 2 * published);
  assert.equal(run!.latencyUs.response?.count, published);
});
