import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AmqpError } from "../../../../src/protocols/amqp/reply-codes.ts";
import { FRAME, FrameParser } from "../../../../src/protocols/amqp/wire/frame-parser.ts";
import { frame, parsed, type TestFrame } from "./frames.ts";

const FRAME_MAX = 131_072;

const payloadSize = fc.oneof(
  { weight: 6, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.integer({ min: 1000, max: 5000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: FRAME_MAX - 8 }) },
);
const contentFrame = fc
  .tuple(fc.constantFrom(FRAME.method, FRAME.header, FRAME.body), fc.nat(0xffff), payloadSize, fc.nat(255))
  .map(
    ([type, channel, size, octet]): TestFrame => ({
      type,
      channel,
      payload: Buffer.alloc(size, octet).toString("hex"),
    }),
  );
const heartbeat = fc.constant<TestFrame>({ type: FRAME.heartbeat, channel: 0, payload: "" });
const frames = fc.array(fc.oneof({ weight: 9, arbitrary: contentFrame }, heartbeat), { maxLength: 12 });
const chunkSizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 100, max: 100_000 })),
  { minLength: 1, maxLength: 5 },
);

test("any chunking of any frames gives the same frames", () => {
  fc.assert(
    fc.property(frames, chunkSizes, (given, sizes) => {
      const parser = new FrameParser(FRAME_MAX);
      const bytes = Buffer.concat(given.map(frame));
      assert.deepEqual(parsed(parser, bytes, sizes), given);
      assert.equal(parser.isInFrame, false);
    }),
    { numRuns: 200 },
  );
});

test("parsers that are cut in turns do not mix their frames up", () => {
  fc.assert(
    fc.property(frames, frames, fc.integer({ min: 1, max: 3000 }), (first, second, size) => {
      const streams = [first, second].map((given) => {
        const got: TestFrame[] = [];
        return { parser: new FrameParser(FRAME_MAX), bytes: Buffer.concat(given.map(frame)), got };
      });
      for (let at = 0; streams.some(({ bytes }) => at < bytes.length); at += size) {
        for (const { parser, bytes, got } of streams) {
          const chunk = bytes.subarray(at, at + size);
          if (chunk.length > 0) got.push(...parsed(parser, chunk, [chunk.length]));
        }
      }
      assert.deepEqual(
        streams.map(({ got }) => got),
        [first, second],
      );
    }),
    { numRuns: 50 },
  );
});

test("whatever is sent gives frames or FRAME_ERROR", () => {
  const change = fc.tuple(fc.nat(), fc.nat(255));
  fc.assert(
    fc.property(
      frames,
      fc.array(change, { minLength: 1, maxLength: 5 }),
      chunkSizes,
      (given, changes, sizes) => {
        const bytes = Buffer.concat(given.map(frame));
        for (const [at, octet] of changes)
          if (bytes.length > 0) bytes[at % Math.min(bytes.length, 64)] = octet;
        try {
          parsed(new FrameParser(FRAME_MAX), bytes, sizes);
        } catch (error) {
          assert.ok(error instanceof AmqpError, String(error));
          assert.equal(error.reply, "FRAME_ERROR");
        }
      },
    ),
  );
});
