import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { recentName } from "../../src/mechanisms/field-table-names.ts";

test("a name is the same string whatever was read before it; what is not ASCII is left to others", () => {
  const name = fc.oneof(
    fc.string({ unit: "binary-ascii", maxLength: 60 }),
    fc.string({ unit: "binary", maxLength: 10 }),
    fc.nat(5000).map((number) => `queue-${number}`),
  );
  fc.assert(
    fc.property(fc.array(name, { maxLength: 20 }), (names) => {
      for (const given of names) {
        const bytes = Buffer.from(`<${given}>`);
        const read = recentName(bytes, 1, bytes.length - 1);
        const isKept = given.length <= 48 && Buffer.byteLength(given) === given.length;
        assert.equal(read, isKept ? given : null);
      }
    }),
  );
});

test("the same name again is the same string, and costs none", () => {
  const bytes = Buffer.from("an exchange");
  const first = recentName(bytes, 0, bytes.length);
  assert.equal(first, "an exchange");
  bytes.fill(0x61);
  assert.equal(recentName(Buffer.from("an exchange"), 0, 11), first);
});
