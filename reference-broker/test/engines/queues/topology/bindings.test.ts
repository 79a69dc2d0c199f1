import assert from "node:assert/strict";
import { test } from "node:test";
import { PUBLISHED } from "../../../../src/engines/queues/contract.ts";
import { bindingOf, NOBODY, refusal, TestEngine, tableOf } from "../engine/test-engine.ts";

test("binding twice is binding once; key and arguments tell bindings apart", async (t) => {
  const under = await TestEngine.start(t);
  await under.exchange("x", "direct");
  await under.queue("q");
  await under.bind("x", "q", "a", { n: 1, m: 2 });
  await under.bind("x", "q", "a", { m: 2, n: 1 });
  await under.bind("x", "q", "a");
  await under.bind("x", "q", "b");
  under.publish("x", "a", "one copy");
  assert.deepEqual(under.bodies("q"), ["one copy"]);
  const { host } = under;
  await host.unbindQueue(bindingOf("x", "q", "a", { n: 1, m: 2 }), NOBODY);
  await host.unbindQueue(bindingOf("x", "q", "a", { n: 2, m: 2 }), NOBODY);
  assert.equal(under.publish("x", "a"), PUBLISHED.routed);
  await host.unbindQueue(bindingOf("x", "q", "a"), NOBODY);
  assert.equal(under.publish("x", "a"), 0);
  assert.equal(under.publish("x", "b"), PUBLISHED.routed);
});

test("what is missing is named, the source first; unbinding it is done already", async (t) => {
  const under = await TestEngine.start(t);
  await under.exchange("x", "direct");
  await under.queue("q");
  const { host } = under;
  const noExchange = refusal("not-found", "no exchange 'none' in vhost '/'");
  await assert.rejects(under.bind("none", "none"), noExchange);
  await assert.rejects(under.bind("x", "none"), refusal("not-found", "no queue 'none' in vhost '/'"));
  await assert.rejects(host.bindExchange(bindingOf("x", "none")), noExchange);
  await assert.rejects(host.bindExchange(bindingOf("none", "x")), noExchange);
  await host.unbindQueue(bindingOf("none", "q"), NOBODY);
  await host.unbindQueue(bindingOf("x", "none"), NOBODY);
  await host.unbindExchange(bindingOf("x", "none"));
  await host.unbindExchange(bindingOf("none", "x"));
});

test("messages pass through exchanges bound in circles, one copy for each queue", async (t) => {
  const under = await TestEngine.start(t);
  for (const name of ["a", "b", "c"]) await under.exchange(name, "fanout");
  await under.queue("q");
  await under.queue("r");
  const { host } = under;
  for (const [from, to] of [
    ["a", "b"],
    ["b", "c"],
    ["c", "a"],
    ["a", "a"],
  ] as const) {
    await host.bindExchange(bindingOf(from, to));
  }
  await under.bind("b", "q");
  await under.bind("c", "q");
  await under.bind("c", "r");
  under.publish("a", "", "m");
  assert.deepEqual([under.bodies("q"), under.bodies("r")], [["m"], ["m"]]);
  await host.unbindExchange(bindingOf("b", "c"));
  under.publish("a", "", "m");
  assert.deepEqual([under.bodies("q"), under.bodies("r")], [["m"], []]);
});

test("an internal exchange gets messages from others", async (t) => {
  const under = await TestEngine.start(t);
  await under.exchange("x", "topic");
  await under.exchange("i", "direct", { internal: true });
  await under.queue("q");
  await under.host.bindExchange(bindingOf("x", "i", "a.#"));
  await under.bind("i", "q", "a.b");
  assert.equal(under.publish("x", "a.b"), PUBLISHED.routed);
  assert.equal(under.publish("x", "a.c"), 0);
});

test("the alternate exchange gets what is not routed, whenever it is declared", async (t) => {
  const under = await TestEngine.start(t);
  await under.exchange("x", "direct", { arguments: tableOf({ "alternate-exchange": "ae" }) });
  await under.queue("q");
  await under.queue("other");
  await under.bind("x", "q", "k");
  assert.equal(under.publish("x", "unknown", "lost"), 0);
  await under.exchange("ae", "fanout", { internal: true });
  await under.bind("ae", "other");
  assert.equal(under.publish("x", "unknown", "kept"), PUBLISHED.routed);
  assert.equal(under.publish("x", "k", "routed"), PUBLISHED.routed);
  assert.deepEqual([under.bodies("q"), under.bodies("other")], [["routed"], ["kept"]]);
  await under.host.deleteExchange("ae", false);
  assert.equal(under.publish("x", "unknown"), 0);
});

test("alternate exchanges in a circle end", async (t) => {
  const under = await TestEngine.start(t);
  await under.exchange("a", "direct", { arguments: tableOf({ "alternate-exchange": "b" }) });
  await under.exchange("b", "direct", { arguments: tableOf({ "alternate-exchange": "a" }) });
  assert.equal(under.publish("a", "k"), 0);
});

test("an auto-delete exchange goes with its last binding, and not before its first", async (t) => {
  const under = await TestEngine.start(t);
  const { host } = under;
  const autoDelete = true;
  await under.exchange("top", "fanout", { autoDelete });
  await under.exchange("x", "fanout", { autoDelete });
  await under.queue("q");
  await under.queue("r");
  await host.bindExchange(bindingOf("top", "x"));
  await under.bind("x", "q");
  await under.bind("x", "r");
  await host.unbindQueue(bindingOf("x", "q"), NOBODY);
  host.requireExchange("x");
  await host.deleteQueue("r", NOBODY, { ifUnused: false, ifEmpty: false });
  // And with it what led to nothing but it.
  for (const name of ["x", "top"]) assert.throws(() => host.requireExchange(name));
});

test("deleting a queue or an exchange takes its bindings along", async (t) => {
  const under = await TestEngine.start(t);
  const { host } = under;
  await under.exchange("x", "direct");
  await under.exchange("y", "fanout");
  await under.queue("q");
  await under.bind("x", "q", "k");
  await host.bindExchange(bindingOf("x", "y", "k"));
  await host.deleteQueue("q", NOBODY, { ifUnused: false, ifEmpty: false });
  await host.deleteExchange("y", false);
  await under.queue("q");
  await under.exchange("y", "fanout");
  await under.bind("y", "q");
  assert.equal(under.publish("x", "k"), 0);
  await host.deleteExchange("x", true);
});
