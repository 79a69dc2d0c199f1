import assert from "node:assert/strict";
import { test } from "node:test";
import { SlicePublisher } from "../../../src/load-processes/slice-publisher.ts";
import { nowUs } from "../../../src/measure/clock.ts";
import { producersOnNullTarget } from "./fixture.ts";

test("a slice in which the process stood still before its first message has messages all the same", async (t) => {
  const { producers, open } = await producersOnNullTarget(t);
  // Each reading of the clock finds that 200 ms have gone by.
  let stalledUs = 0;
  const publisher = new SlicePublisher(() => nowUs() + (stalledUs += 200e3));
  t.after(() => publisher.close());
  await publisher.open(producers, { destinations: 1, maxBytes: 1e6 }, open);
  const { messages } = await publisher.play(100);
  assert.ok(messages > 0);
  assert.equal(messages, publisher.published);
});
