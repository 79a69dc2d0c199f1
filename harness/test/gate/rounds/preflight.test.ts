import assert from "node:assert/strict";
import { test } from "node:test";
import { preflight } from "../../../src/gate/rounds/preflight.ts";
import { depsFor, planOf } from "./fixture.ts";

const INPUT = { sliceMs: 10, washoutMs: 1, blocks: 30 };

for (const [scenario, driver] of [
  ["megabatch", "kafka"],
  ["publish-confirm", "amqp"],
] as const) {
  test(`a machine is looked at with two sinks, over ${driver}`, async (t) => {
    const deps = await depsFor(t, await planOf(scenario, "smoke", driver));
    const wide = await preflight({ ...INPUT, limit: 1e9 }, deps);
    assert.equal(wide.refusal, null);
    const found = new Map(wide.findings.map(({ name, value }) => [name, value]));
    assert.ok((found.get("cores") ?? 0) >= 1);
    assert.ok((found.get("clock resolution") ?? 0) > 0);
    assert.ok((found.get("loopback noise") ?? 0) > 0);
    const narrow = await preflight({ ...INPUT, limit: 0 }, deps);
    assert.equal(narrow.refusal?.reason, "noise");
    assert.match(
      narrow.refusal?.message ?? "",
      /^two sinks that do nothing differ by \d+\.\d % from round to round/,
    );
  });
}
