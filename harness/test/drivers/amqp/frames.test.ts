import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeArguments, encodeMethod, FRAME, FRAME_END } from "../../../src/drivers/amqp/codec.ts";
import { MessageRing } from "../../../src/drivers/amqp/message-ring.ts";
import { checksum, readStamp } from "../../../src/integrity/message.ts";

test("a method is encoded as the specification lays it out: bits share an octet, tables count their bytes", () => {
  const frame = encodeMethod("queue.declare", 1, {
    queue: "q",
    durable: true,
    autoDelete: true,
    arguments: { "x-max-length": 7, "x-overflow": "drop-head" },
  });
  const expected = Buffer.concat([
    Buffer.from([1, 0, 1, 0, 0, 0, 56]),
    Buffer.from([0, 50, 0, 10, 0, 0, 1, 0x71, 0b1010]),
    Buffer.from([0, 0, 0, 43]),
    Buffer.from("\x0cx-max-lengthI\0\0\0\x07", "latin1"),
    Buffer.from("\x0ax-overflowS\0\0\0\x09drop-head", "latin1"),
    Buffer.from([0xce]),
  ]);
  assert.deepEqual(frame, expected);
});

test("arguments come back as they were given", () => {
  const given = {
    consumerTag: "c",
    deliveryTag: 2 ** 40 + 3,
    redelivered: true,
    exchange: "",
    routingKey: "é",
  };
  const frame = encodeMethod("basic.deliver", 1, given);
  assert.deepEqual(decodeArguments("basic.deliver", frame.subarray(7, -1)), given);
});

test("a message cut short is told, not guessed", () => {
  const frame = encodeMethod("connection.close", 0, { replyCode: 320, replyText: "CONNECTION_FORCED" });
  assert.throws(() => decodeArguments("connection.close", frame.subarray(7, 14)), {
    code: "DRIVER_PROTOCOL",
  });
});

const SHAPE = { payloadBytes: 100, payloadKind: "json", persistent: true, topics: 3 } as const;

interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 7 + bytes.readUInt32BE(at + 3);
    assert.equal(bytes[end], FRAME_END);
    frames.push({ type: bytes[at]!, payload: bytes.subarray(at + 7, end) });
    at = end + 1;
  }
  return frames;
}

test("a stamped message is three frames, its checksum right and its routing key that of its topic", () => {
  const ring = new MessageRing(4, SHAPE, { exchange: "x", routingKey: "" }, 1);
  for (const sequence of [0, 1, 2, 3, 4, 5, 1001]) {
    const at = ring.stamp(7, 2, sequence, 1000.5, 2000.25);
    const frames = framesOf(ring.bytes.subarray(at, at + ring.messageBytes));
    assert.deepEqual(
      frames.map(({ type }) => type),
      [FRAME.method, FRAME.header, FRAME.body],
    );
    const [method, header, body] = frames.map(({ payload }) => payload);
    const publish = decodeArguments("basic.publish", method!);
    assert.deepEqual([publish.exchange, publish.routingKey], ["x", `t00${sequence % 3}`]);
    assert.equal(header!.readUInt32BE(8), SHAPE.payloadBytes);
    assert.deepEqual([header!.readUInt16BE(12), header![14]], [0x1000, 2]);
    const view = new DataView(body!.buffer, body!.byteOffset, body!.length);
    assert.deepEqual(readStamp(view, 0), {
      runId: 7,
      producer: 2,
      sequence,
      intendedUs: 1000.5,
      sentUs: 2000.25,
    });
    assert.equal(view.getUint32(0, true), checksum(view, 0, body!.length));
  }
});

test("a transient message has no property, and a fixed key stays", () => {
  const ring = new MessageRing(2, { ...SHAPE, persistent: false }, { exchange: "", routingKey: "run.q1" }, 1);
  const at = ring.stamp(7, 0, 5, 0, 0);
  const [method, header] = framesOf(ring.bytes.subarray(at, at + ring.messageBytes));
  assert.equal(decodeArguments("basic.publish", method!.payload).routingKey, "run.q1");
  assert.deepEqual([header!.payload.length, header!.payload.readUInt16BE(12)], [14, 0]);
});
