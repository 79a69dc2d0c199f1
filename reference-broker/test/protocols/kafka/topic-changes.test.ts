import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogEngine } from "../../../src/engines/log/contract.ts";
import { BrokerError } from "../../../src/errors.ts";
import { errorCodes } from "../../../src/protocols/kafka/error-codes.ts";
import { changeTopic } from "../../../src/protocols/kafka/topic-changes.ts";

/** Changes are kept per engine; nothing of it is used here. */
const newEngine = () => ({}) as LogEngine;

test("changes of one name, and of names that collide, run one after the other; others run at once", async () => {
  const engine = newEngine();
  const events: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = changeTopic(engine, "a.b", async () => {
    events.push("a.b begins");
    await gate.promise;
    events.push("a.b ends");
  });
  const colliding = changeTopic(engine, "a_b", async () => void events.push("a_b"));
  await changeTopic(engine, "other", async () => void events.push("other"));
  await changeTopic(newEngine(), "a.b", async () => void events.push("a.b elsewhere"));
  gate.resolve();
  await Promise.all([first, colliding]);
  assert.deepEqual(events, ["a.b begins", "other", "a.b elsewhere", "a.b ends", "a_b"]);
});

test("a failed change is told to its caller alone", async () => {
  const engine = newEngine();
  const failing = changeTopic(engine, "t", () => Promise.reject(new Error("a bug")));
  const next = changeTopic(engine, "t", async () => "done");
  await assert.rejects(failing, /a bug/);
  assert.equal(await next, "done");
});

test("a storage failure becomes a refusal", async () => {
  const failing = () => Promise.reject(new BrokerError("STORAGE_FAILED", "disk full"));
  assert.deepEqual(await changeTopic(newEngine(), "t", failing), {
    errorCode: errorCodes.KAFKA_STORAGE_ERROR,
    errorMessage: "disk full",
  });
});
