import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Death,
  disownDeaths,
  isDeathCycle,
  readDeaths,
  recordDeath,
  withDeaths,
} from "../../../../src/engines/queues/deaths.ts";
import type { DeadLetterReason } from "../../../../src/engines/queues/queue-environment.ts";
import { decodeFieldTable, encodeFieldTable } from "../../../../src/mechanisms/field-table.ts";
import type { FieldTable, FieldValue } from "../../../../src/mechanisms/message.ts";
import { keysOf, tableOf } from "../engine/test-engine.ts";

function deathIn(queue: string, reason: DeadLetterReason = "expired", more: Partial<Death> = {}): Death {
  const rest = { count: 1, timeSeconds: 1000, exchange: "x", routingKeys: ["k"], originalExpiration: null };
  return { queue, reason, ...rest, ...more };
}

test("one entry for each queue and reason, the newest first", () => {
  let deaths: Death[] = [];
  deaths = recordDeath(deaths, deathIn("a"));
  deaths = recordDeath(deaths, deathIn("b"));
  deaths = recordDeath(deaths, deathIn("a", "rejected"));
  deaths = recordDeath(
    deaths,
    deathIn("a", "expired", { timeSeconds: 2000, exchange: "y", routingKeys: [] }),
  );
  assert.deepEqual(deaths, [
    // Counts on, and is otherwise what it was at first.
    deathIn("a", "expired", { count: 2 }),
    deathIn("a", "rejected"),
    deathIn("b"),
  ]);
});

test("a cycle is one that no client's rejection is part of", () => {
  const [a, b, rejected] = [deathIn("a"), deathIn("b", "maxlen"), deathIn("r", "rejected")];
  assert.equal(isDeathCycle([a, b], "a"), true);
  assert.equal(isDeathCycle([a, b], "b"), true);
  assert.equal(isDeathCycle([a, b], "c"), false);
  assert.equal(isDeathCycle([a, rejected, b], "b"), false);
  assert.equal(isDeathCycle([a, rejected, b], "a"), true);
  assert.equal(isDeathCycle([rejected], "r"), false);
  assert.equal(isDeathCycle([], "a"), false);
});

test("headers as RabbitMQ 4 writes them", () => {
  const deaths = [deathIn("q", "expired", { originalExpiration: "60", routingKeys: ["k", "cc"] })];
  const headers = withDeaths(tableOf({ a: 1, "x-last-death-queue": "old" }), deaths, true);
  const death = [
    ["original-expiration", { type: "S", value: "60" }],
    ["count", { type: "l", value: 1 }],
    ["reason", { type: "S", value: "expired" }],
    ["queue", { type: "S", value: "q" }],
    ["time", { type: "T", value: 1000 }],
    ["exchange", { type: "S", value: "x" }],
    ["routing-keys", keysOf("k", "cc")],
  ];
  assert.deepEqual(headers, [
    ...tableOf({ a: 1 }),
    ["x-death", { type: "A", value: [{ type: "F", value: death }] }],
    ...tableOf({
      "x-first-death-reason": "expired",
      "x-first-death-queue": "q",
      "x-first-death-exchange": "x",
    }),
    ...tableOf({ "x-last-death-reason": "expired", "x-last-death-queue": "q", "x-last-death-exchange": "x" }),
  ]);
  const later = withDeaths(headers, [deathIn("r", "maxlen"), ...deaths], false);
  const values = Object.fromEntries(later.map(([name, { value }]) => [name, value]));
  assert.equal(values["x-first-death-queue"], "q");
  assert.equal(values["x-last-death-queue"], "r");
  assert.equal(later.length, headers.length);
});

test("the broker reads its own history back, from bytes too", () => {
  const deaths = [
    deathIn("q", "expired", { originalExpiration: "60" }),
    deathIn("r", "rejected", { count: 7 }),
  ];
  const headers = withDeaths([], deaths, true);
  assert.deepEqual(readDeaths(headers), deaths);
  assert.deepEqual(readDeaths(decodeFieldTable(encodeFieldTable(headers))), deaths);
});

test("a history that a client hands in says the same to clients and nothing to the broker", () => {
  const headers = withDeaths(
    tableOf({ a: 1 }),
    [deathIn("q"), deathIn("r", "maxlen", { originalExpiration: "1" })],
    true,
  );
  const disowned = disownDeaths(headers)!;
  assert.equal(readDeaths(disowned), null);
  assert.equal(disownDeaths(disowned), null);
  const fieldsOf = (table: typeof headers) => {
    const [, field] = table.find(([name]) => name === "x-death")!;
    return (field.value as FieldValue[]).map(({ value }) => Object.fromEntries(value as FieldTable));
  };
  assert.deepEqual(fieldsOf(disowned), fieldsOf(headers));
  for (const other of [tableOf({ "x-death": "text" }), tableOf({ "x-death": keysOf("q") }), tableOf({})]) {
    assert.equal(readDeaths(other), null);
    assert.equal(disownDeaths(other), null);
  }
});
