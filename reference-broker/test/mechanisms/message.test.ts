import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeProperties, INVALID_EXPIRATION } from "../../src/mechanisms/basic-properties.ts";
import { FieldSyntaxError } from "../../src/mechanisms/field-table-errors.ts";
import { PublishedMessage } from "../../src/mechanisms/message.ts";

const BODY = Buffer.from("body");

function messageWith(properties: Parameters<typeof encodeProperties>[0]): PublishedMessage {
  return new PublishedMessage("x", "key", encodeProperties(properties), BODY);
}

test("what the engine decides by is read from the properties", () => {
  const message = messageWith({ deliveryMode: 2, priority: 7, expiration: "250" });
  assert.equal(message.persistent, true);
  assert.equal(message.priority, 7);
  assert.equal(message.expirationMs, 250);
  assert.equal(message.body, BODY);
});

test("without properties it is transient, of priority 0, and does not expire", () => {
  const { persistent, priority, expirationMs } = messageWith({});
  assert.deepEqual(
    { persistent, priority, expirationMs },
    { persistent: false, priority: 0, expirationMs: -1 },
  );
});

test("delivery mode 1 is transient", () => {
  assert.equal(messageWith({ deliveryMode: 1 }).persistent, false);
});

test("an invalid expiration is told, not thrown", () => {
  assert.equal(messageWith({ expiration: "soon" }).expirationMs, INVALID_EXPIRATION);
});

test("headers are decoded once; null when there are none", () => {
  const message = messageWith({ headers: [["a", { type: "I", value: 1 }]] });
  assert.deepEqual(message.headers(), [["a", { type: "I", value: 1 }]]);
  assert.equal(message.headers(), message.headers());
  assert.equal(messageWith({ priority: 1 }).headers(), null);
});

test("malformed properties make no message", () => {
  assert.throws(() => new PublishedMessage("x", "key", Buffer.of(0x80, 0), BODY), FieldSyntaxError);
});

test("a lent body is where it was read until somebody keeps the message", () => {
  const read = Buffer.from("..body..");
  const lend = () => new PublishedMessage("x", "key", encodeProperties({}), read, undefined, 2, 6);
  const passing = lend();
  const target = Buffer.alloc(6, "-");
  passing.copyBody(target, 1);
  assert.equal(target.toString(), "-body-");
  assert.equal(passing.bodyBytes, 4);
  passing.giveBack();
  assert.throws(() => passing.body, /nobody kept/);
  const kept = lend();
  kept.keep();
  kept.giveBack();
  read.fill("x");
  assert.equal(kept.body.toString(), "body");
});
