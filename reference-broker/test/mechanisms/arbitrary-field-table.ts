/** Field tables of every type, with the values at the ends of each type's range. */
import fc from "fast-check";
import type { FieldTable, FieldType, FieldValue } from "../../src/mechanisms/message.ts";

function integers(type: FieldType, min: bigint, max: bigint): fc.Arbitrary<FieldValue> {
  return fc.bigInt({ min, max }).map((value) => {
    const number = Number(value);
    return { type, value: Number.isSafeInteger(number) ? number : value } as FieldValue;
  });
}

const text = fc.string({ unit: "binary", maxLength: 40 });
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
/** A byte that UTF-8 never has. */
const notUtf8 = bytes.map((some) => Buffer.concat([some, Buffer.of(0xff)]));

const flat: fc.Arbitrary<FieldValue> = fc.oneof(
  fc.boolean().map((value): FieldValue => ({ type: "t", value })),
  integers("b", -(2n ** 7n), 2n ** 7n - 1n),
  integers("B", 0n, 2n ** 8n - 1n),
  integers("s", -(2n ** 15n), 2n ** 15n - 1n),
  integers("u", 0n, 2n ** 16n - 1n),
  integers("I", -(2n ** 31n), 2n ** 31n - 1n),
  integers("i", 0n, 2n ** 32n - 1n),
  integers("l", -(2n ** 63n), 2n ** 63n - 1n),
  integers("T", 0n, 2n ** 64n - 1n),
  fc.float().map((value): FieldValue => ({ type: "f", value })),
  fc.double().map((value): FieldValue => ({ type: "d", value })),
  fc
    .record({ scale: fc.nat(255), unscaled: fc.nat(0xffffffff) }, { noNullPrototype: true })
    .map((value): FieldValue => ({ type: "D", value })),
  text.map((value): FieldValue => ({ type: "S", value })),
  notUtf8.map((value): FieldValue => ({ type: "S", value })),
  bytes.map((value): FieldValue => ({ type: "x", value })),
  fc.constant<FieldValue>({ type: "V", value: null }),
);

export const fieldName = fc.string({ unit: "grapheme", maxLength: 12 });

const { value, table } = fc.letrec<{ value: FieldValue; table: FieldTable }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: "field" },
    flat,
    fc.array(tie("value"), { maxLength: 4 }).map((values): FieldValue => ({ type: "A", value: values })),
    tie("table").map((fields): FieldValue => ({ type: "F", value: fields })),
  ),
  table: fc.array(fc.tuple(fieldName, tie("value")), { maxLength: 5, depthIdentifier: "field" }),
}));

export const fieldValue: fc.Arbitrary<FieldValue> = value;
export const fieldTable: fc.Arbitrary<FieldTable> = table;
