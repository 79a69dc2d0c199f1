import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { HarnessError } from "../../src/errors.ts";
import { MIN_VALUE_BYTES } from "../../src/integrity/message.ts";
import { loadScenario, SCENARIO_DIRECTORY, scenarioNames } from "../../src/scenario/load.ts";
import { LEAST_PAYLOAD_BYTES } from "../../src/scenario/log-load.ts";
import { makePlans } from "../../src/scenario/make-plans.ts";
import { scenarioJsonSchema } from "../../src/scenario/schema.ts";

const names = await scenarioNames();

test("there are scenarios", () =>
  assert.deepEqual(names, [
    "backlog-drain",
    "connections",
    "fanout",
    "http-ingest",
    "latency",
    "megabatch",
    "memory-paging",
    "publish-confirm",
    "recovery",
    "ttl-storm",
    "work-queue",
  ]));

for (const name of names) {
  test(`${name}: every profile can be planned, smoke takes seconds, editors find the schema`, async () => {
    const scenario = await loadScenario(name);
    for (const profile of Object.keys(scenario.profiles)) {
      for (const quick of [false, true])
        assert.ok(makePlans(scenario, { profiles: [profile], quick }).length > 0);
    }
    const smoke = makePlans(scenario, { profiles: ["smoke"] });
    const loadMs = smoke.reduce(
      (sum, { phases }) => sum + phases.warmup.maxMs + phases.measure.durationMs,
      0,
    );
    assert.ok(loadMs <= 5000, `${loadMs} ms`);
    const text = await readFile(join(SCENARIO_DIRECTORY, `${name}.yaml`), "utf8");
    assert.match(text, /^# yaml-language-server: \$schema=\.\/schema\.json\n/);
  });
}

test("scenarios/schema.json is what the fields say now (brokermark schema > scenarios/schema.json)", async () => {
  const kept = JSON.parse(await readFile(join(SCENARIO_DIRECTORY, "schema.json"), "utf8"));
  assert.deepEqual(kept, JSON.parse(JSON.stringify(scenarioJsonSchema())));
});

test("an unknown scenario is refused with the nearest name, a missing file with its path", async () => {
  const usage = (message: RegExp) => (error: unknown) =>
    error instanceof HarnessError && error.code === "USAGE" && message.test(error.message);
  await assert.rejects(loadScenario("megabach"), usage(/did you mean megabatch\?/));
  await assert.rejects(loadScenario("/nonexistent/x.yaml"), usage(/\/nonexistent\/x\.yaml: ENOENT/));
});

test("scenarios/README.md names every file and every field", async () => {
  const readme = await readFile(join(SCENARIO_DIRECTORY, "README.md"), "utf8");
  const { expectations, schemaOfWorkload } = await import("../../src/scenario/schema.ts");
  const { phaseFields } = await import("../../src/scenario/phases.ts");
  const { WORKLOAD_NAMES, WORKLOADS } = await import("../../src/scenario/workloads.ts");
  const ofWorkloads = WORKLOAD_NAMES.flatMap((name) => [
    name,
    ...Object.keys(schemaOfWorkload(name).shape),
    ...Object.keys(WORKLOADS[name].parameters.shape),
  ]);
  const fields = [phaseFields, expectations].flatMap((schema) => Object.keys(schema.shape));
  const inPhases = Object.values(phaseFields.shape).flatMap((phase) => Object.keys(phase.shape));
  for (const word of [...ofWorkloads, ...fields, ...inPhases, ...names.map((name) => `${name}.yaml`)]) {
    assert.ok(readme.includes(`\`${word}\``), `${word} is not in scenarios/README.md`);
  }
});

test("the least payload is what a message needs to carry its identity", () => {
  assert.equal(LEAST_PAYLOAD_BYTES, MIN_VALUE_BYTES);
});
