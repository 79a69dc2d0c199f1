/** Held connections on the reference broker: what must hold on every machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { anomalies, BRIEF, figure, NO_ANOMALY, smoke, stages } from "./smoke.ts";

test("over both protocols all are held, measured, and closed, and what the active sent arrived", async () => {
  const few = ["connections=40", "active=4", "idleMs=200ms"];
  const runs = await smoke("connections", BRIEF, ...few);
  assert.deepEqual(
    runs.map(({ protocol }) => protocol),
    ["amqp", "kafka"],
  );
  for (const run of runs) {
    assert.deepEqual(anomalies(run), NO_ANOMALY);
    assert.equal(run.integrity.delivered, run.integrity.confirmed);
    assert.equal(figure(run, "held"), 40);
    assert.ok(figure(run, "acceptRate")! > 0);
    assert.ok(figure(run, "activeP50")! > 0);
    assert.deepEqual(stages(run), [
      "bare sockets",
      "no connections",
      "opening",
      "warm-up",
      "all idle",
      "some active",
      "closing",
    ]);
    if (process.platform === "linux") assert.notEqual(figure(run, "rssPerConnection"), null);
  }
});
