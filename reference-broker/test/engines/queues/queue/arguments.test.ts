import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueError } from "../../../../src/engines/queues/contract.ts";
import {
  checkQueueArguments,
  QUEUE_ARGUMENTS,
  queueArgumentNames,
} from "../../../../src/engines/queues/queue/arguments.ts";
import { readQueueSettings } from "../../../../src/engines/queues/queue/settings.ts";
import type { FieldTable } from "../../../../src/mechanisms/message.ts";
import { type ArgumentValue, tableOf } from "./test-queue.ts";

/** null: accepted. */
function refusalOf(table: FieldTable): string | null {
  const declaration = {
    name: "q",
    durable: false,
    autoDelete: false,
    exclusiveOwner: null,
    arguments: table,
  };
  try {
    checkQueueArguments(declaration, "/");
    return null;
  } catch (error) {
    assert.ok(error instanceof QueueError);
    assert.equal(error.code, "precondition-failed");
    return error.message;
  }
}

const WRONG: readonly (readonly [name: string, value: ArgumentValue, term: string])[] = [
  ["x-message-ttl", -1, "{value_negative,-1}"],
  ["x-message-ttl", "60000", '"expected integer, got longstr"'],
  ["x-expires", 0, "{value_zero,0}"],
  ["x-expires", -5, "{value_negative,-5}"],
  ["x-expires", true, '"expected integer, got bool"'],
  ["x-message-ttl", 315_360_000_001, "{value_too_large,315360000001}"],
  ["x-expires", 315_360_000_001, "{value_too_large,315360000001}"],
  ["x-max-length", -1, "{value_negative,-1}"],
  ["x-max-length-bytes", "1", '"expected integer, got longstr"'],
  ["x-max-priority", -1, "{value_negative,-1}"],
  ["x-max-priority", 256, "{max_value_exceeded,256}"],
  ["x-overflow", "drop-tail", "invalid_overflow"],
  ["x-overflow", 1, "{unacceptable_type,signedint}"],
  ["x-dead-letter-routing-key", "k", "routing_key_but_no_dlx_defined"],
  ["x-queue-mode", "eager", `"unsupported queue mode 'eager'"`],
  ["x-queue-version", 3, `"unsupported queue version '3'"`],
  ["x-queue-type", "foo", `"unsupported queue type 'foo'"`],
  ["x-queue-type", "quorum", `"unsupported queue type 'quorum': this broker has classic queues only"`],
  ["x-queue-type", "stream", `"unsupported queue type 'stream': this broker has classic queues only"`],
  ["x-queue-leader-locator", "here", "invalid_queue_locator_arg"],
  ["x-single-active-consumer", "true", "{unacceptable_type,longstr}"],
  ["x-expiry-mode", "lazy", `"unsupported expiry mode 'lazy'"`],
];

for (const [name, value, term] of WRONG) {
  test(`${name} = ${JSON.stringify(value)} is refused in RabbitMQ's words`, () => {
    const text = `invalid arg '${name}' for queue 'q' in vhost '/': ${term}`;
    assert.equal(refusalOf(tableOf({ [name]: value })), text);
  });
}

test("arguments of quorum queues and streams are refused, as RabbitMQ's classic queues do", () => {
  for (const name of ["x-delivery-limit", "x-dead-letter-strategy", "x-max-age", "x-initial-cluster-size"]) {
    const text = `invalid arg '${name}' for queue 'q' in vhost '/' of queue type rabbit_classic_queue`;
    assert.equal(refusalOf(tableOf({ [name]: "1" })), text);
  }
});

test("a dead-letter exchange that is no string is refused by the channel's own text", () => {
  const text = "invalid type 'signedint' for arg 'x-dead-letter-exchange' in queue 'q' in vhost '/'";
  assert.equal(refusalOf(tableOf({ "x-dead-letter-exchange": 1 })), text);
});

test("all values in range are accepted, every integer type, and arguments that nobody knows", () => {
  const most: Readonly<Record<string, ArgumentValue>> = {
    ...{ "x-queue-type": "classic", "x-expires": 1, "x-message-ttl": 0, "x-max-length": 0 },
    ...{ "x-max-length-bytes": 0, "x-max-priority": 255, "x-overflow": "reject-publish-dlx" },
    ...{ "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "k", "x-queue-mode": "lazy" },
    ...{ "x-queue-version": 2, "x-single-active-consumer": false, "x-queue-leader-locator": "balanced" },
    ...{
      "x-expiry-mode": "exact",
      "x-consumer-timeout": "any",
      "x-of-nobody": -1,
      "x-queue-master-locator": 1,
    },
  };
  assert.equal(refusalOf(tableOf(most)), null);
  for (const type of ["b", "B", "s", "u", "I", "i", "l"] as const) {
    assert.equal(refusalOf([["x-message-ttl", { type, value: 100 }]]), null);
  }
  assert.equal(refusalOf([["x-max-length", { type: "l", value: 2n ** 62n }]]), null);
  for (const overflow of [
    "drop-head",
    "reject-publish",
    "drop-new",
    "disconnect-consumer",
    "block-publisher",
  ]) {
    assert.equal(refusalOf(tableOf({ "x-overflow": overflow })), null);
  }
});

test("the first of two fields of one name counts", () => {
  const first = tableOf({ "x-message-ttl": 100 });
  assert.equal(refusalOf([...first, ...tableOf({ "x-message-ttl": -1 })]), null);
  assert.equal(readQueueSettings([...first, ...tableOf({ "x-message-ttl": 7 })]).messageTtlMs, 100);
});

test("settings follow from the table, and absent arguments limit nothing", () => {
  assert.deepEqual(readQueueSettings([]), {
    ...{ messageTtlMs: Infinity, expiresMs: Infinity, deadLetterExchange: null, deadLetterRoutingKey: null },
    ...{ maxLength: Infinity, maxLengthBytes: Infinity, overflow: "drop-head", maxPriority: 0 },
    ...{ singleActiveConsumer: false, expiry: "head" },
  });
  assert.equal(readQueueSettings([["x-max-length", { type: "l", value: 2n ** 62n }]]).maxLength, 2 ** 62);
});

test("two declarations are compared by the arguments of a classic queue only", () => {
  assert.equal(new Set(QUEUE_ARGUMENTS.map(({ name }) => name)).size, QUEUE_ARGUMENTS.length);
  assert.ok(queueArgumentNames.includes("x-message-ttl"));
  assert.ok(queueArgumentNames.includes("x-expiry-mode"));
  assert.ok(!queueArgumentNames.includes("x-delivery-limit"));
  assert.ok(!queueArgumentNames.includes("x-consumer-timeout"));
});
