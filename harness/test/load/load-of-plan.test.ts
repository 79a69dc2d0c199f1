import assert from "node:assert/strict";
import { test } from "node:test";
import { loadOf } from "../../src/load/load-of-plan.ts";
import { isSlow, queuesOf } from "../../src/load/queue-load.ts";
import { loadScenario } from "../../src/scenario/load.ts";
import { makePlans } from "../../src/scenario/make-plans.ts";
import type { SteadyPlan } from "../../src/scenario/plan.ts";

async function loadsOf(scenario: string, ...set: string[]) {
  const plans = makePlans(await loadScenario(scenario), { profiles: ["smoke"], set });
  return plans.map((plan) => loadOf(plan as SteadyPlan));
}

test("a fan-out is a queue for each subscriber, or a reader of every partition", async () => {
  const [queues] = await loadsOf("fanout", "subscribers=3", "topics=2");
  assert.ok(queues?.kind === "queues");
  assert.deepEqual(
    [queues.parameters.queues, queues.parameters.topics, queues.parameters.prefetch],
    [3, 2, 0],
  );
  assert.deepEqual(queuesOf(queues.parameters, 0), [0, 1, 2]);
  const [log] = await loadsOf("fanout", "subscribers=3", "topics=2", "driver=kafka", "persistent=true");
  assert.ok(log?.kind === "log");
  assert.deepEqual([log.readers, log.parameters.producers, log.parameters.partitions], [3, 2, 2]);
  for (const load of [queues, log]) {
    assert.deepEqual([load.readsAlong, load.endsWithDelivery, load.deliveriesPerMessage], [true, true, 3]);
  }
});

test("only the last subscriber is slow, under a policy of its own", async () => {
  const [load] = await loadsOf(
    "fanout",
    "subscribers=3",
    "slowPolicy=drop-head",
    "maxLength=5",
    "slowPauseMs=1s",
  );
  assert.ok(load?.kind === "queues");
  assert.deepEqual(load.parameters.slow, { policy: "drop-head", maxLength: 5, pauseMs: 1000 });
  assert.deepEqual(
    [0, 1, 2].map((queue) => isSlow(load.parameters, queue)),
    [false, false, true],
  );
});

test("the confirm window is messages: on a log as many batches as it holds", async () => {
  const inFlight = async (...set: string[]) => {
    const [load] = await loadsOf("publish-confirm", "driver=kafka", ...set);
    assert.ok(load?.kind === "log");
    const { batchBytes, maxInFlight, acks } = load.parameters;
    assert.equal(acks, "all");
    return [batchBytes, maxInFlight];
  };
  assert.deepEqual(await inFlight("confirmWindow=1"), [61 + 1038, 1]);
  assert.deepEqual(await inFlight("confirmWindow=100", "batchBytes=1200B"), [1200, 100]);
  assert.deepEqual(await inFlight("confirmWindow=100"), [16_384, 6]);
  assert.deepEqual(await inFlight("confirmWindow=5000", "batchBytes=1200B"), [1200, 1000]);
});

test("publishers of a work queue write to one queue each", async () => {
  const [load] = await loadsOf("work-queue", "publishers=4", "queues=2");
  assert.ok(load?.kind === "queues");
  assert.deepEqual(
    [0, 1, 2, 3].map((producer) => queuesOf(load.parameters, producer)),
    [[0], [1], [0], [1]],
  );
  assert.equal(load.parameters.consumersPerQueue, 4);
});
