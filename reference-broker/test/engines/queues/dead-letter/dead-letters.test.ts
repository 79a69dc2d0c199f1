import assert from "node:assert/strict";
import { test } from "node:test";
import { PUBLISHED } from "../../../../src/engines/queues/contract.ts";
import { readDeaths } from "../../../../src/engines/queues/deaths.ts";
import type { Message } from "../../../../src/mechanisms/message.ts";
import { decodeProperties } from "../../../../src/mechanisms/basic-properties.ts";
import {
  type ArgumentValue,
  keysOf,
  NOBODY,
  settleTurns,
  TestEngine,
  tableOf,
  until,
} from "../engine/test-engine.ts";

const durable = true;

/** A queue whose dead letters go to `dlx`, a fanout with the queue `dead`. */
async function withDeadLetters(
  t: Parameters<typeof TestEngine.start>[0],
  table: Record<string, ArgumentValue> = {},
): Promise<TestEngine> {
  const under = await TestEngine.start(t);
  await under.exchange("dlx", "fanout", { durable });
  await under.queue("dead", { durable });
  await under.bind("dlx", "dead");
  await under.queue("q", { durable, arguments: { "x-dead-letter-exchange": "dlx", ...table } });
  return under;
}

function reject(under: TestEngine, queue: string, count = 1): void {
  const from = under.host.requireQueue(queue, NOBODY);
  const positions = Array.from({ length: count }, () => from.take(false)!.position);
  from.reject(positions);
}

async function arrived(under: TestEngine, queue: string, count = 1): Promise<Message[]> {
  await until(() => under.readyCount(queue) >= count);
  return under.drain(queue);
}

const deathsOf = (message: Message) => readDeaths(message.headers() ?? []);

test("rejected: a letter with its history, in a later turn", async (t) => {
  const under = await withDeadLetters(t);
  under.publish("amq.direct", "none");
  await under.bind("amq.direct", "q", "k");
  const headers = tableOf({ CC: keysOf("cc"), BCC: keysOf("bcc") });
  under.publish("amq.direct", "k", "m", { headers, expiration: "5000", messageId: "id", deliveryMode: 2 });
  under.clock.advance(10);
  reject(under, "q");
  assert.equal(under.readyCount("dead"), 0);
  const [letter] = await arrived(under, "dead");
  assert.equal(letter!.exchange, "dlx");
  assert.equal(letter!.routingKey, "k");
  assert.equal(letter!.body.toString(), "m");
  assert.equal(letter!.expirationMs, -1);
  assert.deepEqual(deathsOf(letter!), [
    {
      ...{ queue: "q", reason: "rejected", count: 1, exchange: "amq.direct", routingKeys: ["k", "cc"] },
      ...{ timeSeconds: 1_700_000_000, originalExpiration: "5000" },
    },
  ]);
  const { headers: written, ...properties } = decodeProperties(letter!.properties);
  assert.deepEqual(properties, { messageId: "id", deliveryMode: 2 });
  const names = written!.map(([name]) => name);
  assert.deepEqual(names.slice(0, 2), ["CC", "x-death"]);
});

test("expired, dropped for length and refused messages are letters too, each once and in order", async (t) => {
  const under = await withDeadLetters(t, { "x-message-ttl": 100 });
  for (const body of ["a", "b", "c"]) under.publish("", "q", body);
  under.clock.advance(101);
  assert.deepEqual(
    (await arrived(under, "dead", 3)).map(({ body }) => body.toString()),
    ["a", "b", "c"],
  );

  const target = { "x-dead-letter-exchange": "dlx", "x-max-length": 1 };
  await under.queue("short", { arguments: target });
  for (const body of ["a", "b", "c"]) under.publish("", "short", body);
  const dropped = await arrived(under, "dead", 2);
  assert.deepEqual(
    dropped.map(({ body }) => body.toString()),
    ["a", "b"],
  );
  assert.equal(deathsOf(dropped[0]!)![0]!.reason, "maxlen");

  await under.queue("full", { arguments: { ...target, "x-overflow": "reject-publish-dlx" } });
  under.publish("", "full", "kept");
  assert.equal(under.publish("", "full", "refused"), PUBLISHED.routed | PUBLISHED.refused);
  assert.deepEqual(
    (await arrived(under, "dead")).map(({ body }) => body.toString()),
    ["refused"],
  );
});

