import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMethod, encodeFrame, encodeMethod, FRAME, readFrame } from "../../src/targets/amqp/codec.ts";

test("a method comes back as it was sent", () => {
  const values = {
    reserved: 0,
    queue: "q",
    bits: 2,
    arguments: { "x-expires": 60_000, "x-queue-type": "classic" },
  };
  assert.deepEqual(decodeMethod(encodeMethod("queueDeclare", values)), { name: "queueDeclare", values });
});

test("the bytes are those of the specification", () => {
  const payload = encodeMethod("basicGet", { queue: "ab", bits: 1 });
  assert.equal(payload.toString("hex"), "003c0046" + "0000" + "026162" + "01");
  assert.equal(
    encodeFrame(FRAME.method, 1, payload).toString("hex"),
    `0100010000000a${payload.toString("hex")}ce`,
  );
});

test("server-properties with every field type RabbitMQ knows", () => {
  const entry = (key: string, typed: string) =>
    Buffer.concat([Buffer.of(key.length), Buffer.from(key), Buffer.from(typed, "hex")]);
  const table = Buffer.concat([
    entry("t", "7401"),
    entry("b", "6205"),
    entry("s", "730007"),
    entry("I", "4900000009"),
    entry("l", "6c0000000000000100"),
    entry("d", "643ff8000000000000"),
    entry("D", "4402000003e8"),
    entry("S", "530000000161"),
    entry("x", "780000000162"),
    entry("V", "56"),
    entry("A", "41000000047401" + "7400"),
    entry("F", "4600000004" + "01617401"),
  ]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(table.length);
  const start = Buffer.concat([Buffer.from("000a000a0009", "hex"), size, table, Buffer.alloc(8)]);
  assert.deepEqual(decodeMethod(start)?.values, {
    versionMajor: 0,
    versionMinor: 9,
    serverProperties: {
      ...{ t: true, b: 5, s: 7, I: 9, l: 256, d: 1.5, D: 10, S: "a", x: "b", V: null },
      ...{ A: [true, false], F: { a: true } },
    },
    mechanisms: "",
    locales: "",
  });
});

test("a frame is whole or awaited; what is no AMQP 0-9-1 is refused", () => {
  const bytes = encodeFrame(FRAME.heartbeat, 0, Buffer.alloc(0));
  assert.equal(readFrame(bytes.subarray(0, 7)), null);
  assert.deepEqual(readFrame(Buffer.concat([bytes, bytes]))?.length, bytes.length);
  assert.throws(() => readFrame(Buffer.from("AMQP\0\0\x09\x00")), /another version/);
  assert.throws(() => readFrame(Buffer.from("HTTP/1.1 400 Bad")), /no AMQP broker/);
  assert.throws(() => decodeMethod(Buffer.from("000a000a00", "hex")), RangeError);
});
