import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { settledTags } from "../../conformance/amqp/client/channel.ts";
import {
  decodeHeader,
  decodeMethod,
  encodeHeader,
  encodeMethod,
} from "../../conformance/amqp/client/codec.ts";
import { decodeTable, encodeTable, plainTable } from "../../conformance/amqp/client/field-table.ts";
import { METHODS_BY_NAME, type Properties } from "../../conformance/amqp/client/methods.ts";

const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text !== "__proto__");
const scalar = fc.oneof(fc.boolean(), fc.integer(), fc.string(), fc.constant(null), fc.maxSafeInteger());
const { table } = fc.letrec<{ table: Record<string, unknown>; value: unknown }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, scalar, fc.array(scalar, { maxLength: 4 }), tie("table")),
  table: fc.dictionary(name, tie("value"), { maxKeys: 6, noNullPrototype: true }),
}));

test("field tables come back as they were written", () => {
  fc.assert(
    fc.property(table, (written) => {
      const bytes = encodeTable(written);
      const { table: read, end } = decodeTable(bytes, 0);
      assert.equal(end, bytes.length);
      assert.deepEqual(plainTable(read), written);
    }),
  );
});

test("a table that was cut is an error, never a value", () => {
  fc.assert(
    fc.property(table, fc.nat(), (written, at) => {
      const bytes = encodeTable(written);
      assert.throws(() => decodeTable(bytes.subarray(0, at % bytes.length), 0), RangeError);
    }),
  );
});

test("every method with its defaults comes back with every argument", () => {
  for (const { name: method, fields } of METHODS_BY_NAME.values()) {
    const decoded = decodeMethod(encodeMethod(method, {}));
    assert.equal(decoded?.name, method);
    assert.deepEqual(
      Object.keys(decoded?.args ?? {}),
      fields.map(([field]) => field),
    );
  }
});

test("bits share octets until another field comes between", () => {
  const args = { queue: "q", durable: true, autoDelete: true, arguments: { a: 1 } };
  const decoded = decodeMethod(encodeMethod("queue.declare", args))?.args;
  assert.deepEqual(
    [decoded?.passive, decoded?.durable, decoded?.exclusive, decoded?.autoDelete, decoded?.noWait],
    [false, true, false, true, false],
  );
  assert.deepEqual(decoded?.arguments, { a: 1 });
});

const properties: fc.Arbitrary<Properties> = fc.record(
  {
    contentType: fc.string({ maxLength: 20 }),
    headers: table,
    deliveryMode: fc.constantFrom(1, 2),
    priority: fc.nat(255),
    expiration: fc.nat().map(String),
    timestamp: fc.nat(),
    clusterId: fc.string({ maxLength: 20 }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test("content headers come back with the properties that were set, and no other", () => {
  fc.assert(
    fc.property(properties, fc.nat(), (written, bodySize) => {
      const read = decodeHeader(encodeHeader(written, bodySize));
      assert.deepEqual(read.properties, written);
      assert.equal(read.bodySize, bodySize);
    }),
  );
});

test("confirms: multiple spreads over what is open, and a tag settled twice is a failure", () => {
  const ack = (tag: number, multiple = false) => ({ kind: "ack" as const, tag, multiple });
  const nack = { kind: "nack" as const, tag: 2, multiple: false };
  assert.deepEqual([...settledTags([ack(3), nack, ack(4, true)])].sort(), [
    [1, "ack"],
    [2, "nack"],
    [3, "ack"],
    [4, "ack"],
  ]);
  assert.throws(() => settledTags([ack(1), ack(1)]), { expected: "one verdict for publish 1" });
});
