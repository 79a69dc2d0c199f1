import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DropRule, NO_DROPS, QueueLedger } from "../../src/integrity/queue-ledger.ts";
import type { ProducerOutcome } from "../../src/load/protocol.ts";

const RUN = 1;
const fate = fc.constantFrom("delivered", "missing", "repeated", "swapped", "refused", "refusedButDelivered");

function outcomeOf(published: number, unconfirmed: readonly number[] = []): ProducerOutcome {
  return {
    producer: 0,
    partition: 0,
    publishedBatches: published,
    recordsPerBatch: 1,
    unconfirmedBatches: unconfirmed,
  };
}

test("planted anomalies are counted, each as what it is", () => {
  fc.assert(
    fc.property(fc.array(fate, { maxLength: 80 }), (fates) => {
      const ledger = new QueueLedger(RUN, [0], "queue q");
      const order = new Map<number, number>();
      const expected = {
        delivered: 1,
        lost: 0,
        duplicated: 0,
        reordered: 0,
        corrupted: 0,
        foreign: 0,
        dropped: 0,
      };
      const refused: number[] = [];
      const deliver = (sequence: number) => ledger.deliver(order, RUN, 0, sequence, 1);
      let sequence = 0;
      deliver(sequence++);
      for (const each of fates) {
        switch (each) {
          case "delivered":
            deliver(sequence++);
            expected.delivered++;
            break;
          case "missing":
            sequence++;
            expected.lost++;
            break;
          case "repeated":
            deliver(sequence);
            deliver(sequence++);
            expected.delivered++;
            expected.duplicated++;
            break;
          case "swapped":
            deliver(sequence + 1);
            deliver(sequence);
            sequence += 2;
            expected.delivered += 2;
            expected.reordered++;
            break;
          case "refused":
            refused.push(sequence++);
            break;
          case "refusedButDelivered":
            refused.push(sequence);
            deliver(sequence++);
            expected.delivered++;
        }
      }
      const { examples: _, ...counts } = ledger.finish([outcomeOf(sequence, refused)], NO_DROPS);
      assert.deepEqual(counts, expected);
    }),
  );
});

/** Of `published` messages those given arrived. */
function judged(published: number, arrived: readonly (readonly [number, number])[], rule: DropRule) {
  const ledger = new QueueLedger(RUN, [0], "queue q");
  const order = new Map<number, number>();
  for (const [from, to] of arrived) ledger.deliver(order, RUN, 0, from, to - from);
  const { lost, dropped } = ledger.finish([outcomeOf(published)], rule);
  return { lost, dropped };
}

test("what a policy may drop is dropped, what it must keep is lost", () => {
  const head = { drops: "oldest", maxLength: 10 } as const;
  assert.deepEqual(
    judged(
      100,
      [
        [0, 20],
        [90, 100],
      ],
      head,
    ),
    { lost: 0, dropped: 70 },
  );
  assert.deepEqual(
    judged(
      100,
      [
        [0, 20],
        [91, 99],
      ],
      head,
    ),
    { lost: 2, dropped: 70 },
  );
  const newest = { drops: "newest", maxLength: 10 } as const;
  assert.deepEqual(
    judged(
      100,
      [
        [0, 10],
        [50, 60],
      ],
      newest,
    ),
    { lost: 0, dropped: 80 },
  );
  assert.deepEqual(judged(100, [[1, 10]], newest), { lost: 1, dropped: 90 });
  assert.deepEqual(judged(100, [], { drops: "any", maxLength: 10 }), { lost: 0, dropped: 100 });
  assert.deepEqual(judged(5, [], head), { lost: 5, dropped: 0 });
});

test("consumers of a queue share what was seen, and each has an order of its own", () => {
  const ledger = new QueueLedger(RUN, [0], "queue q");
  const [one, other] = [new Map<number, number>(), new Map<number, number>()];
  assert.equal(ledger.deliver(one, RUN, 0, 5, 1), 1);
  assert.equal(ledger.deliver(other, RUN, 0, 2, 3), 3);
  assert.equal(ledger.deliver(other, RUN, 0, 5, 1), 0);
  const counts = ledger.finish([outcomeOf(6)], NO_DROPS);
  assert.deepEqual([counts.delivered, counts.reordered, counts.duplicated, counts.lost], [4, 0, 1, 2]);
  assert.deepEqual(counts.examples, [
    "duplicated: 1 of message 5 of producer 0 in queue q again",
    "lost: 2 of producer 0 in queue q, the first 0",
  ]);
});

test("messages of another run or producer are foreign, damaged ones and leftovers are told", () => {
  const ledger = new QueueLedger(RUN, [0], "queue q");
  const order = new Map<number, number>();
  ledger.deliver(order, RUN + 1, 0, 0, 2);
  ledger.deliver(order, RUN, 1, 0, 1);
  ledger.corrupt("wrong checksum");
  ledger.leftover(4);
  const { foreign, corrupted, duplicated } = ledger.finish([], NO_DROPS);
  assert.deepEqual({ foreign, corrupted, duplicated }, { foreign: 3, corrupted: 1, duplicated: 4 });
});
