import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SequenceHeap } from "../../../../src/engines/queues/queue/sequence-heap.ts";

/** null: take the lowest; else add this. */
const steps = fc.array(fc.option(fc.nat(1000), { freq: 2 }), { maxLength: 300 });

test("the lowest of what is in it comes out, whatever the order it came in", () => {
  fc.assert(
    fc.property(steps, (given) => {
      const heap = new SequenceHeap();
      const model: number[] = [];
      for (const step of given) {
        assert.equal(heap.lowest, model.length === 0 ? -1 : Math.min(...model));
        if (step === null) {
          heap.removeLowest();
          if (model.length > 0) model.splice(model.indexOf(Math.min(...model)), 1);
        } else {
          heap.add(step);
          model.push(step);
        }
        assert.equal(heap.size, model.length);
      }
    }),
  );
});
