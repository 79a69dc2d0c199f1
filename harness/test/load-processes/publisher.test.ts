import assert from "node:assert/strict";
import { test } from "node:test";
import { Publisher } from "../../src/load-processes/publisher.ts";
import { scheduleOf } from "../../src/load/schedule.ts";
import { nowUs } from "../../src/measure/clock.ts";
import { producersOnNullTarget } from "../gate/rounds/fixture.ts";

const RATE = { producers: 2, ratePerSecond: 2000, lingerMs: 0 };
const DURATION_MS = 200;
const STALL_MS = 400;

test("an open loop's schedule ends with the load, even where the process stands still over its end", async (t) => {
  const { batch, open } = await producersOnNullTarget(t);
  // Half of the load is over when the clock says that all of it is, and as much again.
  const startAtUs = nowUs();
  const clockUs = () => {
    const atUs = nowUs();
    return atUs - startAtUs < (DURATION_MS / 2) * 1e3 ? atUs : atUs + STALL_MS * 1e3;
  };
  const publisher = new Publisher({
    parameters: { ...RATE, destinations: 1, confirms: true },
    nowUs: clockUs,
    onLastSent: () => undefined,
  });
  t.after(() => publisher.close());
  await publisher.open([0, 1], open);
  const report = await publisher.run({ type: "start", startAtUs, durationMs: DURATION_MS, maxBytes: 1e6 });
  for (const { producer, publishedBatches } of report.outcomes) {
    const { dueUs } = scheduleOf(RATE, producer, batch.records);
    assert.ok(
      dueUs(publishedBatches - 1) < DURATION_MS * 1e3 && dueUs(publishedBatches) >= DURATION_MS * 1e3,
    );
  }
  assert.equal(report.confirmedMessages, report.publishedMessages);
});
