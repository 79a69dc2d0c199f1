import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 as zlibCrc32 } from "node:zlib";
import { crc32c as nativeCrc32c } from "@node-rs/crc32";
import fc from "fast-check";
import { crc32, crc32c } from "../../src/drivers/kafka/crc32c.ts";

const bytes = fc.uint8Array({ maxLength: 600 });
const REFERENCES = [
  { name: "CRC-32C", own: crc32c, reference: (of: Uint8Array) => nativeCrc32c(of) },
  { name: "CRC-32", own: crc32, reference: (of: Uint8Array) => zlibCrc32(of) },
];

for (const { name, own, reference } of REFERENCES) {
  test(`${name} of a range equals the native one`, () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(), (data, a, b) => {
        const start = Math.min(a, b) % (data.length + 1);
        const end = Math.max(start, Math.max(a, b) % (data.length + 1));
        assert.equal(own.compute(data, start, end), reference(data.subarray(start, end)));
      }),
    );
  });

  test(`${name} of two parts combines to that of the whole`, () => {
    fc.assert(
      fc.property(bytes, bytes, (first, second) => {
        const combined = own.combiner(second.length)(reference(first), reference(second));
        assert.equal(combined, reference(Buffer.concat([first, second])));
      }),
    );
  });
}

test("a tail of megabytes combines too", () => {
  const tail = Buffer.alloc(3_456_789, "brokermark");
  const front = Buffer.from("front");
  const combined = crc32c.combiner(tail.length)(nativeCrc32c(front), nativeCrc32c(tail));
  assert.equal(combined, nativeCrc32c(Buffer.concat([front, tail])));
});
