import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULT_RULES } from "../../../src/gate/default-rules.ts";
import { detectableEffect, roundsNeeded } from "../../../src/gate/judge/detectable.ts";
import { planLooks } from "../../../src/gate/judge/look-plan.ts";
import { testSequentially } from "../../../src/gate/judge/sequential-test.ts";
import { isUnstable } from "../../../src/gate/judge/stability.ts";
import { normalFrom } from "../../../src/gate/proof/noise.ts";
import { seededUniform } from "../../../src/gate/statistics/seeded-generator.ts";

const FIVE_PERCENT = { limit: Math.log1p(0.05), indifference: 0 };

function effectsWith(
  seed: string,
  { centre, spread, rounds = 30 }: { centre: number; spread: number; rounds?: number },
) {
  const normal = normalFrom(seededUniform(seed));
  return Array.from({ length: rounds }, () => centre + spread * normal());
}

test("alpha is spent once over the looks that can reject, and none at the others", () => {
  for (const hypotheses of [1, 5, 8, 10, 20, 40]) {
    const { alpha, first, looks } = planLooks(DEFAULT_RULES, hypotheses);
    assert.equal(alpha, 0.01 / hypotheses);
    const spent = looks.reduce((sum, { share }) => sum + share, 0);
    assert.ok(Math.abs(spent - 1) < 1e-12);
    for (const { rounds, share } of looks) {
      if (share > 0) assert.ok(2 ** -rounds / share <= alpha, `${rounds} rounds cannot reject`);
      assert.equal(share > 0, rounds >= first);
    }
  }
  assert.equal(planLooks(DEFAULT_RULES, 1).first, 10);
  assert.equal(planLooks(DEFAULT_RULES, 10).first, 14);
  const never = planLooks({ ...DEFAULT_RULES, looks: [3, 5] }, 1);
  assert.deepEqual([never.first, never.looks[1]!.share], [Infinity, 0]);
});

test("neither a p-value nor the upper bound ever grows with more rounds; swapping sides mirrors all", () => {
  const plan = planLooks(DEFAULT_RULES, 4);
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: -0.1, max: 0.1, noNaN: true }), (seed, centre) => {
      const effects = effectsWith(String(seed), { centre, spread: 0.03 });
      let before = testSequentially([], FIVE_PERCENT, plan);
      for (let rounds = 1; rounds <= effects.length; rounds++) {
        const seen = effects.slice(0, rounds);
        const now = testSequentially(seen, FIVE_PERCENT, plan);
        assert.ok(now.pWorse <= before.pWorse && now.upperBound <= before.upperBound);
        const mirrored = testSequentially(
          seen.map((value) => -value),
          FIVE_PERCENT,
          plan,
        );
        assert.equal(mirrored.pBetter, now.pWorse);
        assert.ok(Math.abs(mirrored.lowerBound + now.upperBound) < 1e-12 || now.upperBound === Infinity);
        before = now;
      }
    }),
    { numRuns: 40 },
  );
});

test("bounds and p-values are those worked out by hand for six and ten rounds", () => {
  const plan = planLooks({ ...DEFAULT_RULES, looks: [6, 10] }, 1);
  const six = testSequentially([-0.01, 0, 0.01, -0.005, 0.005, 0.012], FIVE_PERCENT, plan);
  // Mean 0.002; deviation 0.0086023; t(0.99, 5) = 3.36493.
  assert.equal(six.upperBound.toFixed(5), (0.002 + (3.36493 * 0.0086023) / Math.sqrt(6)).toFixed(5));
  assert.equal(six.pWorse, 1);
  assert.equal(six.passed, true);
  const worse = Array.from({ length: 10 }, (_, index) => 0.08 + index / 1000);
  const ten = testSequentially(worse, FIVE_PERCENT, plan);
  assert.deepEqual([ten.pWorse, ten.passed], [2 ** -10, false]);
});

test("a trend or two modes further apart than the limit withhold a pass, noise does not", () => {
  assert.equal(isUnstable(effectsWith("steady", { centre: 0, spread: 0.02 }), 0.05), false);
  assert.equal(
    isUnstable(
      effectsWith("trend", { centre: 0, spread: 0.004 }).map((value, round) => value + round / 500),
      0.05,
    ),
    true,
  );
  const modes = effectsWith("modes", { centre: 0, spread: 0.004 }).map(
    (value, round) => value + (round % 2) * 0.06,
  );
  assert.equal(isUnstable(modes, 0.05), true);
  assert.equal(isUnstable(modes, 0.1), false);
  assert.equal(isUnstable(modes.slice(0, 9), 0.05), false);
  const plan = planLooks({ ...DEFAULT_RULES, looks: [30] }, 1);
  const [low, wide] = [modes.map((value) => value - 0.03), { limit: 0.055, indifference: 0 }];
  const { upperBound, passed, unstable } = testSequentially(low, wide, plan);
  assert.deepEqual([upperBound < wide.limit, passed, unstable], [true, false, true]);
});

test("of jobs with one steady mode, at most one in fifty seems unstable at a look", () => {
  let seemed = 0;
  for (let job = 0; job < 1000; job++) {
    const rounds = [10, 14, 20, 30][job % 4]!;
    if (isUnstable(effectsWith(`steady ${job}`, { centre: 0, spread: 0.03, rounds }), 0.05)) seemed += 1;
  }
  assert.ok(seemed <= 20, `${seemed} of 1000`);
});

test("what could have been detected shrinks with rounds and grows with noise, and planning agrees with it", () => {
  const effects = effectsWith("plan", { centre: 0, spread: 0.02 });
  const [few, many] = [effects.slice(0, 10), effects];
  assert.ok(detectableEffect(few, 0.001, 0)! > detectableEffect(many, 0.001, 0)!);
  assert.ok(detectableEffect(many, 0.001, 0.01)! > detectableEffect(many, 0.001, 0)!);
  assert.equal(detectableEffect([0.1], 0.001, 0), null);
  const limit = detectableEffect(many, 0.001, 0)!;
  assert.equal(roundsNeeded(many, 0.001, { limit: limit * 1.000001, indifference: 0 }), 30);
  assert.equal(roundsNeeded(many, 0.001, { limit: 0.01, indifference: 0.02 }), Infinity);
});
