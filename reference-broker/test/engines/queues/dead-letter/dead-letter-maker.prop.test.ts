import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DeadLetterMaker } from "../../../../src/engines/queues/dead-letter-maker.ts";
import { readDeaths } from "../../../../src/engines/queues/deaths.ts";
import type { EngineQueue } from "../../../../src/engines/queues/queue-environment.ts";
import type { BasicProperties } from "../../../../src/mechanisms/basic-properties.ts";
import { keysOf, messageOf, tableOf } from "../engine/test-engine.ts";

/** What a maker asks of a queue. */
function queueOf(name: string, deadLetterRoutingKey: string | null): EngineQueue {
  return { name, deadLetterExchange: "dlx", deadLetterRoutingKey } as unknown as EngineQueue;
}

const QUEUES = [queueOf("a", null), queueOf("b", "rekeyed"), queueOf("c", null)];

const properties: fc.Arbitrary<BasicProperties> = fc.record(
  {
    expiration: fc.constantFrom("1", "8", "10", "0000000077", "0000000078", "12345"),
    deliveryMode: fc.constantFrom(1, 2),
    priority: fc.constantFrom(0, 3),
    messageId: fc.constantFrom("77", "x"),
    headers: fc.constantFrom(
      tableOf({ a: 1 }),
      tableOf({ "original-expiration": "77" }),
      tableOf({ CC: keysOf("other") }),
      tableOf({ long: "x".repeat(300) }),
    ),
  },
  { requiredKeys: [] },
);

const step = fc.record({
  properties,
  queue: fc.constantFrom(...QUEUES),
  reason: fc.constantFrom("expired" as const, "maxlen" as const),
  timeSeconds: fc.constantFrom(100, 101),
  routingKey: fc.constantFrom("k", "l"),
  exchange: fc.constantFrom("", "x"),
  blindKeys: fc.constantFrom([], [], ["blind"]),
  repeat: fc.integer({ min: 1, max: 3 }),
  /** Dies a second time. */
  again: fc.boolean(),
});

test("a letter is the same whatever letters were made before it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const maker = new DeadLetterMaker();
      const dieIn = (
        make: DeadLetterMaker,
        { queue, reason, timeSeconds, blindKeys, ...one }: (typeof steps)[0],
      ) => {
        const message = messageOf(one.exchange, one.routingKey, "body", one.properties);
        const letter = make.make(message, queue, reason, timeSeconds, blindKeys);
        if (!one.again) return letter;
        return make.make(letter, QUEUES[0]!, "expired", timeSeconds + 1, []);
      };
      for (const one of steps.flatMap((step) => Array.from({ length: step.repeat }, () => step))) {
        const alone = new DeadLetterMaker();
        const expected = dieIn(alone, one);
        const letter = dieIn(maker, one);
        assert.deepEqual(letter.properties, expected.properties);
        assert.deepEqual(maker.keys, alone.keys);
        const { exchange, routingKey, persistent, priority, expirationMs, bodyBytes } = expected;
        assert.deepEqual(
          [letter.exchange, letter.routingKey, letter.persistent, letter.priority, letter.expirationMs],
          [exchange, routingKey, persistent, priority, expirationMs],
        );
        assert.equal(letter.bodyBytes, bodyBytes);
        assert.equal(expirationMs, -1);
        const original = one.properties.expiration;
        const first = readDeaths(letter.headers() ?? [])!.at(-1)!;
        assert.equal(first.originalExpiration, original === undefined ? null : String(Number(original)));
      }
    }),
  );
});

test("letters of messages that are alike share their properties", () => {
  const maker = new DeadLetterMaker();
  const make = (expiration: string) =>
    maker.make(messageOf("", "k", "m", { expiration }), QUEUES[0]!, "expired", 100, []).properties;
  assert.equal(make("10"), make("10"));
  assert.notEqual(make("10"), make("11"));
});
