import assert from "node:assert/strict";
import { test } from "node:test";
import { PUBLISHED } from "../../../../src/engines/queues/contract.ts";
import {
  fieldOf,
  keysOf,
  messageOf,
  refusal,
  settleTurns,
  TestEngine,
  tableOf,
} from "../engine/test-engine.ts";

test("every queue is reached by its name, as long as it is there", async (t) => {
  const under = await TestEngine.start(t);
  assert.equal(under.publish("", "q"), 0);
  await under.queue("q");
  assert.equal(under.publish("", "q", "m"), PUBLISHED.routed);
  assert.deepEqual(under.bodies("q"), ["m"]);
});

test("bits say what became of a publish in all its queues", async (t) => {
  const under = await TestEngine.start(t);
  await under.queue("durable", { durable: true });
  await under.queue("full", { arguments: { "x-max-length": 0, "x-overflow": "reject-publish" } });
  await under.bind("amq.fanout", "durable");
  await under.bind("amq.fanout", "full");
  const bits = under.publish("amq.fanout", "", "m", { deliveryMode: 2 });
  assert.equal(bits, PUBLISHED.routed | PUBLISHED.refused | PUBLISHED.storing);
  assert.equal(under.publish("amq.fanout", "", "m"), PUBLISHED.routed | PUBLISHED.refused);
  assert.equal(under.readyCount("durable"), 2);
});

test("CC and BCC add keys, BCC is not passed on, and no queue gets two copies", async (t) => {
  const under = await TestEngine.start(t);
  for (const name of ["a", "b", "c"]) await under.queue(name);
  const headers = tableOf({ CC: keysOf("b", "a"), BCC: keysOf("c", "b"), other: 1 });
  assert.equal(under.publish("", "a", "m", { headers, contentType: "text/plain" }), PUBLISHED.routed);
  const [[a], [b], [c]] = [under.drain("a"), under.drain("b"), under.drain("c")];
  for (const message of [a, b, c]) {
    assert.deepEqual(message?.headers(), tableOf({ CC: keysOf("b", "a"), other: 1 }));
    assert.equal(message?.routingKey, "a");
    assert.ok(message.properties.includes("text/plain"));
  }
  await under.exchange("x", "direct");
  for (const name of ["a", "b", "c"]) await under.bind("x", name, name);
  await under.bind("x", "a", "b");
  under.publish("x", "none", "m", { headers });
  assert.deepEqual([under.bodies("a"), under.bodies("b"), under.bodies("c")], [["m"], ["m"], ["m"]]);
});

test("the alternate exchange is for messages that none of their keys route", async (t) => {
  const under = await TestEngine.start(t);
  await under.exchange("x", "direct", { arguments: tableOf({ "alternate-exchange": "amq.fanout" }) });
  await under.queue("q");
  await under.queue("unrouted");
  await under.bind("x", "q", "k");
  await under.bind("amq.fanout", "unrouted");
  under.publish("x", "none", "m", { headers: tableOf({ CC: keysOf("k") }) });
  assert.deepEqual([under.bodies("q"), under.bodies("unrouted")], [["m"], []]);
});

test("CC and BCC must be arrays, and what is no long string in them is passed over", async (t) => {
  const under = await TestEngine.start(t);
  await under.queue("q");
  for (const name of ["CC", "BCC"]) {
    assert.throws(
      () => under.publish("", "q", "", { headers: tableOf({ [name]: "q" }) }),
      refusal("precondition-failed", `invalid message: {unacceptable_type_in_header,"${name}",longstr}`),
    );
  }
  const headers = tableOf({ CC: { type: "A", value: [fieldOf(1), fieldOf("q")] } });
  assert.equal(under.publish("", "none", "m", { headers }), PUBLISHED.routed);
  assert.deepEqual(under.bodies("q"), ["m"]);
});

test("a message without these headers is stored as it came, bytes and all", async (t) => {
  const under = await TestEngine.start(t);
  await under.queue("q");
  for (const headers of [tableOf({ a: "CC" }), tableOf({ "x-death": "mine" }), tableOf({})]) {
    const message = messageOf("", "q", "m", { headers, messageId: "CC" });
    under.host.publish(message);
    assert.equal(under.drain("q")[0], message);
  }
});

test("routes are right after any change between two publishes", async (t) => {
  const under = await TestEngine.start(t);
  await under.queue("q");
  await under.exchange("x", "topic");
  assert.equal(under.publish("x", "a.b"), 0);
  await under.bind("x", "q", "a.*");
  assert.equal(under.publish("x", "a.b"), PUBLISHED.routed);
  await under.queue("r");
  await under.bind("x", "r", "#");
  under.publish("x", "a.b");
  assert.deepEqual([under.readyCount("q"), under.readyCount("r")], [2, 1]);
  await under.host.deleteExchange("x", false);
  await under.exchange("x", "topic");
  assert.equal(under.publish("x", "a.b"), 0);
});

test("publishers wait for the queues that block them, and are called once", async (t) => {
  const under = await TestEngine.start(t);
  const policy = { "x-max-length": 2, "x-overflow": "block-publisher" };
  await under.queue("q", { arguments: policy });
  let resumed = 0;
  under.host.whenRoom(() => resumed++);
  assert.equal(resumed, 0);
  await settleTurns();
  assert.equal(resumed, 1);
  let bits = 0;
  while ((bits & PUBLISHED.blocked) === 0) bits = under.publish("", "q");
  under.host.whenRoom(() => resumed++);
  await settleTurns();
  assert.equal(resumed, 1);
  under.drain("q");
  await settleTurns();
  assert.equal(resumed, 2);
});

test("deleting the queue that blocks lets publishers on", async (t) => {
  const under = await TestEngine.start(t);
  const owner = {};
  const policy = { "x-max-length": 1, "x-overflow": "block-publisher" };
  await under.queue("q", { arguments: policy, exclusiveOwner: owner });
  while ((under.publish("", "q") & PUBLISHED.blocked) === 0);
  let resumed = false;
  under.host.whenRoom(() => {
    resumed = true;
  });
  under.host.releaseOwner(owner);
  await settleTurns();
  assert.equal(resumed, true);
});
