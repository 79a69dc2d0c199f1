import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_RULES } from "../../../src/gate/default-rules.ts";
import { decideEffects } from "../../../src/gate/proof/decide-effects.ts";
import { NOISE_NAMES, noiseFrom } from "../../../src/gate/proof/noise.ts";
import { SMALL_GRID, simulateCell } from "../../../src/gate/proof/simulate.ts";
import { deviation, median } from "../../../src/gate/statistics/moments.ts";
import { seededUniform } from "../../../src/gate/statistics/seeded-generator.ts";

const SEED = "npm test";
const JOBS = 400;

test("whatever the noise, jobs without an effect raise hardly an alarm, and as few improvements", () => {
  for (const cell of SMALL_GRID.filter(({ effect }) => effect === 0)) {
    const { regress, improved, jobs } = simulateCell(cell, JOBS, DEFAULT_RULES, SEED);
    // At a rate of 1 % at most, 4 of 400 are expected and 11 or more come in 0.3 % of such tables; the seed is fixed.
    assert.equal(jobs, JOBS);
    assert.ok(regress.hits <= 10 && improved.hits <= 10, `${cell.noise}: ${regress.hits}, ${improved.hits}`);
  }
});

test("an effect as large as the limit is found under noise of 2 %, and hardly ever passes under any", () => {
  for (const cell of SMALL_GRID.filter(({ effect }) => effect === 0.05)) {
    const { regress, pass } = simulateCell(cell, JOBS, DEFAULT_RULES, SEED);
    if (cell.noise === "normal") assert.ok(regress.hits >= 0.95 * JOBS, `${cell.noise}: ${regress.hits}`);
    assert.ok(pass.hits <= 0.06 * JOBS, `${cell.noise}: ${pass.hits} passed`);
  }
});

test("equal seeds give equal tables", () => {
  const [cell] = SMALL_GRID;
  const play = (seed: string) => JSON.stringify(simulateCell(cell!, 50, DEFAULT_RULES, seed));
  assert.equal(play("a"), play("a"));
});

test("noise is as wide as asked for", () => {
  for (const name of NOISE_NAMES) {
    const draw = noiseFrom(name, 0.02, seededUniform(`width ${name}`));
    const values = Array.from({ length: 20_000 }, draw);
    if (name === "t3") {
      // Its fourth moment has no end, so its deviation tells little: half of |t| lie below 0.7649, scaled by its deviation.
      const middle = median(values.map(Math.abs));
      assert.ok(Math.abs(middle / ((0.02 * 0.7649) / Math.sqrt(3)) - 1) < 0.05, `${middle}`);
      continue;
    }
    const expected = name === "contaminated" ? 0.02 * Math.sqrt(0.9 + 0.1 * 36) : 0.02;
    assert.ok(Math.abs(deviation(values)! / expected - 1) < 0.15, `${name}: ${deviation(values)}`);
  }
});

test("a job of effects ends at a proven regression, or when all pass", () => {
  const flat = Array.from({ length: 30 }, (_, round) => (round % 3) * 0.001 - 0.001);
  const worse = flat.map((value) => value + 0.1);
  const series = [
    { effects: worse, limit: 0.05 },
    { effects: flat, limit: 0.05 },
  ];
  assert.deepEqual(decideEffects(series, DEFAULT_RULES), {
    verdict: "regress",
    rounds: 12,
    worse: [true, false],
  });
  assert.deepEqual(decideEffects([series[1]!], DEFAULT_RULES), {
    verdict: "pass",
    rounds: 6,
    worse: [false],
  });
  assert.equal(decideEffects([], DEFAULT_RULES).verdict, "inconclusive");
  assert.equal(
    decideEffects([{ effects: flat.slice(0, 5), limit: 0.05 }], DEFAULT_RULES).verdict,
    "inconclusive",
  );
});
