import assert from "node:assert/strict";
import { test } from "node:test";
import { requireGateable } from "../../../src/gate/rounds/gateable.ts";
import { planScenarios } from "../../../src/run/plan-scenarios.ts";
import type { Plan } from "../../../src/scenario/plan.ts";
import { planOf } from "./fixture.ts";

function refusal(plan: Plan): string | null {
  try {
    requireGateable(plan);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test("what ends with a confirmation in closed loop can be gated, over either protocol", async () => {
  for (const [scenario, profile, driver] of [
    ["publish-confirm", "persistent", "amqp"],
    ["publish-confirm", "persistent", "kafka"],
    ["megabatch", "single", "kafka"],
  ] as const) {
    const plan = await planOf(scenario, profile, driver, scenario === "megabatch" ? ["acks=all"] : []);
    assert.equal(refusal(plan), null);
  }
});

test("everything else is refused with the reason and with what can be", async () => {
  const expected: readonly (readonly [string, string, RegExp])[] = [
    ["megabatch", "paced", /it is paced/],
    ["work-queue", "persistent", /workload work-queue does not end with the broker's confirmation/],
    ["fanout", "", /workload fanout does not end/],
    ["ttl-storm", "", /workload ttl-storm does not end/],
  ];
  for (const [scenario, profile, words] of expected) {
    const plans = await planScenarios([scenario], profile === "" ? {} : { profiles: [profile] });
    assert.ok(plans.length > 0);
    for (const plan of plans) assert.match(refusal(plan) ?? "", words);
  }
  const acks0 = await planOf("megabatch", "single", "kafka", ["acks=0"]);
  assert.throws(() => requireGateable(acks0), {
    code: "USAGE",
    message: /with acks 0 nothing is confirmed/,
    hint: /publish-confirm/,
  });
});
