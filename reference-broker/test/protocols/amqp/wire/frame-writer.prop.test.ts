import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeProperties } from "../../../../src/mechanisms/basic-properties.ts";
import { PublishedMessage } from "../../../../src/mechanisms/message.ts";
import { decodeMethod } from "../../../../src/protocols/amqp/methods/table.ts";
import { FRAME } from "../../../../src/protocols/amqp/wire/frame.ts";
import { FrameWriter } from "../../../../src/protocols/amqp/wire/frame-writer.ts";
import { framesOf } from "./frames.ts";

const name = fc.string({ unit: "binary", maxLength: 60 });
const bodySize = fc.oneof(
  fc.nat(200),
  fc.constantFrom(0, 4087, 4088, 4089, 32_767, 32_768, 131_064, 131_065),
  fc.nat(300_000),
);
const message = fc
  .record({ exchange: name, routingKey: name, messageId: name, size: bodySize, octet: fc.nat(255) })
  .map(({ exchange, routingKey, messageId, size, octet }) => {
    return new PublishedMessage(
      exchange,
      routingKey,
      encodeProperties({ messageId }),
      Buffer.alloc(size, octet),
    );
  });
const delivery = fc.record({
  message: fc.nat(3),
  channel: fc.integer({ min: 1, max: 0xffff }),
  consumerTag: name,
  deliveryTag: fc.maxSafeNat(),
  redelivered: fc.boolean(),
  /** What happens after it. */
  behind: fc.constantFrom("go on", "take", "take and reuse"),
});
const frameMax = fc.constantFrom(4096, 8192, 131_072);

test("any deliveries, taken at any time, are sent in order and whole, in frames of at most frame-max", () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 4, maxLength: 4 }),
      fc.array(delivery, { maxLength: 10 }),
      frameMax,
      (messages, deliveries, maxFrameBytes) => {
        const writer = new FrameWriter();
        writer.maxFrameBytes = maxFrameBytes;
        const sent: Buffer[] = [];
        for (const { message: index, channel, consumerTag, deliveryTag, redelivered, behind } of deliveries) {
          writer.deliver(channel, consumerTag, deliveryTag, redelivered, messages[index]!);
          if (behind === "go on") continue;
          sent.push(Buffer.concat(writer.take()));
          if (behind === "take and reuse") writer.reuse();
        }
        const pending = writer.pendingBytes;
        const rest = Buffer.concat(writer.take());
        assert.equal(rest.length, pending);
        const frames = framesOf(Buffer.concat([...sent, rest]));
        for (const { message: index, channel, ...fields } of deliveries) {
          const { exchange, routingKey, properties, body } = messages[index]!;
          const [method, header] = frames.splice(0, 2);
          const { consumerTag, deliveryTag, redelivered } = fields;
          const payload = Buffer.from(method!.payload, "hex");
          const expected = { consumerTag, deliveryTag, redelivered, exchange, routingKey };
          assert.deepEqual(decodeMethod(payload, 0, payload.length).fields, expected);
          const size = body.length.toString(16).padStart(16, "0");
          assert.equal(header!.payload, `003c0000${size}${properties.toString("hex")}`);
          const pieces = frames.splice(0, Math.ceil(body.length / (maxFrameBytes - 8)));
          assert.equal(pieces.map((piece) => piece.payload).join(""), body.toString("hex"));
          for (const piece of pieces) assert.ok(piece.payload.length / 2 + 8 <= maxFrameBytes);
          for (const piece of pieces) assert.equal(piece.type, FRAME.body);
          for (const frame of [method!, header!, ...pieces]) assert.equal(frame.channel, channel);
        }
        assert.deepEqual(frames, []);
      },
    ),
    { numRuns: 100 },
  );
});