test("purged and deleted messages, and those requeued, are no letters", async (t) => {
  const under = await withDeadLetters(t);
  const queue = under.host.requireQueue("q", NOBODY);
  for (let count = 0; count < 3; count++) under.publish("", "q");
  queue.requeue([queue.take(false)!.position]);
  queue.purge();
  under.publish("", "q");
  await under.host.deleteQueue("q", NOBODY, { ifUnused: false, ifEmpty: false });
  await settleTurns();
  assert.equal(under.readyCount("dead"), 0);
});

test("the queue's routing key replaces the message's, CC and BCC go, and the default exchange will do", async (t) => {
  const under = await withDeadLetters(t, {
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "dead",
  });
  for (const name of ["cc", "bcc"]) await under.queue(name);
  under.publish("", "q", "m", { headers: tableOf({ CC: keysOf("cc"), BCC: keysOf("bcc") }) });
  for (const name of ["cc", "bcc"]) under.drain(name);
  reject(under, "q");
  const [letter] = await arrived(under, "dead");
  assert.equal(letter!.exchange, "");
  assert.equal(letter!.routingKey, "dead");
  assert.equal(
    letter!.headers()!.some(([name]) => name === "CC"),
    false,
  );
  assert.deepEqual([under.readyCount("cc"), under.readyCount("bcc")], [0, 0]);
});

test("else all keys of the message are its letter's, BCC included", async (t) => {
  const under = await withDeadLetters(t, { "x-dead-letter-exchange": "amq.direct" });
  for (const name of ["k", "cc", "bcc"]) {
    await under.queue(name);
    await under.bind("amq.direct", name, name);
  }
  await under.bind("amq.fanout", "q");
  const headers = tableOf({ CC: keysOf("cc"), BCC: keysOf("bcc") });
  under.publish("amq.fanout", "k", "m", { headers });
  reject(under, "q");
  await arrived(under, "k");
  assert.deepEqual([under.bodies("cc"), under.bodies("bcc")], [["m"], ["m"]]);
});

test("a missing exchange swallows letters, and gets them once it is there", async (t) => {
  const under = await TestEngine.start(t);
  await under.queue("q", { arguments: { "x-dead-letter-exchange": "later" } });
  under.publish("", "q", "lost");
  reject(under, "q");
  await settleTurns();
  await under.exchange("later", "fanout", { internal: true });
  await under.queue("dead");
  await under.bind("later", "dead");
  under.publish("", "q", "kept");
  reject(under, "q");
  assert.deepEqual(
    (await arrived(under, "dead")).map(({ body }) => body.toString()),
    ["kept"],
  );
});

test("histories add up over queues, and the first and last death are told", async (t) => {
  const under = await withDeadLetters(t);
  await under.queue("second", {
    arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "q" },
  });
  await under.bind("dlx", "second");
  under.publish("", "q", "m");
  reject(under, "q");
  under.clock.advance(2000);
  await until(() => under.readyCount("second") === 1);
  reject(under, "second");
  await until(() => under.readyCount("q") === 1);
  under.drain("dead");
  reject(under, "q");
  const [letter] = await arrived(under, "dead");
  const deaths = deathsOf(letter!)!.map(({ queue, count, timeSeconds }) => [queue, count, timeSeconds]);
  assert.deepEqual(deaths, [
    ["q", 2, 1_700_000_000],
    ["second", 1, 1_700_000_002],
  ]);
  const values = Object.fromEntries(letter!.headers()!.map(([name, { value }]) => [name, value]));
  assert.equal(values["x-first-death-queue"], "q");
  assert.equal(values["x-first-death-exchange"], "");
  assert.equal(values["x-last-death-queue"], "q");
  assert.equal(values["x-last-death-exchange"], "");
});

