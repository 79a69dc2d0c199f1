import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Fifo } from "../../../../src/engines/queues/fifo.ts";

test("comes out as an array's push and shift would have it, however much is in it", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -20_000, max: 20_000 }), { maxLength: 20 }), (steps) => {
      const fifo = new Fifo<{ readonly number: number }>();
      let first = 0;
      let next = 0;
      for (const step of steps) {
        for (let left = step; left > 0; left--) fifo.push({ number: next++ });
        for (let left = step; left < 0 && first < next; left++) assert.equal(fifo.shift().number, first++);
        assert.equal(fifo.length, next - first);
      }
      while (fifo.length > 0) assert.equal(fifo.shift().number, first++);
      assert.equal(first, next);
    }),
    { numRuns: 30 },
  );
});
