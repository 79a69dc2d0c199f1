import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ProducerState, type SequencedBatch } from "../../../src/engines/log/producer-state.ts";

const MAX_SEQUENCE = 2 ** 31 - 1;

interface Known {
  readonly batch: SequencedBatch;
  readonly offset: number;
}

/** KIP-98 by the book, from the list of all batches in the log: nothing is kept but the log itself. */
function expected(log: readonly Known[], batch: SequencedBatch): string {
  const mine = log.filter((known) => known.batch.producerId === batch.producerId);
  const last = mine.at(-1)?.batch;
  if (last === undefined) return "new";
  if (batch.epoch < last.epoch) return "INVALID_PRODUCER_EPOCH";
  if (batch.epoch > last.epoch) return batch.firstSequence === 0 ? "new" : "OUT_OF_ORDER_SEQUENCE_NUMBER";
  let start = mine.length;
  while (start > 0 && mine[start - 1]!.batch.epoch === batch.epoch) start--;
  const known = mine
    .slice(Math.max(start, mine.length - 5))
    .find(
      (one) => one.batch.firstSequence === batch.firstSequence && one.batch.recordCount === batch.recordCount,
    );
  if (known !== undefined) return `duplicate ${known.offset}`;
  const next = (last.firstSequence + last.recordCount) % 2 ** 31;
  return batch.firstSequence === next ? "new" : "OUT_OF_ORDER_SEQUENCE_NUMBER";
}

function verdictOf(state: ProducerState, batch: SequencedBatch): string {
  const verdict = state.judge(batch);
  if (verdict.kind === "new") return "new";
  return verdict.kind === "duplicate" ? `duplicate ${verdict.baseOffset}` : verdict.error;
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      producerId: fc.integer({ min: 0, max: 2 }),
      count: fc.integer({ min: 1, max: 3 }),
      epochBump: fc.constantFrom(0, 0, 0, 0, 0, 1, -1),
      back: fc.constantFrom(0, 0, 0, 0, 1, 2, 4, 5, 6),
      skew: fc.constantFrom(0, 0, 0, 0, 1),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("write" as const), batches: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), replayed: fc.nat(8) }) },
);

test("sequences are judged as the log itself would have it, through failed writes and restarts", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.boolean(), (steps, nearWrap) => {
      let state = new ProducerState();
      let log: Known[] = [];
      let writtenEnd = 0;
      for (const one of steps) {
        if (one.kind === "append") {
          const mine = log.filter(({ batch }) => batch.producerId === one.producerId);
          const last = mine.at(-1)?.batch;
          const fresh = nearWrap ? MAX_SEQUENCE - 4 : 0;
          const next = last === undefined ? fresh : (last.firstSequence + last.recordCount) % 2 ** 31;
          const repeated = one.back === 0 ? undefined : mine.at(-one.back)?.batch;
          const bumped = last !== undefined && one.epochBump !== 0;
          const batch: SequencedBatch = repeated ?? {
            producerId: one.producerId,
            epoch: (last?.epoch ?? 3) + (bumped ? one.epochBump : 0),
            firstSequence: bumped ? one.skew : Math.min(MAX_SEQUENCE, next + one.skew),
            recordCount: one.count,
          };
          const expectation = expected(log, batch);
          assert.equal(verdictOf(state, batch), expectation);
          if (expectation !== "new") continue;
          const offset = log.length;
          state.remember(batch, offset, -1, 0, writtenEnd);
          log.push({ batch, offset });
        } else if (one.kind === "write") {
          writtenEnd = Math.min(log.length, writtenEnd + one.batches);
        } else if (one.kind === "fail") {
          state.takeBack(writtenEnd);
          log = log.slice(0, writtenEnd);
        } else {
          const at = Math.max(0, writtenEnd - one.replayed);
          const snapshot = at === writtenEnd ? state.snapshot(at) : replayed(log.slice(0, at)).snapshot(at);
          state = new ProducerState();
          state.restore(JSON.parse(JSON.stringify(snapshot)));
          log = log.slice(0, writtenEnd);
          for (const { batch, offset } of log.slice(at)) state.remember(batch, offset, -1, 0, Infinity);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

function replayed(log: readonly Known[]): ProducerState {
  const state = new ProducerState();
  for (const { batch, offset } of log) state.remember(batch, offset, -1, 0, Infinity);
  return state;
}

test("a producer that was silent for too long is forgotten and may begin anywhere", () => {
  const state = new ProducerState();
  const batch = { producerId: 1, epoch: 0, firstSequence: 0, recordCount: 1 };
  state.remember(batch, 0, -1, 1000, 0);
  state.expire(2000, 1000);
  assert.equal(verdictOf(state, { ...batch, firstSequence: 7 }), "OUT_OF_ORDER_SEQUENCE_NUMBER");
  state.expire(2001, 1000);
  assert.equal(verdictOf(state, { ...batch, firstSequence: 7 }), "new");
});
