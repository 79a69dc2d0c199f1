import assert from "node:assert/strict";
import { test } from "node:test";
import { AmqpError } from "../../../../src/protocols/amqp/reply-codes.ts";
import { FRAME, FrameParser } from "../../../../src/protocols/amqp/wire/frame-parser.ts";
import { frame, parsed, type TestFrame } from "./frames.ts";

const FRAME_MAX = 4096;
const CLOSE_OK: TestFrame = { type: FRAME.method, channel: 0, payload: "000a0033" };

/** The error, told alike however the bytes are cut. */
function refusal(bytes: Buffer): string {
  const texts = [bytes.length, 1, 7, 8].map((size) => {
    try {
      parsed(new FrameParser(FRAME_MAX), bytes, [size]);
    } catch (error) {
      assert.ok(error instanceof AmqpError, String(error));
      return error.replyText;
    }
    return "nothing was refused";
  });
  assert.equal(new Set(texts).size, 1, texts.join("\n"));
  return texts[0]!;
}

test("a frame without its end octet", () => {
  const bytes = frame({ type: FRAME.method, channel: 1, payload: "0102" });
  bytes[bytes.length - 1] = 0x7f;
  const text = "FRAME_ERROR - type 1, all octets = <<1,2>>: {invalid_frame_end_marker,127}";
  assert.equal(refusal(bytes), text);
});

test("of a long payload the first sixteen octets are shown", () => {
  const bytes = frame({ type: FRAME.body, channel: 1, payload: "09".repeat(17) });
  bytes[bytes.length - 1] = 0;
  const shown = Array(16).fill(9).join(",");
  const text = `FRAME_ERROR - type 3, first 16 octets = <<${shown}>>: {invalid_frame_end_marker,0}`;
  assert.equal(refusal(bytes), text);
});

test("a frame of an unknown type, and a heartbeat with a payload", () => {
  const text = (type: number) => `FRAME_ERROR - type ${type}, all octets = <<>>: unknown_frame`;
  for (const type of [0, 4, 7, 9, 255]) {
    assert.equal(refusal(frame({ type, channel: 0, payload: "" })), text(type));
  }
  assert.equal(refusal(frame({ type: FRAME.heartbeat, channel: 0, payload: "00" })), text(8));
});

test("a frame larger than frame-max is refused by its header, before anything is kept", () => {
  const header = frame({ type: FRAME.body, channel: 1, payload: "" }).subarray(0, 7);
  header.writeUInt32BE(0xffffffff, 3);
  const text = "FRAME_ERROR - type 3, all octets = <<>>: {frame_too_large,4294967295,4088}";
  assert.equal(refusal(header), text);
});

test("frame-max may be exceeded by the eight octets that RabbitMQ allows, not by one more", () => {
  const largest = frame({ type: FRAME.body, channel: 1, payload: "00".repeat(FRAME_MAX) });
  assert.equal(parsed(new FrameParser(FRAME_MAX), largest, [1000]).length, 1);
  const larger = frame({ type: FRAME.body, channel: 1, payload: "00".repeat(FRAME_MAX + 1) });
  assert.match(refusal(larger), /frame_too_large,4097,4088/);
});

test("a new frame-max counts from the next frame on", () => {
  const parser = new FrameParser(FRAME_MAX);
  parser.maxFrameBytes = 2 * FRAME_MAX;
  const large = { type: FRAME.body, channel: 1, payload: "00".repeat(2 * FRAME_MAX) };
  assert.deepEqual(parsed(parser, frame(large), [5000]), [large]);
});

test("after an error nothing is read but connection.close-ok", () => {
  const parser = new FrameParser(FRAME_MAX);
  const bytes = frame({ type: 9, channel: 0, payload: "" });
  assert.throws(() => parsed(parser, bytes, [100]), AmqpError);
  assert.deepEqual(parsed(parser, frame({ type: FRAME.method, channel: 1, payload: "003c0028" }), [100]), []);
  assert.deepEqual(parsed(parser, frame(CLOSE_OK), [100]), [CLOSE_OK]);
});

test("frames before a broken one in the same chunk are handed on", () => {
  const parser = new FrameParser(FRAME_MAX);
  const good = { type: FRAME.method, channel: 2, payload: "0102" };
  const bytes = Buffer.concat([frame(good), frame({ type: 99, channel: 0, payload: "" })]);
  const channels: number[] = [];
  assert.throws(() => parser.push(bytes, (_, channel) => channels.push(channel)), AmqpError);
  assert.deepEqual(channels, [2]);
});
