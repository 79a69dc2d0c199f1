import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Bitmap } from "../../src/integrity/bitmap.ts";
import { Ledger } from "../../src/integrity/ledger.ts";

const RUN = 1;

/** What a broker made of one batch of a perfect history. */
const fate = fc.constantFrom("delivered", "dropped", "repeated", "swapped", "damaged");

test("planted anomalies are counted, each as what it is", () => {
  const batches = fc.array(fate, { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(batches, fc.integer({ min: 1, max: 70 }), (fates, batchMessages) => {
      const ledger = new Ledger(RUN, [{ producer: 0, partition: 0, batchMessages }]);
      const expected = { delivered: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, foreign: 0 };
      const stampOf = (sequence: number) => ({ runId: RUN, producer: 0, sequence, intendedUs: 0, sentUs: 0 });
      const deliver = (sequence: number) => ledger.deliver(0, stampOf(sequence), 0, batchMessages);
      // Batch 0 is always delivered, and a swap takes the place of two batches.
      let sequence = 0;
      deliver(sequence++);
      expected.delivered += batchMessages;
      for (const each of fates) {
        switch (each) {
          case "delivered":
            deliver(sequence++);
            break;
          case "dropped":
            sequence++;
            expected.lost += batchMessages;
            expected.delivered -= batchMessages;
            break;
          case "repeated":
            deliver(sequence);
            deliver(sequence++);
            expected.duplicated += batchMessages;
            break;
          case "swapped":
            deliver(sequence + 1);
            deliver(sequence);
            sequence += 2;
            expected.reordered += batchMessages;
            expected.delivered += batchMessages;
            break;
          case "damaged":
            ledger.corrupt(0, stampOf(sequence++), 0, batchMessages, "planted");
            expected.corrupted += batchMessages;
            expected.delivered -= batchMessages;
        }
        expected.delivered += batchMessages;
      }
      const outcome = {
        producer: 0,
        partition: 0,
        publishedBatches: sequence,
        recordsPerBatch: batchMessages,
        unconfirmedBatches: [],
      };
      const { examples: _, ...counts } = ledger.finish([outcome]);
      assert.deepEqual(counts, expected);
    }),
  );
});

test("a bitmap counts as a set of numbers does", () => {
  // Around the borders of words and chunks.
  const start = fc.oneof(
    fc.integer({ min: 0, max: 200 }),
    fc.integer({ min: 2 ** 20 - 100, max: 2 ** 20 + 100 }),
  );
  const range = fc.tuple(start, fc.integer({ min: 0, max: 150 }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), range, (ranges, [askedFrom, askedCount]) => {
      const bitmap = new Bitmap();
      const set = new Set<number>();
      for (const [from, count] of ranges) {
        const before = set.size;
        for (let index = from; index < from + count; index++) set.add(index);
        assert.equal(bitmap.setRange(from, count), set.size - before);
      }
      let inRange = 0;
      for (let index = askedFrom; index < askedFrom + askedCount; index++) if (set.has(index)) inRange++;
      assert.equal(bitmap.countRange(askedFrom, askedCount), inRange);
    }),
  );
});
