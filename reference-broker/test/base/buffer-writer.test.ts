import assert from "node:assert/strict";
import { test } from "node:test";
import { BufferReader } from "../../src/base/buffer-reader.ts";
import { BufferWriter } from "../../src/base/buffer-writer.ts";

const hexOf = (write: (writer: BufferWriter) => void): string => {
  const writer = new BufferWriter();
  write(writer);
  return Buffer.concat(writer.finish()).toString("hex");
};

test("values have the bytes the protocol guide gives them", () => {
  assert.equal(
    hexOf((w) => w.int8(-1)),
    "ff",
  );
  assert.equal(
    hexOf((w) => w.int16(-2)),
    "fffe",
  );
  assert.equal(
    hexOf((w) => w.int32(-16777215)),
    "ff000001",
  );
  assert.equal(
    hexOf((w) => w.int64(-1)),
    "ffffffffffffffff",
  );
  assert.equal(
    hexOf((w) => w.int64(-(2 ** 40))),
    "ffffff0000000000",
  );
  assert.equal(
    hexOf((w) => w.int64(2 ** 63)),
    "7fffffffffffffff",
  );
  assert.equal(
    hexOf((w) => w.uvarint(300)),
    "ac02",
  );
  assert.equal(
    hexOf((w) => w.uvarint(0xffffffff)),
    "ffffffff0f",
  );
  assert.equal(
    hexOf((w) => w.nullableString(null)),
    "ffff",
  );
  assert.equal(
    hexOf((w) => w.string("€")),
    "0003e282ac",
  );
  assert.equal(
    hexOf((w) => w.compactString("€")),
    "04e282ac",
  );
  assert.equal(
    hexOf((w) => w.nullableCompactString(null)),
    "00",
  );
  assert.equal(
    hexOf((w) => w.compactArrayLength(-1)),
    "00",
  );
  assert.equal(
    hexOf((w) => w.nullableBytes(null)),
    "ffffffff",
  );
});

test("a string that fits no int16 length and an id that is none are refused", () => {
  assert.throws(() => hexOf((w) => w.string("x".repeat(32768))), RangeError);
  assert.throws(() => hexOf((w) => w.uuid("abc")), TypeError);
  assert.throws(() => hexOf((w) => w.uuid("zz".repeat(16))), TypeError);
});

test("large bytes go in by reference, between the small values around them", () => {
  const large = Buffer.alloc(4096, 7);
  const writer = new BufferWriter();
  writer.int32(1);
  writer.nullableBytes([large, large]);
  writer.int32(2);
  assert.equal(writer.byteLength, 4 + 4 + 8192 + 4);
  const chunks = writer.finish();
  assert.equal(chunks.length, 4);
  assert.equal(chunks[1], large);
  assert.equal(chunks[2], large);
  const reader = new BufferReader(Buffer.concat(chunks));
  assert.equal(reader.int32(), 1);
  assert.equal(reader.nullableBytes()?.equals(Buffer.concat([large, large])), true);
  assert.equal(reader.int32(), 2);
});

test("frames carry their length, and earlier ones stay as they were when the writer goes on", () => {
  const writer = new BufferWriter();
  const frames = Array.from({ length: 40_000 }, (_, i) => writer.frame((w) => w.int32(i)));
  frames.forEach((chunks, i) => {
    const frame = Buffer.concat(chunks);
    assert.equal(frame.length, 8);
    assert.equal(frame.readInt32BE(0), 4);
    assert.equal(frame.readInt32BE(4), i);
  });
});

test("a frame longer than a slab has its true length in front", () => {
  const writer = new BufferWriter();
  const texts = Array.from({ length: 9 }, (_, i) => String(i).repeat(20_000));
  const writeAll = (w: BufferWriter) => {
    for (const text of texts) w.compactString(text);
  };
  const frame = Buffer.concat(writer.frame(writeAll));
  assert.equal(frame.readInt32BE(0), frame.length - 4);
  const reader = new BufferReader(frame, 4);
  assert.deepEqual(
    texts.map(() => reader.compactString()),
    texts,
  );
});

test("what a failed frame had written is gone", () => {
  const writer = new BufferWriter();
  const failing = (w: BufferWriter) => {
    w.int32(1);
    w.uuid("");
  };
  assert.throws(() => writer.frame(failing), TypeError);
  assert.equal(Buffer.concat(writer.frame((w) => w.int8(5))).toString("hex"), "0000000105");
});
