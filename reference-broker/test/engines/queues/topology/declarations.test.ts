import assert from "node:assert/strict";
import { test } from "node:test";
import { TestSubscription } from "../queue/test-queue.ts";
import { bindingOf, NOBODY, refusal, TestEngine, tableOf } from "../engine/test-engine.ts";

test("every virtual host has the exchanges that AMQP and RabbitMQ promise", async (t) => {
  const under = await TestEngine.start(t);
  const types = ["direct", "fanout", "topic", "headers", "match"].map(
    (name) => under.host.requireExchange(`amq.${name}`).type,
  );
  assert.deepEqual(types, ["direct", "fanout", "topic", "headers", "headers"]);
  assert.deepEqual({ ...under.host.requireExchange("amq.rabbitmq.trace"), type: "topic" }.internal, true);
});

test("redeclaring an exchange alike is fine, otherwise the first difference is named", async (t) => {
  const under = await TestEngine.start(t);
  const table = tableOf({ "alternate-exchange": "ae", other: 1 });
  await under.exchange("x", "direct", { durable: true, arguments: table });
  await under.exchange("x", "direct", { durable: true, arguments: tableOf({ "alternate-exchange": "ae" }) });
  const resource = "for exchange 'x' in vhost '/': received";
  const expectations: [() => Promise<void>, string][] = [
    [
      () => under.exchange("x", "fanout"),
      `inequivalent arg 'type' ${resource} 'fanout' but current is 'direct'`,
    ],
    [
      () => under.exchange("x", "direct", { arguments: table }),
      `inequivalent arg 'durable' ${resource} 'false' but current is 'true'`,
    ],
    [
      () => under.exchange("x", "direct", { durable: true, autoDelete: true }),
      `inequivalent arg 'auto_delete' ${resource} 'true' but current is 'false'`,
    ],
    [
      () => under.exchange("x", "direct", { durable: true, internal: true }),
      `inequivalent arg 'internal' ${resource} 'true' but current is 'false'`,
    ],
    [
      () => under.exchange("x", "direct", { durable: true }),
      `inequivalent arg 'alternate-exchange' ${resource} none but current is the value 'ae' of type 'longstr'`,
    ],
    [
      () =>
        under.exchange("x", "direct", { durable: true, arguments: tableOf({ "alternate-exchange": "b" }) }),
      `inequivalent arg 'alternate-exchange' ${resource} 'b' but current is 'ae'`,
    ],
  ];
  for (const [declare, message] of expectations) {
    await assert.rejects(declare, refusal("precondition-failed", message));
  }
});

test("exchanges that cannot be declared, deleted or published to", async (t) => {
  const under = await TestEngine.start(t);
  await assert.rejects(
    under.exchange("x", "x-random"),
    refusal("precondition-failed", "unknown exchange type 'x-random'"),
  );
  await assert.rejects(
    under.exchange("amq.mine", "direct"),
    refusal("access-refused", "exchange name 'amq.mine' contains reserved prefix 'amq.*'"),
  );
  await under.exchange("amq.direct", "direct", { durable: true });
  await assert.rejects(
    under.exchange("x", "direct", { arguments: tableOf({ "alternate-exchange": 1 }) }),
    refusal(
      "precondition-failed",
      "invalid type 'signedint' for arg 'alternate-exchange' in exchange 'x' in vhost '/'",
    ),
  );
  await assert.rejects(
    under.host.deleteExchange("amq.direct", false),
    refusal("access-refused", "deletion of system exchange 'amq.direct' in vhost '/' not allowed"),
  );
  assert.throws(() => under.host.requireExchange("x"), refusal("not-found", "no exchange 'x' in vhost '/'"));
  assert.throws(() => under.publish("x", ""), refusal("not-found", "no exchange 'x' in vhost '/'"));
  await under.exchange("i", "fanout", { internal: true });
  assert.throws(
    () => under.publish("i", ""),
    refusal("access-refused", "cannot publish to internal exchange 'i' in vhost '/'"),
  );
  await under.host.deleteExchange("never declared", true);
});

test("the default exchange is nobody's to change", async (t) => {
  const under = await TestEngine.start(t);
  await under.queue("q");
  const refused = refusal("access-refused", "operation not permitted on the default exchange");
  await assert.rejects(under.exchange("", "direct", { durable: true }), refused);
  await assert.rejects(under.host.deleteExchange("", false), refused);
  await assert.rejects(under.bind("", "q", "q"), refused);
  await assert.rejects(under.host.unbindQueue(bindingOf("", "q", "q"), NOBODY), refused);
  await assert.rejects(under.host.bindExchange(bindingOf("amq.direct", "", "")), refused);
  assert.throws(() => under.host.requireExchange(""), refused);
});

test("an exchange in use is not deleted when it has to be unused", async (t) => {
  const under = await TestEngine.start(t);
  await under.exchange("x", "fanout");
  await under.exchange("y", "fanout");
  await under.host.bindExchange(bindingOf("x", "y"));
  await assert.rejects(
    under.host.deleteExchange("x", true),
    refusal("precondition-failed", "exchange 'x' in vhost '/' in use"),
  );
  // Being a destination is no use.
  await under.host.deleteExchange("y", true);
  await under.host.deleteExchange("x", true);
  assert.throws(() => under.host.requireExchange("x"));
});

