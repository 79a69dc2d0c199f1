import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_RULES } from "../../../src/gate/default-rules.ts";
import { durationMs, judgingRules } from "../../../src/gate/job/judging-options.ts";

test("without options the rules are the default ones", () => {
  assert.deepEqual(judgingRules({ limits: [] }), DEFAULT_RULES);
});

test("shares are written in percent or as fractions", () => {
  const rules = judgingRules({ alpha: "0.5%", indifference: "0", limits: ["p99=30%", "memory=0.1"] });
  assert.equal(rules.alphaJob, 0.005);
  assert.equal(rules.indifference, 0);
  assert.deepEqual(rules.limits, { p99: 0.3, memory: 0.1 });
});

test("what is no share, no metric or no duration is a usage error that says what is expected", () => {
  const mistakes: [() => unknown, RegExp][] = [
    [() => judgingRules({ alpha: "0", limits: [] }), /--alpha 0|--alpha: expected a share/],
    [() => judgingRules({ alpha: "60%", limits: [] }), /expected a share up to 0\.5/],
    [() => judgingRules({ indifference: "-1%", limits: [] }), /--indifference/],
    [() => judgingRules({ limits: ["p99"] }), /expected metric=share/],
    [() => judgingRules({ limits: ["p99=0"] }), /expected a share/],
    [() => judgingRules({ limits: ["p99=x"] }), /expected a share/],
    [() => judgingRules({ limits: ["trougput=5%"] }), /no metric is called trougput/],
    [() => judgingRules({ limits: ["p50=5%"] }), /p50 is advisory/],
    [() => durationMs("3", "--max-time"), /--max-time 3: expected a duration/],
    [() => durationMs("0s", "--max-time"), /expected a duration/],
  ];
  for (const [make, message] of mistakes) assert.throws(make, { code: "USAGE", message });
  assert.throws(() => judgingRules({ limits: ["trougput=5%"] }), { hint: /did you mean throughput\?/ });
  assert.equal(durationMs("3min", "--max-time"), 180_000);
});
