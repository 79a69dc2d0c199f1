import assert from "node:assert/strict";
import { test } from "node:test";
import { LatencyHistogram } from "../../src/measure/histogram.ts";
import { BacklogWatch, CAUGHT_UP_US } from "../../src/load-processes/backlog-watch.ts";
import { DeliveryRecorder } from "../../src/load-processes/delivery-recorder.ts";

test("a backlog ends with its last message, and the first live one that did not wait is told once", () => {
  const told: number[] = [];
  const watch = new BacklogWatch((atUs) => told.push(atUs));
  assert.deepEqual(watch.report(), { lastDeliveryUs: null, caughtUpUs: null });
  watch.backlogDelivered(1_000.4);
  watch.backlogDelivered(2_000.4);
  assert.equal(watch.liveDelivered(3_000, CAUGHT_UP_US + 1), false);
  assert.equal(watch.liveDelivered(4_000.4, CAUGHT_UP_US), true);
  assert.equal(watch.liveDelivered(5_000, 1), false);
  assert.deepEqual(told, [4_000.4]);
  assert.deepEqual(watch.report(), { lastDeliveryUs: 2_000, caughtUpUs: 4_000 });
});

test("a window ends where live messages cease to wait, and each side has its own response times", () => {
  const recorder = new DeliveryRecorder(true, new BacklogWatch(() => undefined));
  const live = (arrivedUs: number, waitedUs: number) => {
    recorder.delivered(arrivedUs, 1);
    recorder.response(waitedUs);
    recorder.service(arrivedUs, waitedUs, 1);
  };
  recorder.delivered(100_000, 10);
  recorder.backlogDelivered(100_000);
  live(200_000, 150_000);
  live(300_000, 5_000);
  live(400_000, 4_000);
  const { windows, backlog } = recorder.report(500_000);
  assert.deepEqual(backlog, { lastDeliveryUs: 100_000, caughtUpUs: 300_000 });
  assert.deepEqual(
    windows.map(({ atUs, durationUs, messages }) => ({ atUs, durationUs, messages })),
    [
      { atUs: 100_000, durationUs: 200_000, messages: 12 },
      { atUs: 300_000, durationUs: 200_000, messages: 1 },
    ],
  );
  const longest = windows.map(({ histogram }) => LatencyHistogram.decode(histogram!).summary().max);
  assert.ok(longest[0]! >= 150_000 && longest[1]! < 5_000, `${longest}`);
});
