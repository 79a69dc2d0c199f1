import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DeliveryOwner, UnackedDeliveries } from "../../../src/protocols/amqp/unacked-deliveries.ts";

const OWNER = { queue: null, settled: () => {} } as unknown as DeliveryOwner;

type Step =
  | { readonly op: "push"; readonly skipped: number }
  | { readonly op: "take" | "takeThrough"; readonly at: number }
  | { readonly op: "takeAll" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant("push" as const), skipped: fc.nat({ max: 3 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ op: fc.constantFrom("take" as const, "takeThrough" as const), at: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.constant({ op: "takeAll" as const }) },
);

test("what is unsettled agrees with a sorted list, tags with gaps included", () => {
  const property = fc.property(fc.array(step, { maxLength: 400, size: "max" }), (steps) => {
    const unacked = new UnackedDeliveries();
    let model: number[] = [];
    let next = 1;
    for (const one of steps) {
      const taken: number[] = [];
      const visit = (_: DeliveryOwner, position: number, tag: number) => {
        assert.equal(position, tag * 2);
        taken.push(tag);
      };
      if (one.op === "push") {
        next += one.skipped;
        unacked.push(next, OWNER, next * 2);
        model.push(next++);
      } else if (one.op === "takeAll") {
        unacked.takeAll(visit);
        assert.deepEqual(taken, model);
        model = [];
      } else {
        const tag = one.at % (next + 1);
        const isKnown = model.includes(tag);
        assert.equal(unacked.has(tag), isKnown);
        assert.equal(one.op === "take" ? unacked.take(tag, visit) : unacked.takeThrough(tag, visit), isKnown);
        const expected = !isKnown ? [] : one.op === "take" ? [tag] : model.filter((other) => other <= tag);
        assert.deepEqual(taken, expected);
        model = model.filter((other) => !expected.includes(other));
      }
      assert.equal(unacked.count, model.length);
    }
  });
  fc.assert(property, { numRuns: 300 });
});

test("what was taken can be put back in its place", () => {
  const unacked = new UnackedDeliveries();
  for (let tag = 1; tag <= 40; tag++) unacked.push(tag, OWNER, tag);
  unacked.take(7, () => {});
  unacked.take(3, () => {});
  unacked.restore([7, 3], [OWNER, OWNER], [7, 3]);
  const tags: number[] = [];
  unacked.takeAll((_, __, tag) => tags.push(tag));
  assert.deepEqual(
    tags,
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
});

test("one delivery that stays unsettled does not keep the settled ones behind it", () => {
  const unacked = new UnackedDeliveries();
  unacked.push(1, OWNER, 1);
  for (let tag = 2; tag <= 100_000; tag++) {
    unacked.push(tag, OWNER, tag);
    assert.ok(unacked.take(tag, () => {}));
  }
  assert.equal(unacked.count, 1);
  assert.ok(unacked.capacity <= 64, `${unacked.capacity} slots`);
});
