import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeFieldTable, encodeFieldTable } from "../../src/mechanisms/field-table.ts";
import { checkFieldTable } from "../../src/mechanisms/field-table-check.ts";
import { FieldSyntaxError } from "../../src/mechanisms/field-table-errors.ts";
import { fieldTable } from "./arbitrary-field-table.ts";

test("any table comes back as it was, and the check finds its end", () => {
  fc.assert(
    fc.property(fieldTable, (table) => {
      const bytes = encodeFieldTable(table);
      assert.deepEqual(decodeFieldTable(bytes), table);
      assert.equal(checkFieldTable(bytes, 0, bytes.length), bytes.length);
    }),
  );
});

/** What became of it: a value, or "syntax". Anything else that is thrown is a bug. */
function outcome(decode: () => unknown): "read" | "syntax" {
  try {
    decode();
    return "read";
  } catch (error) {
    assert.ok(error instanceof FieldSyntaxError, String(error));
    assert.equal(error.code, "syntax");
    return "syntax";
  }
}

/** The check and the reader must agree: what passes at a publish is decoded later. */
function judge(bytes: Buffer): "read" | "syntax" {
  const read = outcome(() => decodeFieldTable(bytes));
  const checked = outcome(() => {
    if (checkFieldTable(bytes, 0, bytes.length) !== bytes.length) throw new FieldSyntaxError("too long");
  });
  assert.equal(checked, read, bytes.toString("hex"));
  return read;
}

test("a table that is cut anywhere is a syntax error", () => {
  fc.assert(
    fc.property(fieldTable, fc.nat(), (table, at) => {
      const bytes = encodeFieldTable(table);
      assert.equal(judge(bytes.subarray(0, at % bytes.length)), "syntax");
    }),
  );
});

test("a table with any octets changed is read or is a syntax error", () => {
  const change = fc.tuple(fc.nat(), fc.nat(255));
  fc.assert(
    fc.property(fieldTable, fc.array(change, { minLength: 1, maxLength: 4 }), (table, changes) => {
      const bytes = encodeFieldTable(table);
      for (const [at, octet] of changes) bytes[at % bytes.length] = octet;
      judge(bytes);
    }),
    { numRuns: 500 },
  );
});

test("octets that never were a table are read or are a syntax error", () => {
  const body = fc.array(
    fc.oneof(
      fc.nat(255),
      fc.constantFrom(..."tbBsuIilfdDSATFVx").map((c) => c.charCodeAt(0)),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(body, (octets) => {
      const bytes = Buffer.from([0, 0, 0, octets.length, ...octets]);
      judge(bytes);
    }),
    { numRuns: 500 },
  );
});
