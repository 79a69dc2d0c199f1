import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type BasicProperties,
  changeProperties,
  decodeProperties,
  encodeProperties,
  PropertyScan,
} from "../../src/mechanisms/basic-properties.ts";
import { BASIC_PROPERTIES, type PropertyKind } from "../../src/mechanisms/basic-properties-table.ts";
import { FieldSyntaxError } from "../../src/mechanisms/field-table-errors.ts";
import { fieldTable } from "./arbitrary-field-table.ts";

const VALUES: Readonly<Record<PropertyKind, fc.Arbitrary<unknown>>> = {
  shortstr: fc.string({ unit: "binary", maxLength: 60 }),
  octet: fc.nat(255),
  table: fieldTable,
  timestamp: fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((value) => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value)),
};

const model = Object.fromEntries(BASIC_PROPERTIES.map(([name, kind]) => [name, VALUES[kind]]));
const properties = fc.record(model, {
  requiredKeys: [],
  noNullPrototype: true,
}) as fc.Arbitrary<BasicProperties>;

test("any properties come back as they were", () => {
  fc.assert(
    fc.property(properties, (given) => {
      assert.deepEqual(decodeProperties(encodeProperties(given)), given);
    }),
  );
});

test("changed properties are those of both, later ones first; null takes out", () => {
  const names = BASIC_PROPERTIES.map(([name]) => name);
  fc.assert(
    fc.property(properties, properties, fc.subarray(names), (given, changes, removed) => {
      const gone = Object.fromEntries(removed.map((name) => [name, null]));
      const expected: Record<string, unknown> = { ...given, ...changes };
      for (const name of removed) delete expected[name];
      const changed = changeProperties(encodeProperties(given), { ...changes, ...gone });
      assert.deepEqual(decodeProperties(changed), expected);
    }),
  );
});

test("what the scan lets through can be decoded; what it does not is a syntax error", () => {
  const scan = new PropertyScan();
  const change = fc.tuple(fc.nat(), fc.nat(255));
  const damage = fc.record({ keep: fc.nat(), changes: fc.array(change, { maxLength: 3 }) });
  fc.assert(
    fc.property(properties, damage, (given, { keep, changes }) => {
      const whole = encodeProperties(given);
      const bytes = whole.subarray(0, changes.length === 0 ? keep % whole.length : whole.length);
      for (const [at, octet] of changes) bytes[at % bytes.length] = octet;
      try {
        scan.read(bytes, 0, bytes.length);
      } catch (error) {
        assert.ok(error instanceof FieldSyntaxError, String(error));
        return;
      }
      decodeProperties(bytes);
    }),
    { numRuns: 500 },
  );
});
