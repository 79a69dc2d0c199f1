import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { TestEngine } from "./test-engine.ts";

const MIB = 1024 * 1024;
const BODY = "x".repeat(1000);

function bodyAt(at: number): string {
  return `${at};${BODY}`;
}

/** An engine whose memory is what the test says, with a budget of 10 MiB. */
async function startEngine(t: Parameters<typeof TestEngine.start>[0]) {
  const memory = { usedBytes: 0 };
  const under = await TestEngine.start(t, {
    memoryBudgetBytes: 10 * MIB,
    readMemoryBytes: () => memory.usedBytes,
  });
  /** The alarm reads memory when enough was published, or time goes by while it is high. */
  const read = async (usedBytes: number) => {
    memory.usedBytes = usedBytes;
    under.clock.advance(1000);
    for (let turn = 0; turn < 20; turn++) await delay(1);
  };
  return { under, read };
}

for (const durable of [false, true]) {
  test(`transient messages of a ${durable ? "durable" : "transient"} queue go to the disk when memory is low, and come back in order`, async (t) => {
    const { under, read } = await startEngine(t);
    const queue = await under.queue("q", { durable });
    for (let at = 0; at < 3000; at++) under.publish("", "q", bodyAt(at));
    const before = queue.statistics().residentBytes;
    await read(9.5 * MIB);
    const paged = queue.statistics();
    assert.ok(
      paged.residentBytes < before - 1.4 * MIB,
      `${paged.residentBytes} of ${before} bytes are resident`,
    );
    assert.ok(paged.pageOuts > 0 && paged.pagedOutBytes > 0);
    for (let at = 3000; at < 3500; at++) under.publish("", "q", bodyAt(at));
    assert.equal(queue.statistics().pagedMessages, 500, "what comes while memory is low is not held at all");
    await read(1 * MIB);
    for (let at = 3500; at < 3600; at++) under.publish("", "q", bodyAt(at));
    assert.equal(queue.statistics().pagedMessages, 500);
    assert.deepEqual(
      under.bodies("q"),
      Array.from({ length: 3600 }, (_, at) => bodyAt(at)),
    );
    assert.equal(queue.statistics().residentBytes, 0);
  });
}

test("paged transient messages are purged, rejected and given back like others, and gone with the process", async (t) => {
  const { under, read } = await startEngine(t);
  const queue = await under.queue("q", { durable: true });
  const other = await under.queue("other");
  for (let at = 0; at < 2000; at++) {
    under.publish("", "q", bodyAt(at), at % 2 === 0 ? { deliveryMode: 2 } : {});
    under.publish("", "other", bodyAt(at));
  }
  await under.stored();
  await read(20 * MIB);
  assert.equal(queue.statistics().residentBytes, 0);
  assert.equal(queue.statistics().readyMessages, 2000);
  const taken = Array.from({ length: 10 }, () => queue.take(false)!);
  queue.requeue(taken.map(({ position }) => position));
  const again = queue.take(false)!;
  assert.equal(again.message.body.toString(), bodyAt(0));
  queue.reject([again.position]);
  assert.equal(other.purge(), 2000);
  const directories = () =>
    fs.readdirSync(`${under.directory}/queues`).filter((name) => name.startsWith("pages-"));
  assert.equal(directories().length, 1);
  await under.restart();
  assert.deepEqual(
    under.bodies("q"),
    Array.from({ length: 999 }, (_, at) => bodyAt((at + 1) * 2)),
  );
  assert.deepEqual(directories(), []);
});
