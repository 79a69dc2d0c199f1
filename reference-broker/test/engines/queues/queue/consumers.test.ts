import assert from "node:assert/strict";
import { test } from "node:test";
import { Consumers } from "../../../../src/engines/queues/queue/consumers.ts";
import { TestSubscription } from "./test-queue.ts";

/** Tags of those whose turn it is, `count` times. */
function turns(consumers: Consumers, count: number): string {
  let tags = "";
  for (let at = 0; at < count; at++) {
    const subscription = consumers.peek();
    if (subscription === null) return `${tags}-`;
    consumers.pass();
    tags += subscription.consumerTag;
  }
  return tags;
}

function consumersOf(singleActive: boolean, ...subscriptions: TestSubscription[]): Consumers {
  const consumers = new Consumers(singleActive);
  for (const subscription of subscriptions) consumers.add(subscription);
  return consumers;
}

test("equals take turns; one that is not ready loses its turn until it is resumed, and then comes last", () => {
  const [a, b, c] = [new TestSubscription("a"), new TestSubscription("b"), new TestSubscription("c")];
  const consumers = consumersOf(false, a, b, c);
  assert.equal(turns(consumers, 5), "abcab");
  a.prefetch = 0;
  assert.equal(turns(consumers, 4), "cbcb");
  a.prefetch = 1;
  assert.equal(turns(consumers, 2), "cb", "nobody said that it is ready");
  consumers.resume(a);
  consumers.resume(a);
  assert.equal(turns(consumers, 6), "cbacba");
});

test("a higher priority goes first until it is not ready", () => {
  const high = new TestSubscription("h", { priority: 5, prefetch: 2 });
  const [low, lower] = [new TestSubscription("l"), new TestSubscription("m", { priority: -3 })];
  const consumers = consumersOf(false, low, lower, high);
  assert.equal(turns(consumers, 1), "h");
  high.prefetch = 0;
  assert.equal(turns(consumers, 2), "ll");
  low.prefetch = 0;
  assert.equal(turns(consumers, 1), "m");
  lower.prefetch = 0;
  assert.equal(turns(consumers, 1), "-");
  high.prefetch = 1;
  consumers.resume(high);
  assert.equal(turns(consumers, 1), "h");
});

test("one that leaves has no turn, the others keep theirs", () => {
  const [a, b, c] = [new TestSubscription("a"), new TestSubscription("b"), new TestSubscription("c")];
  const consumers = consumersOf(false, a, b, c);
  assert.equal(turns(consumers, 1), "a");
  assert.ok(consumers.remove(b));
  assert.ok(!consumers.remove(b));
  assert.equal(turns(consumers, 3), "cac");
  consumers.remove(a);
  consumers.remove(c);
  assert.equal(turns(consumers, 1), "-");
  consumers.add(b);
  assert.equal(turns(consumers, 2), "bb");
});

test("a single active consumer gets all; the highest priority, then the first, follows it", () => {
  const [a, b, c] = [new TestSubscription("a"), new TestSubscription("b"), new TestSubscription("c")];
  const high = new TestSubscription("h", { priority: 1 });
  const consumers = consumersOf(true, a, b, c, high);
  assert.equal(turns(consumers, 3), "aaa", "a later one of higher priority does not take over");
  a.prefetch = 0;
  assert.equal(turns(consumers, 1), "-", "it is not replaced because it is busy");
  consumers.remove(a);
  assert.equal(turns(consumers, 2), "hh");
  consumers.remove(high);
  assert.equal(turns(consumers, 1), "b");
  consumers.remove(c);
  consumers.remove(b);
  assert.equal(turns(consumers, 1), "-");
});

test("an exclusive consumer is alone, and not to be had where one is active", () => {
  const exclusive = new TestSubscription("x", { exclusive: true });
  const other = new TestSubscription("o");
  const consumers = consumersOf(false, exclusive);
  assert.ok(!consumers.admits(other));
  consumers.remove(exclusive);
  assert.ok(consumers.admits(other));
  consumers.add(other);
  assert.ok(!consumers.admits(exclusive));
  assert.ok(!new Consumers(true).admits(exclusive));
  assert.ok(new Consumers(true).admits(other));
});
