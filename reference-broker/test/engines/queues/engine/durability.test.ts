import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PUBLISHED } from "../../../../src/engines/queues/contract.ts";
import { faultyFileSystem } from "../../../mechanisms/faulty-file-system.ts";
import { bindingOf, NOBODY, type TestEngine as Engine, refusal, TestEngine, tableOf } from "./test-engine.ts";

const durable = true;
const ALL_VALUES = tableOf({
  text: "t",
  number: -1,
  long: { type: "l", value: 2n ** 62n },
  double: { type: "d", value: Number.NaN },
  bytes: { type: "x", value: Buffer.from([0, 255]) },
  nothing: { type: "V", value: null },
  nested: { type: "F", value: tableOf({ array: { type: "A", value: [{ type: "t", value: true }] } }) },
});

async function declareAll(under: Engine): Promise<void> {
  await under.exchange("x", "topic", { durable, internal: true, autoDelete: true, arguments: ALL_VALUES });
  await under.exchange("transient", "fanout");
  await under.queue("q", { durable, autoDelete: true, arguments: { "x-max-length": 10 } });
  await under.queue("gone");
  await under.host.bindQueue(
    { source: "x", destination: "q", routingKey: "a.*", arguments: ALL_VALUES },
    NOBODY,
  );
  await under.bind("transient", "q");
  await under.bind("amq.fanout", "gone");
  await under.host.bindExchange(bindingOf("amq.topic", "x", "#"));
}

for (const way of ["restart", "kill"] as const) {
  test(`what is durable is there again after a ${way}, and nothing else`, async (t) => {
    const under = await TestEngine.start(t);
    await declareAll(under);
    await under[way]();
    await under.exchange("x", "topic", { durable, internal: true, autoDelete: true, arguments: ALL_VALUES });
    await under.queue("q", { durable, autoDelete: true, arguments: { "x-max-length": 10 } });
    assert.throws(() => under.host.requireExchange("transient"));
    assert.throws(
      () => under.host.requireQueue("gone", NOBODY),
      refusal("not-found", "no queue 'gone' in vhost '/'"),
    );
    assert.equal(under.publish("amq.topic", "a.b"), PUBLISHED.routed);
    assert.equal(under.publish("amq.topic", "a.b.c"), 0);
    // Equal arguments find the restored binding, so that unbinding it ends the auto-delete exchange.
    await under.host.unbindQueue(
      { source: "x", destination: "q", routingKey: "a.*", arguments: ALL_VALUES },
      NOBODY,
    );
    assert.throws(() => under.host.requireExchange("x"));
  });

  test(`what was deleted stays so after a ${way}`, async (t) => {
    const under = await TestEngine.start(t);
    await declareAll(under);
    await under.exchange("y", "fanout", { durable });
    await under.bind("y", "q");
    await under.host.deleteExchange("x", false);
    under.publish("y", "", "m", { deliveryMode: 2 });
    await under.host.deleteQueue("q", NOBODY, { ifUnused: false, ifEmpty: false });
    await under[way]();
    assert.throws(() => under.host.requireExchange("x"));
    const queue = await under.queue("q", { durable });
    assert.equal(queue.readyCount, 0);
    assert.equal(under.publish("y", ""), 0);
  });

  test(`persistent messages are there after a ${way}, in their order and with their properties`, async (t) => {
    const under = await TestEngine.start(t);
    await under.queue("q", { durable });
    const headers = tableOf({ n: 1 });
    for (const body of ["a", "b", "c"]) under.publish("", "q", body, { deliveryMode: 2, headers });
    under.publish("", "q", "transient");
    const taken = under.host.requireQueue("q", NOBODY).take(false)!;
    under.host.requireQueue("q", NOBODY).settle(taken.position);
    await under[way]();
    const messages = under.drain("q");
    assert.deepEqual(
      messages.map(({ body }) => body.toString()),
      ["b", "c"],
    );
    assert.deepEqual(messages[0]!.headers(), headers);
    assert.equal(messages[0]!.routingKey, "q");
  });
}

test("virtual hosts are apart and survive", async (t) => {
  const under = await TestEngine.start(t);
  const other = await under.engine.createVirtualHost("other");
  assert.equal(await under.engine.createVirtualHost("other"), other);
  await under.queue("q", { durable });
  assert.throws(() => other.requireQueue("q", NOBODY), refusal("not-found", "no queue 'q' in vhost 'other'"));
  const declaration = { name: "q", durable, autoDelete: false, arguments: [], exclusiveOwner: null };
  await other.declareQueue(declaration);
  under.publish("", "q", "m", { deliveryMode: 2 });
  await under.restart();
  assert.deepEqual([...under.engine.virtualHosts.keys()].sort(), ["/", "other"]);
  assert.equal(under.readyCount("q"), 1);
  assert.equal(under.hostNamed("other").requireQueue("q", NOBODY).readyCount, 0);
  assert.equal(under.engine.virtualHost("none"), undefined);
});

test("an exclusive queue is not stored, not even a durable one", async (t) => {
  const under = await TestEngine.start(t);
  await under.queue("q", { durable, exclusiveOwner: {} });
  assert.equal(under.publish("", "q", "m", { deliveryMode: 2 }), PUBLISHED.routed);
  await under.kill();
  assert.throws(() => under.host.requireQueue("q", NOBODY));
});

test("stores that belong to no queue are removed, and their names not used again", async (t) => {
  const under = await TestEngine.start(t);
  await under.queue("q", { durable });
  under.publish("", "q", "m", { deliveryMode: 2 });
  await under.stored();
  const stores = join(under.directory, "queues", "stores");
  const [name] = fs.readdirSync(stores);
  fs.cpSync(join(stores, name!), join(stores, "7"), { recursive: true });
  await under.restart();
  assert.deepEqual(
    under.reports.map(({ event }) => event),
    ["leftover removed"],
  );
  assert.deepEqual(under.bodies("q"), ["m"]);
  await under.queue("r", { durable });
  assert.equal(under.readyCount("r"), 0);
});

test("a definition that cannot be stored is refused", async (t) => {
  const fileSystem = faultyFileSystem();
  const under = await TestEngine.start(t, { fileSystem });
  fileSystem.faults.roomBytes = 10;
  await assert.rejects(under.queue("q", { durable }), { code: "STORAGE_FAILED" });
  fileSystem.faults.roomBytes = null;
  // It is there, and stored with the next.
  await under.queue("q", { durable });
  await under.restart();
  assert.equal(under.readyCount("q"), 0);
});
