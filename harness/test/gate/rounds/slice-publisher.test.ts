import assert from "node:assert/strict";
import { test } from "node:test";
import { prepareProducers } from "../../../src/drivers/index.ts";
import { KafkaAdmin } from "../../../src/drivers/kafka/admin.ts";
import { SlicePublisher } from "../../../src/load-processes/slice-publisher.ts";
import { loadOf } from "../../../src/load/load-of-plan.ts";
import { nowUs } from "../../../src/measure/clock.ts";
import { assignmentOf } from "../../../src/run/assignment.ts";
import { requireGateable } from "../../../src/gate/rounds/gateable.ts";
import { planOf, startSide } from "./fixture.ts";

test("a slice in which the process stood still before its first message has messages all the same", async (t) => {
  const plan = await planOf("publish-confirm", "smoke", "kafka");
  requireGateable(plan);
  const { endpoint } = await startSide(t, plan, { name: "null" });
  {
    await using admin = await KafkaAdmin.connect(endpoint);
    await admin.createTopic("stalled", 1);
  }
  const { driver, seed } = plan;
  const prepare = assignmentOf(loadOf(plan), driver, {
    type: "prepare",
    ...{ endpoint, topic: "stalled", seed, runId: 1 },
  }).publisher(0, 1);
  const { open } = await prepareProducers(prepare);
  // Each reading of the clock finds that 200 ms have gone by.
  let stalledUs = 0;
  const publisher = new SlicePublisher(() => nowUs() + (stalledUs += 200e3));
  t.after(() => publisher.close());
  await publisher.open(prepare.producers, { destinations: 1, maxBytes: 1e6 }, open);
  const { messages } = await publisher.play(100);
  assert.ok(messages > 0);
  assert.equal(messages, publisher.published);
});
