import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FieldWriter } from "../../../../src/mechanisms/field-table-writer.ts";
import type { FieldKind, FieldKinds } from "../../../../src/protocols/amqp/methods/fields.ts";
import {
  decodeMethod,
  METHOD_NAMES,
  METHODS,
  type MethodFields,
  type MethodName,
} from "../../../../src/protocols/amqp/methods/table.ts";
import { AmqpError } from "../../../../src/protocols/amqp/reply-codes.ts";
import { fieldTable } from "../../../mechanisms/arbitrary-field-table.ts";

const VALUES: { readonly [Kind in FieldKind]: fc.Arbitrary<FieldKinds[Kind]> } = {
  bit: fc.boolean(),
  octet: fc.nat(0xff),
  short: fc.nat(0xffff),
  long: fc.nat(0xffffffff),
  longlong: fc.maxSafeNat(),
  shortstr: fc.string({ unit: "binary", maxLength: 60 }),
  longstr: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  table: fieldTable,
};

/** Arguments as the table says them, reserved fields left out. */
function fieldsOf<Name extends MethodName>(name: Name): fc.Arbitrary<MethodFields[Name]> {
  const kinds = Object.entries(METHODS[name].fields).filter(([, kind]) => !kind.startsWith("reserved "));
  const model = Object.fromEntries(kinds.map(([field, kind]) => [field, VALUES[kind as FieldKind]]));
  return fc.record(model, { noNullPrototype: true }) as unknown as fc.Arbitrary<MethodFields[Name]>;
}

function payload<Name extends MethodName>(name: Name, fields: MethodFields[Name]): Buffer {
  const writer = new FieldWriter();
  writer.short(METHODS[name].classId);
  writer.short(METHODS[name].methodId);
  METHODS[name].encode(writer, fields);
  return writer.finish();
}

for (const name of METHOD_NAMES) {
  test(`${name}: any arguments come back as they were, and cut ones are FRAME_ERROR`, () => {
    fc.assert(
      fc.property(fieldsOf(name), fc.nat(), (fields, at) => {
        const bytes = payload(name, fields);
        const method = decodeMethod(bytes, 0, bytes.length);
        assert.equal(method.name, name);
        assert.deepEqual(method.fields, fields);
        const cut = at % bytes.length;
        assert.throws(() => decodeMethod(bytes, 0, cut), { reply: "FRAME_ERROR" });
      }),
      { numRuns: 50 },
    );
  });
}

test("a method frame with any octets changed is read or refused with a reply code", () => {
  const given = fc
    .constantFrom(...METHOD_NAMES)
    .chain((name) => fieldsOf(name).map((fields) => payload(name, fields)));
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(given, changes, (bytes, octets) => {
      for (const [at, octet] of octets) bytes[at % bytes.length] = octet;
      try {
        decodeMethod(bytes, 0, bytes.length);
      } catch (error) {
        assert.ok(error instanceof AmqpError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
