import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { SCENARIO_DIRECTORY } from "../../src/scenario/load.ts";
import { makePlans } from "../../src/scenario/make-plans.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { ScenarioError } from "../../src/scenario/problems.ts";

const seed = Date.now() >>> 0;
const shipped = await readFile(join(SCENARIO_DIRECTORY, "megabatch.yaml"), "utf8");

const edits = fc.array(
  fc.record({
    at: fc.nat(shipped.length),
    remove: fc.nat(12),
    insert: fc.oneof(
      fc.constantFrom("", ":", "-", "[", "}", "\n", "  ", "null", "*a", "&a ", "0", "? ", "!!binary "),
      fc.string({ maxLength: 6 }),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

test("a spoilt scenario is planned or refused with places inside it, and nothing else happens", () => {
  fc.assert(
    fc.property(edits, (changes) => {
      const text = changes.reduce(
        (sofar, { at, remove, insert }) => sofar.slice(0, at) + insert + sofar.slice(at + remove),
        shipped,
      );
      try {
        assert.ok(makePlans(parseScenario(text, "x.yaml")).length > 0);
      } catch (error) {
        assert.ok(error instanceof ScenarioError, String((error as Error).stack));
        const lines = text.split("\n").length;
        for (const { line, column } of error.problems) assert.ok(line >= 1 && line <= lines && column >= 1);
      }
    }),
    { seed, numRuns: 400 },
  );
});
