import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConfirmTracker } from "../../../src/drivers/amqp/confirms.ts";

interface Answered {
  readonly sequence: number;
  readonly refused: boolean;
}

function tracker(window: number) {
  const answered: Answered[] = [];
  const confirms = new ConfirmTracker(window, {
    answered: (first, count, refused) => {
      for (let sequence = first; sequence < first + count; sequence++) answered.push({ sequence, refused });
    },
  });
  return { confirms, answered };
}

test("every publish is answered once, however the broker groups and orders its answers", () => {
  const step = fc.oneof(
    fc.constant({ kind: "publish" as const }),
    fc.record({
      kind: fc.constant("answer" as const),
      pick: fc.nat(),
      multiple: fc.boolean(),
      refused: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(step, { maxLength: 80 }), (window, steps) => {
      const { confirms, answered } = tracker(window);
      const open = new Map<number, boolean>();
      const expected: Answered[] = [];
      let next = 0;
      const answer = (tag: number, multiple: boolean, refused: boolean) => {
        confirms.answer(tag, multiple, refused);
        for (const sequence of [...open.keys()].filter((each) =>
          multiple ? each < tag : each === tag - 1,
        )) {
          open.delete(sequence);
          expected.push({ sequence, refused });
        }
      };
      for (const each of steps) {
        if (each.kind === "publish") {
          const oldest = Math.min(next, ...open.keys());
          assert.equal(confirms.hasRoom(), next - oldest < window);
          if (!confirms.hasRoom()) continue;
          confirms.published();
          open.set(next++, true);
        } else if (next > 0) answer(1 + (each.pick % next), each.multiple, each.refused);
      }
      answer(0, true, false);
      confirms.flush();
      // A tag of 0 with multiple answers all; the model's filter takes none of it.
      for (const sequence of open.keys()) expected.push({ sequence, refused: false });
      assert.deepEqual(answered, expected);
    }),
  );
});

test("a tag that was never published is a mistake of the broker", () => {
  const { confirms } = tracker(4);
  confirms.published();
  assert.throws(() => confirms.answer(2, false, false), RangeError);
  assert.throws(() => confirms.answer(0, false, false), RangeError);
});

test("neighbours that come one by one are told together", () => {
  const calls: unknown[] = [];
  const confirms = new ConfirmTracker(8, { answered: (...call) => calls.push(call) });
  for (let count = 0; count < 6; count++) confirms.published();
  for (const tag of [1, 2, 3]) confirms.answer(tag, false, false);
  confirms.answer(4, false, true);
  confirms.answer(6, false, false);
  confirms.flush();
  assert.deepEqual(calls, [
    [0, 3, false],
    [3, 1, true],
    [5, 1, false],
  ]);
});
