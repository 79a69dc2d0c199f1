import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { TestSubscription } from "../queue/test-queue.ts";
import { MemoryFileSystem } from "../store/memory-file-system.ts";
import { NOBODY, TestEngine, until } from "../engine/test-engine.ts";

const durable = true;

test("a disk that fails to read holds up one queue and no other, and neither consumers nor dead letters lose anything", async (t) => {
  const fileSystem = new MemoryFileSystem();
  const under = await TestEngine.start(t, { fileSystem });
  await under.queue("dead", { durable });
  const dying = {
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "dead",
    "x-message-ttl": 60_000,
  };
  await under.queue("dying", { durable, arguments: dying });
  await under.queue("q", { durable });
  const bodies = Array.from({ length: 50 }, (_, index) => String(index));
  for (const queue of ["dying", "q"]) {
    for (const body of bodies) under.publish("", queue, body, { deliveryMode: 2 });
  }
  await under.stored();
  // After a start bodies are on the disk alone.
  await under.restart();
  await under.queue("other");
  fileSystem.faults.readsToFail = Number.POSITIVE_INFINITY;
  const consumer = new TestSubscription("c");
  under.host.requireQueue("q", NOBODY).subscribe(consumer);
  under.clock.advance(60_000);
  for (let turn = 0; turn < 20; turn++) {
    under.clock.advance(5);
    await nextTurn();
  }
  under.publish("", "other", "live");
  assert.deepEqual(under.bodies("other"), ["live"]);
  assert.deepEqual(consumer.bodies, []);
  const faults = under.reports.filter(({ event }) => event === "stored message unreadable");
  assert.deepEqual(faults.map(({ fields }) => fields.queue).sort(), ["dying", "q"]);
  fileSystem.faults.readsToFail = 0;
  await until(() => {
    under.clock.advance(10);
    return consumer.bodies.length === bodies.length && under.readyCount("dead") === bodies.length;
  });
  assert.deepEqual(consumer.bodies, bodies);
  assert.deepEqual(under.bodies("dead"), bodies);
});

test("of a sector that cannot be read the messages in it alone are set aside, and named", async (t) => {
  const fileSystem = new MemoryFileSystem();
  const under = await TestEngine.start(t, { fileSystem });
  await under.queue("q", { durable });
  const bodies = Array.from({ length: 1000 }, (_, index) => String(index).padEnd(300, "."));
  for (const body of bodies) under.publish("", "q", body, { deliveryMode: 2 });
  await under.stored();
  await under.restart();
  fileSystem.faults.badSector = { position: 100_000, bytes: 512 };
  const consumer = new TestSubscription("c");
  const queue = under.host.requireQueue("q", NOBODY);
  queue.subscribe(consumer);
  await until(() => {
    under.clock.advance(100);
    return queue.readyCount === 0;
  });
  const { unreadableMessages, damagedMessages } = queue.statistics();
  assert.ok(unreadableMessages >= 2 && unreadableMessages <= 3, `${unreadableMessages}`);
  assert.equal(damagedMessages, 0);
  const missing = bodies.filter((body) => !consumer.bodies.includes(body));
  assert.equal(missing.length, unreadableMessages);
  assert.deepEqual(
    consumer.bodies,
    bodies.filter((body) => !missing.includes(body)),
  );
  const named = under.reports.filter(({ event }) => event === "stored message set aside");
  assert.deepEqual(
    named.map(({ fields }) => fields.message),
    missing.map((body) => Number.parseInt(body, 10)),
  );
  fileSystem.faults.badSector = null;
  for (const { position } of consumer.deliveries) queue.settle(position);
  await under.stored();
  await under.restart();
  assert.deepEqual(under.bodies("q"), missing);
});

for (const failures of [1, 3]) {
  test(`${failures} failing reads change nothing but the time`, async (t) => {
    const fileSystem = new MemoryFileSystem();
    const under = await TestEngine.start(t, { fileSystem });
    await under.queue("q", { durable });
    const bodies = Array.from({ length: 2000 }, (_, index) => String(index).padEnd(300, "."));
    for (const body of bodies) under.publish("", "q", body, { deliveryMode: 2 });
    await under.stored();
    await under.restart();
    const consumer = new TestSubscription("c");
    consumer.whenDelivered = ({ body }) => {
      if (Number.parseInt(body, 10) === 100) fileSystem.faults.readsToFail = failures;
    };
    under.host.requireQueue("q", NOBODY).subscribe(consumer);
    await until(() => {
      under.clock.advance(10);
      return consumer.bodies.length === bodies.length;
    });
    assert.deepEqual(consumer.bodies, bodies);
    assert.equal(fileSystem.faults.readsToFail, 0);
  });
}
