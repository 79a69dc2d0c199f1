import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "../../src/integrity/ledger.ts";
import type { Stamp } from "../../src/integrity/message.ts";
import type { ProducerOutcome } from "../../src/load/protocol.ts";

const RUN = 77;
const CLEAN = { delivered: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, foreign: 0 };

function stamp(sequence: number, producer = 0, runId = RUN): Stamp {
  return { runId, producer, sequence, intendedUs: 0, sentUs: 0 };
}

function ledger(): Ledger {
  return new Ledger(RUN, [
    { producer: 0, partition: 0, batchMessages: 10 },
    { producer: 1, partition: 1, batchMessages: 10 },
  ]);
}

function outcome(publishedBatches: number, unconfirmedBatches: number[] = [], producer = 0): ProducerOutcome {
  return { producer, partition: producer, publishedBatches, recordsPerBatch: 10, unconfirmedBatches };
}

function counts(of: Ledger, published: ProducerOutcome[]) {
  const { examples: _, ...rest } = of.finish(published);
  return rest;
}

test("producers whose batches differ in size are told apart, message by message", () => {
  const each = new Ledger(RUN, [
    { producer: 0, partition: 0, batchMessages: 10 },
    { producer: 1, partition: 0, batchMessages: 3 },
  ]);
  for (const sequence of [0, 1]) {
    assert.equal(each.deliver(0, stamp(sequence, 0), 0, 10), 10);
    assert.equal(each.deliver(0, stamp(sequence, 1), 0, 3), 3);
  }
  const small = { ...outcome(4, [], 1), partition: 0, recordsPerBatch: 3 };
  assert.deepEqual(counts(each, [outcome(2), small]), { ...CLEAN, delivered: 26, lost: 6 });
});

test("everything delivered once and in order", () => {
  const each = ledger();
  for (const sequence of [0, 1, 2]) each.deliver(0, stamp(sequence), 0, 10);
  each.deliver(1, stamp(0, 1), 0, 10);
  assert.deepEqual(counts(each, [outcome(3), outcome(1, [], 1)]), { ...CLEAN, delivered: 40 });
});

test("a confirmed batch and a single message that never came are lost", () => {
  const each = ledger();
  each.deliver(0, stamp(0), 0, 10);
  each.deliver(0, stamp(2), 0, 4);
  each.deliver(0, stamp(2), 5, 5);
  const { examples, ...rest } = each.finish([outcome(3)]);
  assert.deepEqual(rest, { ...CLEAN, delivered: 19, lost: 11 });
  assert.deepEqual(examples, ["lost: 11 of producer 0 in partition 0, the first in batch 1 of 3"]);
});

test("a producer of which nothing came lost everything", () => {
  assert.deepEqual(counts(ledger(), [outcome(5)]), { ...CLEAN, lost: 50 });
});

test("an unconfirmed batch is right either way", () => {
  const absent = ledger();
  absent.deliver(0, stamp(0), 0, 10);
  assert.deepEqual(counts(absent, [outcome(2, [1])]), { ...CLEAN, delivered: 10 });
  const present = ledger();
  present.deliver(0, stamp(0), 0, 10);
  present.deliver(0, stamp(1), 0, 10);
  assert.deepEqual(counts(present, [outcome(2, [1])]), { ...CLEAN, delivered: 20 });
});

test("a repeated batch is duplicated, not reordered", () => {
  const each = ledger();
  for (const sequence of [0, 1, 0]) each.deliver(0, stamp(sequence), 0, 10);
  assert.deepEqual(counts(each, [outcome(2)]), { ...CLEAN, delivered: 20, duplicated: 10 });
});

test("batches that change places: the later one of lower sequence is reordered", () => {
  const each = ledger();
  for (const sequence of [0, 2, 1, 3]) each.deliver(0, stamp(sequence), 0, 10);
  assert.deepEqual(counts(each, [outcome(4)]), { ...CLEAN, delivered: 40, reordered: 10 });
});

test("messages that change places inside a batch", () => {
  const each = ledger();
  each.deliver(0, stamp(0), 0, 3);
  each.deliver(0, stamp(0), 4, 1);
  each.deliver(0, stamp(0), 3, 1);
  each.deliver(0, stamp(0), 5, 5);
  assert.deepEqual(counts(each, [outcome(1)]), { ...CLEAN, delivered: 10, reordered: 1 });
});

test("other runs, unknown producers and the wrong partition are foreign", () => {
  const each = ledger();
  each.deliver(0, stamp(0, 0, RUN + 1), 0, 10);
  each.deliver(0, stamp(0, 9), 0, 10);
  each.deliver(0, stamp(0, 1), 0, 10);
  assert.deepEqual(counts(each, []), { ...CLEAN, foreign: 30 });
});

test("a damaged message of a known batch is corrupted and not lost as well", () => {
  const each = ledger();
  each.deliver(0, stamp(0), 0, 10);
  each.deliver(0, stamp(1), 0, 9);
  each.corrupt(0, stamp(1), 9, 1, "wrong checksum");
  assert.deepEqual(counts(each, [outcome(2)]), { ...CLEAN, delivered: 19, corrupted: 1 });
});

test("a batch that cannot be told is corrupted, and what is missing is lost", () => {
  const each = ledger();
  each.deliver(0, stamp(0), 0, 10);
  each.corrupt(0, null, 0, 10, "wrong CRC-32C of the batch");
  assert.deepEqual(counts(each, [outcome(2)]), { ...CLEAN, delivered: 10, corrupted: 10, lost: 10 });
});

test("three examples of a kind are kept", () => {
  const each = ledger();
  for (let sequence = 0; sequence < 6; sequence++) each.deliver(0, stamp(0), 0, 10);
  const { examples } = each.finish([outcome(1)]);
  assert.deepEqual(examples, [
    "duplicated: 10 of messages 0 to 9 of batch 0 of producer 0 in partition 0 again",
    "duplicated: 10 of messages 0 to 9 of batch 0 of producer 0 in partition 0 again",
    "duplicated: 10 of messages 0 to 9 of batch 0 of producer 0 in partition 0 again",
  ]);
});

test("a message repeated inside its batch makes nothing after it late", () => {
  const each = ledger();
  each.deliver(0, stamp(0), 0, 5);
  each.deliver(0, stamp(0), 4, 6);
  assert.deepEqual(counts(each, [outcome(1)]), { ...CLEAN, delivered: 10, duplicated: 1 });
});

test("a spoilt first batch does not decide how large batches are", () => {
  const each = ledger();
  each.deliver(0, stamp(0), 0, 9);
  each.deliver(0, stamp(1), 0, 10);
  assert.deepEqual(counts(each, [outcome(2)]), { ...CLEAN, delivered: 19, lost: 1 });
});
