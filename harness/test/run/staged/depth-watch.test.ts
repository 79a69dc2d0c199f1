import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { DepthWatch } from "../../../src/run/staged/depth-watch.ts";

test("one question at a time: who asks meanwhile gets the answer to the one under way", async () => {
  const answers: ((messages: number) => void)[] = [];
  let atUs = 0;
  const depth = () => new Promise<number>((resolve) => answers.push(resolve));
  using watch = new DepthWatch(depth, 1, () => (atUs += 10));
  while (answers.length === 0) await sleep(1);
  await sleep(10);
  assert.equal(answers.length, 1);
  const asked = watch.ask();
  answers[0]!(7);
  assert.equal(await asked, 7);
  while (answers.length === 1) await sleep(1);
  answers[1]!(3);
  await watch.ask();
  assert.deepEqual(watch.samples, [
    { atUs: 10, messages: 7 },
    { atUs: 20, messages: 3 },
  ]);
  assert.equal(watch.deepest(), 7);
});

test("a question that failed is asked again", async () => {
  let asked = 0;
  using watch = new DepthWatch(
    () => (asked++ === 0 ? Promise.reject(new Error("gone")) : Promise.resolve(5)),
    60_000,
    () => 1,
  );
  await assert.rejects(watch.ask(), /gone/);
  assert.equal(await watch.ask(), 5);
});
