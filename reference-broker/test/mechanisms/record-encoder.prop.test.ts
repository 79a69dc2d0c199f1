import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findBatchFault } from "../../src/mechanisms/record-batch.ts";
import { encodeRecordBatch, type TextEncoding } from "../../src/mechanisms/record-encoder.ts";
import { encodeBatch } from "../support/wire-batch.ts";

const NOW_MS = 1_700_000_000_000;
const LIMITS = { maxMessageBytes: 100_000_000, timestampBounds: { beforeMaxMs: 0, afterMaxMs: 0 } };

/** Lengths around those at which a length takes one more byte. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.constantFrom(62, 63, 64, 65, 8190, 8191, 8192, 8193).map((length) => new Uint8Array(length).fill(7)),
);

test("property: a batch is byte for byte the one that is put together by hand, and the log takes it", () => {
  const record = fc.record({ key: fc.option(content), value: fc.option(content) });
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 70 }), (records) => {
      const encode = (bytes: Uint8Array | null) =>
        bytes === null ? null : Buffer.from(bytes).toString("base64");
      const texts = records.map(({ key, value }) => ({ key: encode(key), value: encode(value) }));
      assertSame(encodeRecordBatch(texts, "base64", NOW_MS), records);
    }),
  );
});

test("property: text is stored as UTF-8", () => {
  const text = fc.option(fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(
      fc.array(fc.record({ key: text, value: text }), { minLength: 1, maxLength: 5 }),
      (records) => {
        const bytes = (one: string | null) => (one === null ? null : Buffer.from(one, "utf8"));
        const encoding: TextEncoding = "utf8";
        assertSame(
          encodeRecordBatch(records, encoding, NOW_MS),
          records.map(({ key, value }) => ({ key: bytes(key), value: bytes(value) })),
        );
      },
    ),
  );
});

function assertSame(
  batch: Buffer,
  records: readonly { readonly key: Uint8Array | null; readonly value: Uint8Array | null }[],
): void {
  const asBuffer = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes));
  const expected = encodeBatch(
    records.map(({ key, value }) => ({ key: asBuffer(key), value: asBuffer(value) })),
    { baseTimestamp: NOW_MS },
  );
  assert.deepEqual(batch, expected);
  assert.equal(findBatchFault(batch, 0, LIMITS, NOW_MS), null);
}
