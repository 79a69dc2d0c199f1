import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseScenarios } from "../../../src/gate/job/gated-scenarios.ts";
import type { Side } from "../../../src/gate/sides/prepare-sides.ts";
import type { Protocol } from "../../../src/targets/target.ts";
import { StartedSides } from "./played-round.ts";

const side = (protocols: readonly Protocol[], ours = true): Side => ({
  ...new StartedSides().side("a"),
  protocols,
  ours,
});
const none = { scenarios: [], profiles: [], set: [] };

test("by default one point of each scenario, over a protocol that all sides speak", async () => {
  const both = side(["kafka", "amqp"]);
  const { scenarios, notes } = await chooseScenarios(none, [both, both]);
  assert.deepEqual(
    scenarios.map(({ name, protocol, plan }) => [name, protocol, plan.profile]),
    [
      ["megabatch", "kafka", "standard"],
      ["publish-confirm", "amqp", "persistent"],
    ],
  );
  const [log, queue] = scenarios.map(({ plan }) => plan.parameters as Readonly<Record<string, unknown>>);
  assert.deepEqual([log?.acks, log?.codec, queue?.confirmWindow], [1, "lz4", 100]);
  assert.deepEqual(notes, []);
});

test("defaults that a side does not speak are left out with a note; asked for, they are a usage error", async () => {
  const kafka = [side(["kafka"]), side(["kafka", "amqp"])];
  const chosen = await chooseScenarios(none, kafka);
  assert.deepEqual(
    chosen.scenarios.map(({ name, protocol }) => [name, protocol]),
    [
      ["megabatch", "kafka"],
      ["publish-confirm", "kafka"],
    ],
  );
  const amqp = [side(["amqp"]), side(["amqp"])];
  const { scenarios, notes } = await chooseScenarios(none, amqp);
  assert.deepEqual(
    scenarios.map(({ name }) => name),
    ["publish-confirm"],
  );
  assert.match(notes.join(), /^without megabatch: not all sides speak .* \(kafka\)$/);
  await assert.rejects(chooseScenarios({ ...none, scenarios: ["megabatch"] }, amqp), { code: "USAGE" });
  await assert.rejects(chooseScenarios(none, [side(["kafka"]), side(["amqp"])]), {
    code: "USAGE",
    message: /no scenario is left/,
  });
});

test("a profile is part of the name, and --set goes over what is gated by default", async () => {
  const sides = [side(["kafka", "amqp"]), side(["kafka", "amqp"])];
  const request = { scenarios: ["megabatch"], profiles: ["megabatch", "single"], set: ["acks=all"] };
  const { scenarios } = await chooseScenarios(request, sides);
  assert.deepEqual(
    scenarios.map(({ name, plan }) => [name, (plan.parameters as { acks?: unknown }).acks]),
    [
      ["megabatch:megabatch", "all"],
      ["megabatch:single", "all"],
    ],
  );
});

test("what cannot be gated, and what is several points, is a usage error that says what to do", async () => {
  const sides = [side(["kafka", "amqp"]), side(["kafka", "amqp"])];
  const choose = (scenario: string, profile: string, ...set: string[]) =>
    chooseScenarios({ scenarios: [scenario], profiles: [profile], set }, sides);
  await assert.rejects(choose("megabatch", "paced"), { code: "USAGE", message: /paced/ });
  await assert.rejects(choose("megabatch", "standard", "acks=0"), { code: "USAGE", message: /acks 0/ });
  await assert.rejects(choose("work-queue", "persistent"), { code: "USAGE" });
  await assert.rejects(choose("megabach", "standard"), { code: "USAGE", message: /did you mean megabatch/ });
});

test("of brokers that run elsewhere neither CPU nor memory is measured", async () => {
  const sides = [side(["kafka", "amqp"]), side(["kafka", "amqp"], false)];
  const { scenarios } = await chooseScenarios(none, sides);
  for (const { metrics } of scenarios) {
    assert.ok(metrics.includes("throughput"));
    for (const name of ["cpuPerMessage", "memory", "idleCpu"] as const) assert.ok(!metrics.includes(name));
  }
});
