import assert from "node:assert/strict";
import { test } from "node:test";
import { HarnessError } from "../../src/errors.ts";
import { loadScenario } from "../../src/scenario/load.ts";
import { makePlans, type PlanRequest } from "../../src/scenario/make-plans.ts";
import type { LogLoadPlan } from "../../src/scenario/plan.ts";

const megabatch = await loadScenario("megabatch");

/** Plans of megabatch, whose workload is log-load. */
const logPlans = (request: PlanRequest = {}) => makePlans(megabatch, request) as LogLoadPlan[];

const refusal = (request: PlanRequest) => {
  try {
    makePlans(megabatch, request);
  } catch (error) {
    assert.ok(error instanceof HarnessError, String(error));
    return `${error.code} ${error.message}`;
  }
  throw new Error("was accepted");
};

test("the seed's configurations are the profiles of megabatch", () => {
  const shapes = ["megabatch", "ultrabatch", "standard", "single"].map((profile) => {
    const plans = logPlans({ profiles: [profile] });
    const { batchBytes, producers, partitions, maxInFlight, payloadBytes } = plans[0]!.parameters;
    const sweep = plans.map(({ parameters: { codec, acks } }) => `${codec} ${acks}`);
    assert.deepEqual(sweep, ["lz4 0", "lz4 1", "lz4 all", "none 1"]);
    assert.ok(plans.every(({ mode, parameters }) => mode === "closed" && parameters.ratePerSecond === null));
    return [batchBytes, producers, partitions, maxInFlight, payloadBytes];
  });
  assert.deepEqual(shapes, [
    [1_048_576, 8, 8, 100, 100],
    [524_288, 4, 4, 100, 100],
    [16_384, 4, 4, 5, 100],
    [1024, 1, 1, 5, 100],
  ]);
});

test("without --profile every profile runs but smoke", () => {
  const profiles = new Set(logPlans().map(({ profile }) => profile));
  assert.deepEqual([...profiles], ["megabatch", "ultrabatch", "standard", "single", "paced"]);
});

test("what npm start runs is two short plans under names of their own", () => {
  const plans = logPlans({ profiles: ["megabatch", "standard"], quick: true });
  assert.deepEqual(
    plans.map(({ profile, target, parameters: { acks, codec, batchBytes } }) => [
      profile,
      target,
      acks,
      codec,
      batchBytes,
    ]),
    [
      ["megabatch-quick", "reference", 1, "lz4", 1_048_576],
      ["standard-quick", "reference", 1, "lz4", 16_384],
    ],
  );
  const longest = plans.map(({ phases }) => phases.warmup.maxMs + phases.measure.durationMs);
  assert.ok(longest.reduce((sum, ms) => sum + ms, 0) <= 50_000);
});

test("--set wins over base, profile, quick and sweep, and points that come out alike are one", () => {
  const plans = logPlans({
    profiles: ["standard"],
    set: [
      "acks=all",
      "payloadBytes=1KiB",
      "measure.durationMs=5s",
      "expect.lost=2",
      "durability=fsync",
      "driver=null",
    ],
  });
  assert.deepEqual(
    plans.map(({ parameters: { codec, acks } }) => `${codec} ${acks}`),
    ["lz4 all", "none all"],
  );
  const [plan] = plans;
  assert.equal(plan!.parameters.payloadBytes, 1024);
  assert.equal(plan!.phases.measure.durationMs, 5000);
  assert.equal(plan!.phases.warmup.minMs, 2000);
  assert.deepEqual([plan!.expect.lost, plan!.durability, plan!.driver], [2, "fsync", "null"]);
});

test("a closed profile becomes an open one by --set", () => {
  const [plan] = logPlans({ profiles: ["smoke"], set: ["mode=open", "ratePerSecond=5000/s"] });
  assert.deepEqual([plan!.mode, plan!.parameters.ratePerSecond], ["open", 5000]);
});

test("mistakes in a request are refused with what was meant", () => {
  assert.match(refusal({ profiles: ["megabach"] }), /^USAGE .*no profile megabach; did you mean megabatch\?/);
  assert.match(refusal({ set: ["maxInflight=3"] }), /^USAGE .*did you mean maxInFlight\?/);
  assert.match(refusal({ set: ["codec=lz5"] }), /^USAGE --set codec: expected none, .*; did you mean lz4\?/);
  assert.match(refusal({ set: ["payloadBytes=2KB"] }), /^USAGE .*expected a size such as 100B/);
  assert.match(refusal({ set: ["acks"] }), /^USAGE .*expected key=value/);
  assert.match(refusal({ set: ["driver=kafkajs"] }), /^SCENARIO_INVALID .*kafkajs brings no codec lz4/);
  assert.match(refusal({ set: ["idempotent=true"] }), /^SCENARIO_INVALID megabatch .* acks all, not 0/);
});

test("each target is run with every driver whose protocol it speaks", async () => {
  const scenario = await loadScenario("publish-confirm");
  const speaks = (target: string, protocol: string) =>
    target === "reference" || (target === "kafka") === (protocol === "kafka");
  const plans = makePlans(scenario, { profiles: ["unbatched"], set: ["confirmWindow=1"], speaks });
  assert.deepEqual(
    plans.map(({ target, driver, protocol }) => `${target} ${driver} ${protocol}`),
    ["reference amqp amqp", "reference kafka kafka", "rabbitmq amqp amqp", "kafka kafka kafka"],
  );
});

test("what queues cannot carry is refused before anything starts", async () => {
  const refused = async (name: string, ...set: string[]) => {
    const scenario = await loadScenario(name);
    assert.throws(
      () => makePlans(scenario, { profiles: ["smoke"], set }),
      (error: unknown) => error instanceof HarnessError && error.code === "SCENARIO_INVALID",
      set.join(" "),
    );
  };
  await refused("fanout", "driver=kafka");
  await refused("fanout", "driver=kafka", "persistent=true", "slowPolicy=drop-head");
  await refused("fanout", "slowPolicy=drop-head", "subscribers=1");
  await refused("work-queue", "ackEvery=101");
  await refused("work-queue", "queues=2");
  await refused("publish-confirm", "confirmWindow=100000", "payloadBytes=64KiB");
});

test("a storm or a paged queue that could not be what it says is refused", async () => {
  const refused = async (name: string, ...set: string[]) => {
    const scenario = await loadScenario(name);
    assert.throws(
      () => makePlans(scenario, { profiles: ["smoke"], set }),
      { code: "SCENARIO_INVALID" },
      name,
    );
  };
  await refused("ttl-storm", "leadMs=1s", "calmMs=1s");
  await refused("ttl-storm", "due=spread", "spreadMs=0");
  await refused("ttl-storm", "mode=closed", "ratePerSecond=null");
  await refused("memory-paging", "ackEvery=100", "prefetch=10");
  await refused("memory-paging", "messages=1000000000");
});
