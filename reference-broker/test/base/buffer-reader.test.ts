import assert from "node:assert/strict";
import { test } from "node:test";
import { BufferReader, ProtocolError } from "../../src/base/buffer-reader.ts";

const reader = (hex: string) => new BufferReader(Buffer.from(hex, "hex"));

test("integers are big-endian and signed", () => {
  assert.equal(reader("80").int8(), -128);
  assert.equal(reader("7f").int8(), 127);
  assert.equal(reader("8001").int16(), -32767);
  assert.equal(reader("ff000001").int32(), -16777215);
  assert.equal(reader("ffffffffffffffff").int64(), -1);
  assert.equal(reader("001fffffffffffff").int64(), Number.MAX_SAFE_INTEGER);
  assert.equal(reader("7fffffffffffffff").int64(), 2 ** 63);
  assert.equal(reader("8000000000000000").int64(), -(2 ** 63));
});

test("an unsigned varint ends after 32 bits", () => {
  assert.equal(reader("ac02").uvarint(), 300);
  assert.equal(reader("ffffffff0f").uvarint(), 0xffffffff);
  assert.throws(() => reader("ffffffff1f").uvarint(), ProtocolError);
  assert.throws(() => reader("8080808080808000").uvarint(), ProtocolError);
  assert.throws(() => reader("80").uvarint(), ProtocolError);
});

test("strings know null in both forms, and only where it is allowed", () => {
  assert.equal(reader("ffff").nullableString(), null);
  assert.equal(reader("0000").nullableString(), "");
  assert.equal(reader("0003e282ac").string(), "€");
  assert.equal(reader("00").nullableCompactString(), null);
  assert.equal(reader("04e282ac").compactString(), "€");
  assert.throws(() => reader("ffff").string(), ProtocolError);
  assert.throws(() => reader("00").compactString(), ProtocolError);
  assert.throws(() => reader("fffe").nullableString(), ProtocolError);
});

test("a length beyond the frame is an error, whatever it is the length of", () => {
  assert.throws(() => reader("7fff61").string(), ProtocolError);
  assert.throws(() => reader("ffffffff0f").compactString(), ProtocolError);
  assert.throws(() => reader("7fffffff00").nullableBytes(), ProtocolError);
  assert.throws(() => reader("fffffffe").nullableBytes(), ProtocolError);
  assert.throws(() => reader("7fffffff").arrayLength(1), ProtocolError);
  assert.throws(() => reader("fffffffe").arrayLength(1), ProtocolError);
  assert.throws(() => reader("ffffffff0f").compactArrayLength(1), ProtocolError);
  assert.throws(() => reader("00000002000000").arrayLength(2), ProtocolError);
  assert.throws(() => reader("0102ff").skipTaggedFields(), ProtocolError);
});

test("an array is bounded by the bytes its elements need", () => {
  assert.equal(reader("0000000200000000").arrayLength(2), 2);
  assert.equal(reader("ffffffff").arrayLength(8), -1);
  assert.equal(reader("00").compactArrayLength(8), -1);
  assert.equal(reader("01").compactArrayLength(8), 0);
});

test("one frame holds at most 200,000 array elements in all", () => {
  const frame = Buffer.alloc(300_000);
  frame.writeInt32BE(150_000, 0);
  frame.writeInt32BE(150_000, 4);
  const twice = new BufferReader(frame);
  assert.equal(twice.arrayLength(1), 150_000);
  assert.throws(() => twice.arrayLength(1), ProtocolError);
});

test("bytes are a view of the frame", () => {
  const frame = Buffer.from("00000002abcd", "hex");
  const bytes = new BufferReader(frame).nullableBytes()!;
  frame[4] = 0x11;
  assert.equal(bytes.toString("hex"), "11cd");
});

test("a reader of part of a buffer does not see past its end", () => {
  const part = new BufferReader(Buffer.from("000000010000", "hex"), 0, 4);
  assert.equal(part.int32(), 1);
  assert.equal(part.remaining, 0);
  assert.throws(() => part.int8(), ProtocolError);
});
