/** publish-confirm and work-queue on the reference broker: what must hold on every machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Workplace } from "./cli.ts";
import { anomalies, BRIEF, NO_ANOMALY, smokeIn } from "./smoke.ts";

test("one session of two scenarios, over both protocols: every message is read back", async () => {
  await using place = await Workplace.make();
  const runs = await smokeIn(place, ["publish-confirm", "work-queue"], { set: [BRIEF] });
  assert.deepEqual(
    runs.map(({ scenario, protocol }) => `${scenario} ${protocol}`),
    ["publish-confirm amqp", "work-queue amqp", "publish-confirm kafka"],
  );
  for (const run of runs) {
    assert.deepEqual(anomalies(run), NO_ANOMALY);
    const { published, confirmed, delivered } = run.integrity;
    // Four consumers share a work queue's messages and acknowledge all of them.
    assert.equal(delivered, run.scenario === "work-queue" ? published : confirmed);
  }
});
