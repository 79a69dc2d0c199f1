import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { benjaminiHochberg } from "../../../src/gate/statistics/benjamini-hochberg.ts";
import { holm } from "../../../src/gate/statistics/holm.ts";

test("Holm steps down, Benjamini and Hochberg step up", () => {
  // Benjamini and Hochberg 1995, section 4: fifteen p-values; Bonferroni rejects 3, their procedure 4.
  const published = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
    0.759, 1,
  ];
  assert.equal(benjaminiHochberg(published, 0.05).filter(Boolean).length, 4);
  assert.equal(holm(published, 0.05).filter(Boolean).length, 3);
  assert.deepEqual(holm([0.04, 0.01, 0.03], 0.05), [false, true, false]);
  assert.deepEqual(benjaminiHochberg([0.05, 0.05], 0.05), [true, true]);
  assert.deepEqual(holm([], 0.05), []);
});

test("Holm rejects all that Bonferroni does, and nothing that Benjamini and Hochberg do not", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (pValues) => {
      const [stepDown, stepUp] = [holm(pValues, 0.1), benjaminiHochberg(pValues, 0.1)];
      for (const [index, p] of pValues.entries()) {
        assert.ok(stepDown[index] || p > 0.1 / pValues.length);
        assert.ok(!stepDown[index] || stepUp[index]);
      }
    }),
  );
});
