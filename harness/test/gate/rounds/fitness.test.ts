import assert from "node:assert/strict";
import { test } from "node:test";
import { blockEffect, clockResolutionUs, deviationOfRounds } from "../../../src/gate/rounds/fitness.ts";
import type { PlayedSlice } from "../../../src/load/slices.ts";

function slice(side: number, messages: number): PlayedSlice {
  return {
    ...{ side, messages, wallNs: 1e6, cpuNs: null, idleCpuNs: null, samples: 1 },
    ...{ p50: 1, p90: 1, p99: 1, p99_9: 1 },
    ...{ foreignNs: null, stealNs: null, pressureNs: null, generatorCpuNs: 0 },
  };
}

test("the clock's resolution is its smallest step", () => {
  assert.equal(clockResolutionUs([1, 1, 4, 4, 6]), 2);
  assert.equal(clockResolutionUs([5, 5, 5]), null);
});

test("a block's effect is the log-ratio of both sides' geometric means", () => {
  const effect = blockEffect([slice(0, 100), slice(1, 200), slice(1, 200), slice(0, 400)]);
  assert.ok(Math.abs((effect ?? 1) - 0) < 1e-12);
  assert.ok(Math.abs((blockEffect([slice(0, 100), slice(1, 110)]) ?? 0) - Math.log(1.1)) < 1e-12);
  assert.equal(blockEffect([slice(0, 0), slice(1, 1)]), null);
});

test("the deviation of rounds falls with the root of their blocks, and one spoilt block moves it little", () => {
  const effects = [-0.02, -0.01, 0, 0.01, 0.02];
  const expected = (Math.sqrt(Math.PI / 2) * 1.4826 * 0.01) / Math.sqrt(30);
  assert.ok(Math.abs((deviationOfRounds(effects, 30) ?? 0) - expected) < 1e-12);
  assert.ok(Math.abs((deviationOfRounds(effects, 120) ?? 0) - expected / 2) < 1e-12);
  const spoilt = deviationOfRounds([...effects, 5, -0.01, 0.01, 0.005], 30) ?? 1;
  assert.ok(spoilt < 2 * expected);
  assert.equal(deviationOfRounds([0, 0, 0, 0], 30), null);
});