test("a message that only the broker moves comes back once and is dropped; others at the exchange get it", async (t) => {
  const under = await withDeadLetters(t, { "x-message-ttl": 10 });
  await under.bind("dlx", "q");
  under.publish("", "q", "m");
  under.clock.advance(11);
  await until(() => under.readyCount("dead") === 1);
  await settleTurns();
  assert.equal(under.readyCount("q"), 0);
  assert.deepEqual(
    under.reports.map(({ event, fields }) => [event, fields.queues]),
    [["dead letter cycle", ["q", "q"]]],
  );
});

test("with a rejection in the circle it goes round as often as it is rejected", async (t) => {
  const under = await TestEngine.start(t);
  const to = (key: string) => ({ "x-dead-letter-exchange": "", "x-dead-letter-routing-key": key });
  await under.queue("work", { arguments: to("retry") });
  await under.queue("retry", { arguments: { ...to("work"), "x-message-ttl": 1000 } });
  under.publish("", "work", "m");
  for (let round = 1; round <= 5; round++) {
    reject(under, "work");
    await until(() => under.readyCount("retry") === 1);
    under.clock.advance(1001);
    await until(() => under.readyCount("work") === 1);
  }
  const [letter] = under.drain("work");
  assert.deepEqual(
    deathsOf(letter!)!.map(({ queue, reason, count }) => [queue, reason, count]),
    [
      ["retry", "expired", 5],
      ["work", "rejected", 5],
    ],
  );
});

test("a client's x-death is not believed", async (t) => {
  const under = await withDeadLetters(t, { "x-message-ttl": 10 });
  under.publish("", "q", "m");
  under.clock.advance(11);
  const [letter] = await arrived(under, "dead");
  // Published again with all its headers, as a client that retries does: no cycle, and a new history.
  under.publish("", "q", "again", { headers: letter!.headers()! });
  const [queued] = under.drain("q");
  assert.equal(readDeaths(queued!.headers()!), null);
  under.publish("", "q", "again", { headers: letter!.headers()! });
  await under.bind("dlx", "q");
  under.clock.advance(11);
  const [second] = await arrived(under, "dead");
  assert.equal(deathsOf(second!)![0]!.count, 1);
});

test("many letters arrive in order over many turns, and none enters a queue within its own call", async (t) => {
  const under = await withDeadLetters(t, { "x-message-ttl": 10 });
  await under.bind("dlx", "q");
  const count = 5000;
  for (let index = 0; index < count; index++) under.publish("", "q", String(index));
  under.clock.advance(11);
  const letters = await arrived(under, "dead", count);
  assert.deepEqual(
    letters.map(({ body }) => Number(body)),
    Array.from({ length: count }, (_, index) => index),
  );
});

test("a letter is stored where it goes before its copy goes where it was: a kill loses none", async (t) => {
  const under = await withDeadLetters(t);
  for (const body of ["a", "b"]) under.publish("", "q", body, { deliveryMode: 2 });
  await under.stored();
  reject(under, "q", 2);
  // Not routed yet: still where they were.
  await under.kill();
  assert.deepEqual(under.readyCount("q") + under.readyCount("dead"), 2);
  reject(under, "q", under.readyCount("q"));
  await until(() => under.readyCount("dead") === 2);
  // The old copies go with the commit after that of the letters.
  await under.stored();
  await under.kill();
  assert.deepEqual(under.bodies("dead"), ["a", "b"]);
  assert.equal(under.readyCount("q"), 0);
});

test("closing routes the letters that wait", async (t) => {
  const under = await withDeadLetters(t);
  under.publish("", "q", "m", { deliveryMode: 2 });
  reject(under, "q");
  await under.restart();
  assert.deepEqual([under.bodies("q"), under.bodies("dead")], [[], ["m"]]);
});

test("what expired while the broker was down is a letter after the start", async (t) => {
  const under = await withDeadLetters(t, { "x-message-ttl": 1000 });
  under.publish("", "q", "m", { deliveryMode: 2 });
  await under.stored();
  await under.engine.close();
  under.clock.stall(5000);
  await under.open();
  under.clock.advance(1);
  const [letter] = await arrived(under, "dead");
  assert.equal(deathsOf(letter!)![0]!.reason, "expired");
});
