import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { MemoryAlarm } from "../../../../src/engines/queues/memory-alarm.ts";
import { TestClock } from "../queue/test-clock.ts";
import { TestEngine } from "./test-engine.ts";

function makeAlarm() {
  const clock = new TestClock();
  const memory = { usedBytes: 0, readings: 0 };
  const relieved: number[] = [];
  const paging: boolean[] = [];
  const changes: (string | null)[] = [];
  const alarm = new MemoryAlarm({
    budgetBytes: 1000,
    readMemoryBytes: () => {
      memory.readings++;
      return memory.usedBytes;
    },
    timers: clock.timers,
    pageAt: 0.9,
    pageTo: 0.8,
    setPaging: (isPaging) => paging.push(isPaging),
    relieve: (bytes) => relieved.push(bytes),
    report: () => {},
  });
  const unwatch = alarm.watch(() => changes.push(alarm.reason));
  return { clock, memory, relieved, paging, changes, alarm, unwatch };
}

test("on above the budget, off below nine tenths of it", () => {
  const { clock, memory, changes, alarm } = makeAlarm();
  memory.usedBytes = 1001;
  alarm.count(1000);
  assert.deepEqual(changes, []);
  clock.advance(1);
  assert.deepEqual(changes, ["low on memory"]);
  memory.usedBytes = 950;
  clock.advance(1000);
  assert.equal(alarm.reason, "low on memory");
  memory.usedBytes = 899;
  clock.advance(200);
  assert.deepEqual(changes, ["low on memory", null]);
  memory.usedBytes = 999;
  alarm.count(1000);
  clock.advance(1000);
  assert.equal(alarm.reason, null);
});

test("memory is read by what was published; an idle broker reads none", () => {
  const { clock, memory, alarm } = makeAlarm();
  clock.advance(10_000);
  assert.equal(memory.readings, 0);
  alarm.count(10);
  clock.advance(10_000);
  assert.equal(memory.readings, 0);
  alarm.count(10);
  clock.advance(10_000);
  assert.equal(memory.readings, 1);
});

test("above nine tenths memory is asked for down to eight, and again only when that can have shown", () => {
  const { clock, memory, relieved, alarm } = makeAlarm();
  memory.usedBytes = 901;
  alarm.count(1000);
  clock.advance(999);
  assert.deepEqual(relieved, [101]);
  clock.advance(200);
  assert.deepEqual(relieved, [101, 101]);
  memory.usedBytes = 900;
  clock.advance(10_000);
  assert.deepEqual(relieved, [101, 101]);
});

test("a watcher that leaves is not called", () => {
  const { clock, memory, changes, alarm, unwatch } = makeAlarm();
  unwatch();
  memory.usedBytes = 2000;
  alarm.count(1000);
  clock.advance(1000);
  assert.equal(alarm.reason, "low on memory");
  assert.deepEqual(changes, []);
});

test("the engine pages out its largest queues, and their messages are read back as they were", async (t) => {
  let usedBytes = 0;
  const memoryBudgetBytes = 1_000_000;
  const under = await TestEngine.start(t, { memoryBudgetBytes, readMemoryBytes: () => usedBytes });
  await under.queue("large", { durable: true });
  await under.queue("small", { durable: true });
  const body = "x".repeat(1000);
  for (let count = 0; count < 300; count++) under.publish("", "large", body, { deliveryMode: 2 });
  for (let count = 0; count < 10; count++) under.publish("", "small", body, { deliveryMode: 2 });
  await under.stored();
  const [large, small] = [under.host.queue("large")!, under.host.queue("small")!];
  assert.equal(large.residentBytes, 300_000);
  usedBytes = 950_000;
  under.clock.advance(1);
  await nextTurn();
  assert.ok(large.residentBytes <= 150_000, `${large.residentBytes} bytes are resident`);
  assert.equal(small.residentBytes, 10_000);
  assert.deepEqual(new Set(under.bodies("large")), new Set([body]));
});
