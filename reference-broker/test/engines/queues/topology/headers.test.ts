import assert from "node:assert/strict";
import { test } from "node:test";
import { type ArgumentValue, refusal, TestEngine, tableOf } from "../engine/test-engine.ts";

type Headers = Record<string, ArgumentValue>;

async function bound(
  t: Parameters<typeof TestEngine.start>[0],
  table: Headers,
): Promise<(headers: Headers) => boolean> {
  const under = await TestEngine.start(t);
  await under.queue("q");
  await under.bind("amq.headers", "q", "any key", table);
  return (headers) => {
    under.publish("amq.headers", "another key", "", { headers: tableOf(headers) });
    return under.drain("q").length === 1;
  };
}

test("without x-match all headers have to be there, whatever the width of their numbers", async (t) => {
  const isRouted = await bound(t, { a: 1, b: "2", "x-c": 3 });
  assert.equal(isRouted({ a: 1, b: "2" }), true);
  assert.equal(isRouted({ a: { type: "l", value: 1 }, b: "2", d: true }), true);
  assert.equal(isRouted({ a: { type: "d", value: 1 }, b: "2" }), true);
  assert.equal(isRouted({ a: 1 }), false);
  assert.equal(isRouted({ a: 1, b: 2 }), false);
  assert.equal(isRouted({ a: true, b: "2" }), false);
  assert.equal(isRouted({}), false);
});

test("any: one is enough, and a void argument asks for presence only", async (t) => {
  const isRouted = await bound(t, { "x-match": "any", a: 1, present: { type: "V", value: null }, "x-c": 3 });
  assert.equal(isRouted({ a: 1 }), true);
  assert.equal(isRouted({ present: "whatever" }), true);
  assert.equal(isRouted({ a: 2, "x-c": 3 }), false);
  assert.equal(isRouted({}), false);
});

test("x- names count with all-with-x and any-with-x", async (t) => {
  const all = await bound(t, { "x-match": "all-with-x", a: 1, "x-c": 3 });
  assert.equal(all({ a: 1 }), false);
  assert.equal(all({ a: 1, "x-c": 3 }), true);
  const any = await bound(t, { "x-match": "any-with-x", a: 1, "x-c": 3 });
  assert.equal(any({ "x-c": 3 }), true);
  assert.equal(any({ "x-c": 4 }), false);
});

test("a binding without arguments gets everything, with any nothing", async (t) => {
  assert.equal((await bound(t, {}))({ a: 1 }), true);
  assert.equal((await bound(t, { "x-match": "any" }))({ a: 1 }), false);
});

test("arrays, tables and binaries are compared by content", async (t) => {
  const array: ArgumentValue = { type: "A", value: [{ type: "b", value: 1 }] };
  const table: ArgumentValue = { type: "F", value: tableOf({ n: 1 }) };
  const isRouted = await bound(t, { array, table, bytes: { type: "x", value: Buffer.from("é") } });
  assert.equal(isRouted({ array, table, bytes: { type: "x", value: Buffer.from("é") } }), true);
  assert.equal(isRouted({ array, table, bytes: "é" }), true);
  assert.equal(isRouted({ array: { type: "A", value: [] }, table, bytes: "é" }), false);
  const other: ArgumentValue = { type: "F", value: tableOf({ n: 2 }) };
  assert.equal(isRouted({ array, table: other, bytes: "é" }), false);
});

test("an x-match that RabbitMQ does not know is refused, by headers exchanges only", async (t) => {
  const under = await TestEngine.start(t);
  await under.queue("q");
  await assert.rejects(
    under.bind("amq.match", "q", "", { "x-match": "some" }),
    refusal(
      "precondition-failed",
      'Invalid x-match field value <<"some">>; expected all, any, all-with-x, or any-with-x',
    ),
  );
  await assert.rejects(
    under.bind("amq.match", "q", "", { "x-match": 1 }),
    refusal("precondition-failed", "Invalid x-match field type signedint (value 1); expected longstr"),
  );
  await under.bind("amq.direct", "q", "", { "x-match": "some" });
});
