import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineQueue } from "../../../../src/engines/queues/queue-environment.ts";
import { queueMaker } from "../../../../src/engines/queues/queue/classic-queue.ts";
import { QUEUE_DEFAULTS, type QueueDefaults } from "../../../../src/engines/queues/queue/settings.ts";
import { TestClock } from "./test-clock.ts";
import { type ArgumentValue, messageOf, tableOf, TestEnvironment, TestSubscription } from "./test-queue.ts";

function make(
  defaults: Partial<QueueDefaults>,
  values: Readonly<Record<string, ArgumentValue>> = {},
): { readonly queue: EngineQueue; readonly environment: TestEnvironment } {
  const environment = new TestEnvironment(new TestClock(), null);
  const declaration = { name: "q", durable: false, autoDelete: false, exclusiveOwner: null };
  const createQueue = queueMaker({ ...QUEUE_DEFAULTS, ...defaults });
  return { queue: createQueue({ ...declaration, arguments: tableOf(values) }, environment), environment };
}

function fill(queue: EngineQueue, count: number): void {
  for (let i = 0; i < count; i++) queue.enqueue(messageOf(String(i)));
}

test("a queue without a limit of its own has the default one, with the default overflow", () => {
  const { queue } = make({ maxLength: 2 });
  fill(queue, 5);
  assert.equal(queue.readyCount, 2);
  assert.equal(queue.take(true)?.message.body.toString(), "3");
  const { queue: refusing } = make({ maxLength: 2, overflow: "drop-new" });
  fill(refusing, 5);
  assert.equal(refusing.take(true)?.message.body.toString(), "0");
});

test("its own arguments win", () => {
  const { queue } = make(
    { maxLength: 2, overflow: "drop-new" },
    { "x-max-length": 3, "x-overflow": "drop-head" },
  );
  fill(queue, 5);
  assert.equal(queue.readyCount, 3);
  assert.equal(queue.take(true)?.message.body.toString(), "2");
});

test("a default time to live counts as x-message-ttl does", () => {
  const { queue, environment } = make({ messageTtlMs: 50 });
  fill(queue, 1);
  environment.clock.advance(49);
  assert.equal(queue.readyCount, 1);
  environment.clock.advance(1);
  environment.runTurns();
  assert.equal(queue.readyCount, 0);
});

test("a turn delivers the batch and no more", () => {
  const { queue, environment } = make({ maxBatch: 2 });
  fill(queue, 5);
  const consumer = new TestSubscription("c");
  queue.subscribe(consumer);
  const seen: number[] = [];
  while (environment.runTurns() > 0) seen.push(consumer.deliveries.length);
  assert.deepEqual(seen, [2, 4, 5]);
});
