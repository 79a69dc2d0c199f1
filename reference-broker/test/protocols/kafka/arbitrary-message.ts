/** Arbitrary values for a message table, as its encoder takes them and its decoder returns them. */
import fc from "fast-check";
import { type Field, type Fields, ZERO_UUID } from "../../../src/protocols/kafka/types.ts";

export type Value = Record<string, unknown>;

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });

/** Every field of the version is given; one that the version lacks has its default. */
export function arbitraryValue(fields: Fields, version: number): fc.Arbitrary<Value> {
  const members = Object.entries(fields).map(([name, field]) => {
    const present = version >= field.since && version <= field.until;
    return [name, present ? arbitraryField(field, version) : fc.constant(defaultOf(field))] as const;
  });
  return fc.record(Object.fromEntries(members), { noNullPrototype: true });
}

function arbitraryField(field: Field, version: number): fc.Arbitrary<unknown> {
  const given = arbitraryGiven(field, version);
  const withNull = version >= field.nullableSince ? fc.option(given, { nil: null }) : given;
  return field.tag === null ? withNull : fc.oneof(withNull, fc.constant(defaultOf(field)));
}

function arbitraryGiven(field: Field, version: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case "boolean":
      return fc.boolean();
    case "int8":
      return int(8);
    case "int16":
      return int(16);
    case "int32":
      return int(32);
    case "int64":
      return fc.maxSafeInteger();
    case "uuid":
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map((id) => Buffer.from(id).toString("hex"));
    case "string":
      return fc.string({ unit: "grapheme", maxLength: 60 });
    case "records":
      return fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes));
    case "array":
      return fc.array(arbitraryGiven(field.element!, version), { maxLength: 3 });
    case "struct":
      return arbitraryValue(field.fields!, version);
  }
}

/** Kafka's default: what the table says, else the empty value of the type. */
export function defaultOf(field: Field): unknown {
  if (field.default !== undefined) return field.default;
  switch (field.kind) {
    case "boolean":
      return false;
    case "uuid":
      return ZERO_UUID;
    case "string":
      return "";
    case "records":
      return null;
    case "array":
      return [];
    case "struct":
      return Object.fromEntries(
        Object.entries(field.fields!).map(([name, member]) => [name, defaultOf(member)]),
      );
    default:
      return 0;
  }
}
