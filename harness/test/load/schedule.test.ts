import assert from "node:assert/strict";
import { test } from "node:test";
import { lingeringRecords, messageIntervalUs, scheduleOf } from "../../src/load/schedule.ts";

test("a producer's messages are its share of the rate apart", () => {
  assert.equal(messageIntervalUs({ producers: 4, lingerMs: 0, ratePerSecond: 1000 }), 4000);
});

test("a batch holds what comes within linger, at least one message", () => {
  assert.equal(lingeringRecords({ producers: 1, lingerMs: 0, ratePerSecond: 1000 }), 1);
  assert.equal(lingeringRecords({ producers: 1, lingerMs: 0.5, ratePerSecond: 1000 }), 1);
  assert.equal(lingeringRecords({ producers: 1, lingerMs: 15, ratePerSecond: 1000 }), 16);
  assert.equal(lingeringRecords({ producers: 2, lingerMs: 15, ratePerSecond: 1000 }), 8);
});

test("a batch that linger ends leaves when its first message has lingered", () => {
  const parameters = { producers: 1, lingerMs: 15, ratePerSecond: 1000 };
  const schedule = scheduleOf(parameters, 0, 16);
  assert.deepEqual([0, 1, 2].map(schedule.intendedUs), [0, 16_000, 32_000]);
  assert.deepEqual([0, 1, 2].map(schedule.dueUs), [15_000, 31_000, 47_000]);
});

test("a batch that fills before leaves with its last message", () => {
  const schedule = scheduleOf({ producers: 1, lingerMs: 15, ratePerSecond: 1000 }, 0, 4);
  assert.deepEqual([0, 1].map(schedule.intendedUs), [0, 4000]);
  assert.deepEqual([0, 1].map(schedule.dueUs), [3000, 7000]);
});

test("producers are spread over a batch's time", () => {
  const parameters = { producers: 4, lingerMs: 0, ratePerSecond: 1000 };
  const starts = [0, 1, 2, 3].map((producer) => scheduleOf(parameters, producer, 1).intendedUs(0));
  assert.deepEqual(starts, [0, 1000, 2000, 3000]);
});

test("together the producers keep the rate", () => {
  const parameters = { producers: 3, lingerMs: 10, ratePerSecond: 6000 };
  const records = lingeringRecords(parameters);
  let messages = 0;
  for (const producer of [0, 1, 2]) {
    const schedule = scheduleOf(parameters, producer, records);
    for (let sequence = 0; schedule.intendedUs(sequence) < 10e6; sequence++) messages += records;
  }
  assert.ok(Math.abs(messages - 60_000) <= 3 * records, `${messages}`);
});