test("redeclaring a queue alike is fine, otherwise the first difference is named", async (t) => {
  const under = await TestEngine.start(t);
  const durable = true;
  const queue = await under.queue("q", { durable, arguments: { "x-message-ttl": 1000, unknown: 1 } });
  const long = { type: "l", value: 1000 } as const;
  assert.equal(await under.queue("q", { durable, arguments: { "x-message-ttl": long } }), queue);
  const classic = { "x-message-ttl": 1000, "x-queue-type": "classic" };
  assert.equal(await under.queue("q", { durable, arguments: classic }), queue);
  const resource = "for queue 'q' in vhost '/': received";
  await assert.rejects(
    under.queue("q"),
    refusal("precondition-failed", `inequivalent arg 'durable' ${resource} 'false' but current is 'true'`),
  );
  await assert.rejects(
    under.queue("q", { durable, autoDelete: true }),
    refusal(
      "precondition-failed",
      `inequivalent arg 'auto_delete' ${resource} 'true' but current is 'false'`,
    ),
  );
  await assert.rejects(
    under.queue("q", { durable }),
    refusal(
      "precondition-failed",
      `inequivalent arg 'x-message-ttl' ${resource} none but current is the value '1000' of type 'signedint'`,
    ),
  );
  await assert.rejects(
    under.queue("q", { durable, arguments: { "x-message-ttl": 2000 } }),
    refusal(
      "precondition-failed",
      `inequivalent arg 'x-message-ttl' ${resource} '2000' but current is '1000'`,
    ),
  );
});

test("the server names queues as nobody guesses them, and keeps the prefix for itself", async (t) => {
  const under = await TestEngine.start(t);
  const [a, b] = [await under.queue(""), await under.queue("")];
  assert.match(a.name, /^amq\.gen-[\w-]{22}$/);
  assert.notEqual(a.name, b.name);
  await assert.rejects(
    under.queue(a.name),
    refusal("access-refused", `queue name '${a.name}' contains reserved prefix 'amq.*'`),
  );
  assert.equal(under.host.requireQueue(a.name, NOBODY), a);
});

test("an exclusive queue is its connection's alone and goes with it", async (t) => {
  const under = await TestEngine.start(t);
  const owner = {};
  const queue = await under.queue("q", { exclusiveOwner: owner, durable: true });
  assert.equal(await under.queue("q", { exclusiveOwner: owner }), queue);
  assert.equal(queue.durable, false);
  await under.host.bindQueue(bindingOf("amq.direct", "q", "k"), owner);
  const locked = refusal(
    "resource-locked",
    "cannot obtain exclusive access to locked queue 'q' in vhost '/'. It could be originally declared on another " +
      "connection or the exclusive property value does not match that of the original declaration.",
  );
  const { host } = under;
  await assert.rejects(under.queue("q"), locked);
  await assert.rejects(under.queue("q", { exclusiveOwner: {} }), locked);
  assert.throws(() => host.requireQueue("q", NOBODY), locked);
  await assert.rejects(under.bind("amq.direct", "q", "k"), locked);
  await assert.rejects(host.deleteQueue("q", NOBODY, { ifUnused: false, ifEmpty: false }), locked);
  await assert.rejects(host.unbindQueue(bindingOf("amq.direct", "q", "k"), NOBODY), locked);
  await host.unbindQueue(bindingOf("amq.direct", "q", "other"), NOBODY);
  host.releaseOwner(owner);
  assert.equal(queue.isDeleted, true);
  assert.equal((await under.queue("q")).isDeleted, false);
});

test("deleting a queue by its conditions, and one that is not there", async (t) => {
  const under = await TestEngine.start(t);
  const { host } = under;
  await under.queue("q");
  under.publish("", "q");
  const conditions = { ifUnused: true, ifEmpty: true };
  await assert.rejects(
    host.deleteQueue("q", NOBODY, conditions),
    refusal("precondition-failed", "queue 'q' in vhost '/' not empty"),
  );
  under.drain("q");
  const subscription = new TestSubscription("c", { prefetch: 0 });
  host.requireQueue("q", NOBODY).subscribe(subscription);
  await assert.rejects(
    host.deleteQueue("q", NOBODY, conditions),
    refusal("precondition-failed", "queue 'q' in vhost '/' in use"),
  );
  for (let count = 0; count < 3; count++) under.publish("", "q");
  assert.equal(await host.deleteQueue("q", NOBODY, { ifUnused: false, ifEmpty: false }), 3);
  assert.equal(await host.deleteQueue("q", NOBODY, conditions), 0);
  assert.throws(() => host.requireQueue("q", NOBODY), refusal("not-found", "no queue 'q' in vhost '/'"));
  assert.equal(under.publish("", "q"), 0);
});

test("wrong arguments leave no queue behind", async (t) => {
  const under = await TestEngine.start(t);
  await assert.rejects(
    under.queue("q", { durable: true, arguments: { "x-message-ttl": -1 } }),
    refusal(
      "precondition-failed",
      "invalid arg 'x-message-ttl' for queue 'q' in vhost '/': {value_negative,-1}",
    ),
  );
  assert.throws(() => under.host.requireQueue("q", NOBODY));
  await under.restart();
  assert.throws(() => under.host.requireQueue("q", NOBODY));
});

test("an auto-delete queue goes when its last consumer does", async (t) => {
  const under = await TestEngine.start(t);
  const queue = await under.queue("q", { autoDelete: true });
  assert.equal(queue.isDeleted, false);
  const subscription = new TestSubscription("c", { prefetch: 0 });
  queue.subscribe(subscription);
  queue.unsubscribe(subscription);
  assert.equal(queue.isDeleted, true);
  assert.throws(() => under.host.requireQueue("q", NOBODY));
});

test("a queue that nobody uses goes after x-expires; declaring it again is use", async (t) => {
  const under = await TestEngine.start(t);
  const declare = () => under.queue("q", { arguments: { "x-expires": 1000 } });
  const queue = await declare();
  under.clock.advance(900);
  await declare();
  under.clock.advance(900);
  assert.equal(queue.isDeleted, false);
  under.clock.advance(101);
  assert.equal(queue.isDeleted, true);
  assert.throws(() => under.host.requireQueue("q", NOBODY));
});
