import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "@node-rs/crc32";
import {
  FAULT_KINDS,
  type FaultKind,
  FaultSchedule,
  FIRST_BATCH,
  spoil,
} from "../../src/targets/synthetic/faults.ts";
import { type ReleaseClock, ReleaseQueue, releaseTime } from "../../src/targets/synthetic/release-queue.ts";
import {
  BATCH,
  encodeSingle,
  joinRecords,
  splitRecords,
  valueRange,
} from "../../src/targets/wire/record-batch.ts";

function batchOf(values: readonly string[]): Buffer {
  const records = values.map((value, offsetDelta) => {
    const [single] = splitRecords(encodeSingle(Buffer.from(value), 1000));
    assert.ok(single);
    return { ...single, offsetDelta };
  });
  return joinRecords(encodeSingle(Buffer.from(""), 1000), records, values.length - 1);
}

function valuesOf(batch: Buffer): string[] {
  return splitRecords(batch).map(({ rest }) => {
    const range = valueRange(rest);
    assert.ok(range);
    return rest.toString("utf8", range.start, range.end);
  });
}

const VALUES = ["first", "second", "third", "fourth", "fifth"];
const EXPECTED: Readonly<Record<FaultKind, { values: string[]; lastOffsetDelta: number }>> = {
  lose: { values: ["first", "second", "fourth", "fifth"], lastOffsetDelta: 4 },
  duplicate: { values: ["first", "second", "third", "third", "fourth", "fifth"], lastOffsetDelta: 5 },
  reorder: { values: ["first", "second", "fourth", "third", "fifth"], lastOffsetDelta: 4 },
  corrupt: { values: ["first", "second", "thire", "fourth", "fifth"], lastOffsetDelta: 4 },
};

for (const kind of FAULT_KINDS) {
  test(`${kind}: one message, and the batch itself stays sound`, () => {
    const spoilt = spoil(batchOf(VALUES), kind);
    assert.deepEqual(valuesOf(spoilt), EXPECTED[kind].values);
    assert.equal(spoilt.readInt32BE(BATCH.lastOffsetDelta), EXPECTED[kind].lastOffsetDelta);
    assert.equal(spoilt.readUInt32BE(BATCH.crc), crc32c(spoilt.subarray(BATCH.attributes)));
    assert.equal(spoilt.readInt32BE(BATCH.length) + 12, spoilt.length);
    const offsets = splitRecords(spoilt).map(({ offsetDelta }) => offsetDelta);
    assert.deepEqual(
      offsets,
      kind === "lose" ? [0, 1, 3, 4] : EXPECTED[kind].values.map((_, index) => index),
    );
  });
}

test("each fault comes as often as asked for, none in the first batches", () => {
  const schedule = new FaultSchedule({ lose: 2, duplicate: 1, reorder: 1, corrupt: 0 });
  const came = Array.from({ length: 100 }, () => schedule.next(5));
  assert.ok(came.slice(0, FIRST_BATCH).every((kind) => kind === null));
  assert.deepEqual(
    came.filter((kind) => kind !== null),
    ["lose", "duplicate", "reorder", "lose"],
  );
});

test("what is due in a stall leaves at its end", () => {
  const stall = { startUs: 1000, endUs: 5000 };
  assert.equal(releaseTime(0, 500, stall), 500);
  assert.equal(releaseTime(600, 500, stall), 5000);
  assert.equal(releaseTime(4600, 500, stall), 5100);
});

test("releases are never early, in order, and wait in whole milliseconds only far from the due time", () => {
  let nowUs = 0;
  const waited: number[] = [];
  const pending: (() => void)[] = [];
  const clock: ReleaseClock = {
    nowUs: () => nowUs,
    wait: (ms, then) => {
      waited.push(ms);
      pending.push(() => {
        nowUs += ms * 1000;
        then();
      });
    },
    turn: (then) =>
      void pending.push(() => {
        nowUs += 10;
        then();
      }),
  };
  const queue = new ReleaseQueue(clock);
  const released: [string, number][] = [];
  queue.add(5000, () => released.push(["a", nowUs]));
  queue.add(5005, () => released.push(["b", nowUs]));
  for (let step = pending.shift(); step !== undefined; step = pending.shift()) step();
  assert.deepEqual(
    released.map(([name]) => name),
    ["a", "b"],
  );
  assert.deepEqual(waited, [3]);
  assert.equal(released[0]?.[1], 5000);
  assert.equal(released[1]?.[1], 5010);
});
