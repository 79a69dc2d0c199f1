import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Outstanding } from "../../src/load-processes/outstanding.ts";

test("outstanding batches are kept as a map keeps them", () => {
  const step = fc.record({ take: fc.boolean(), pick: fc.nat() });
  fc.assert(
    fc.property(fc.nat({ max: 1000 }), fc.array(step, { maxLength: 400 }), (first, steps) => {
      const outstanding = new Outstanding();
      const model = new Map<number, number>();
      let next = first;
      for (const { take, pick } of steps) {
        if (take) {
          const sequence = first + (pick % (next - first + 1));
          assert.equal(outstanding.take(sequence), model.get(sequence));
          model.delete(sequence);
        } else {
          outstanding.add(next, next + 0.5);
          model.set(next, next + 0.5);
          next++;
        }
        assert.equal(outstanding.size, model.size);
      }
      assert.deepEqual(outstanding.sequences(), [...model.keys()]);
    }),
  );
});
