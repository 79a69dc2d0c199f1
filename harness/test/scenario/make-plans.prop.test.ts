import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadScenario } from "../../src/scenario/load.ts";
import { makePlans } from "../../src/scenario/make-plans.ts";
import type { Plan } from "../../src/scenario/plan.ts";

const megabatch = await loadScenario("megabatch");
const seed = Date.now() >>> 0;

const requests = fc.record({
  profiles: fc.uniqueArray(fc.constantFrom(...Object.keys(megabatch.profiles)), { minLength: 1 }),
  targets: fc.uniqueArray(fc.constantFrom("reference", "kafka", "external:port=9092", "synthetic"), {
    minLength: 1,
  }),
  repeat: fc.integer({ min: 1, max: 9 }),
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
});

const load = ({ profile, parameters }: Plan) => JSON.stringify([profile, parameters]);

/** Runs that end where the next begins: [repetition, load] in the order of execution. */
function blocks(plans: readonly Plan[]): Plan[][] {
  const found: Plan[][] = [];
  for (const plan of plans) {
    const last = found.at(-1);
    if (last && last[0]!.repetition === plan.repetition && load(last[0]!) === load(plan)) last.push(plan);
    else found.push([plan]);
  }
  return found;
}

test("every target runs every load in every repetition once, and repetitions follow one another", () => {
  fc.assert(
    fc.property(requests, (request) => {
      const plans = makePlans(megabatch, request);
      const names = plans.map((plan) => JSON.stringify([plan.repetition, load(plan), plan.target]));
      assert.equal(new Set(names).size, plans.length);
      const loads = new Set(plans.map(load)).size;
      assert.equal(plans.length, request.repeat * loads * request.targets.length);
      assert.deepEqual(
        plans.map(({ repetition }) => repetition),
        plans.map(({ repetition }) => repetition).sort((a, b) => a - b),
      );
    }),
    { seed },
  );
});

test("targets of one load and repetition are neighbours in time and get the same seed", () => {
  fc.assert(
    fc.property(requests, (request) => {
      for (const block of blocks(makePlans(megabatch, request))) {
        assert.deepEqual(new Set(block.map(({ target }) => target)), new Set(request.targets));
        assert.deepEqual(new Set(block.map(({ seed: used }) => used)).size, 1);
        assert.equal(block[0]!.seed, (request.seed + block[0]!.repetition - 1) >>> 0);
      }
    }),
    { seed },
  );
});

test("over the repetitions every target has every place equally often, give or take one", () => {
  fc.assert(
    fc.property(requests, (request) => {
      const byLoad = Map.groupBy(blocks(makePlans(megabatch, request)), ([first]) => load(first!));
      for (const repetitions of byLoad.values()) {
        for (const target of request.targets) {
          const counts = request.targets.map(
            (_, place) => repetitions.filter((block) => block[place]!.target === target).length,
          );
          assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${target}: ${counts}`);
        }
      }
    }),
    { seed },
  );
});

test("a plan is plain JSON, and the same request makes the same plans", () => {
  fc.assert(
    fc.property(requests, (request) => {
      const plans = makePlans(megabatch, request);
      assert.deepEqual(JSON.parse(JSON.stringify(plans)), plans);
      assert.deepEqual(makePlans(megabatch, request), plans);
    }),
    { seed },
  );
});
