/** Frames in and out of AMQP 0-9-1, without channels and queues. */
import { encodeProperties } from "../../../src/mechanisms/basic-properties.ts";
import { PublishedMessage } from "../../../src/mechanisms/message.ts";
import { decodeMethod } from "../../../src/protocols/amqp/methods/table.ts";
import { FRAME, FrameParser } from "../../../src/protocols/amqp/wire/frame-parser.ts";
import { FrameWriter } from "../../../src/protocols/amqp/wire/frame-writer.ts";
import { methodPayload, publish } from "../../../test/support/amqp-frames.ts";
import type { Benchmark, Subject, Suite } from "../benchmark.ts";
import { randomBytes } from "../random-input.ts";

const BODY_BYTES = [64, 1024];
const CHUNK_BYTES = 64 * 1024;
const FRAME_MAX = 131_072;
const OPERATIONS = 10_000;

const properties = encodeProperties({
  ...{ contentType: "application/octet-stream", deliveryMode: 2, messageId: "0123456789abcdef" },
});

/** As a socket gives it: publishes one behind the other, the last one cut. */
function chunkOf(message: Buffer): Buffer {
  const count = Math.ceil(CHUNK_BYTES / message.length) + 1;
  return Buffer.concat(Array.from({ length: count }, () => message)).subarray(0, CHUNK_BYTES);
}

function parsing(bodyBytes: number): Subject {
  const message = publish(1, "", "queue", randomBytes(bodyBytes), { properties });
  const whole = chunkOf(message);
  const chunk = whole.subarray(0, Math.floor(whole.length / message.length) * message.length);
  const parser = new FrameParser(FRAME_MAX);
  let sum = 0;
  const onFrame = (type: number, channel: number, _bytes: Buffer, start: number, end: number) => {
    if (type === FRAME.body) sum += channel + end - start;
  };
  return {
    operations: (chunk.length / message.length) * 20,
    run: () => {
      for (let at = 0; at < 20; at++) parser.push(chunk, onFrame);
      return sum | 0;
    },
  };
}

function delivering(bodyBytes: number): Subject {
  const message = new PublishedMessage("", "queue", properties, randomBytes(bodyBytes));
  const writer = new FrameWriter();
  writer.maxFrameBytes = FRAME_MAX;
  return {
    operations: OPERATIONS,
    run: () => {
      let bytes = 0;
      for (let tag = 1; tag <= OPERATIONS; tag++) {
        writer.deliver(1, "consumer-tag", tag, false, message);
        if (writer.pendingBytes < CHUNK_BYTES) continue;
        for (const chunk of writer.take()) bytes += chunk.length;
        writer.reuse();
      }
      return bytes;
    },
  };
}

function repeated(operation: (at: number) => number): Subject {
  return {
    operations: OPERATIONS,
    run: () => {
      let sum = 0;
      for (let at = 0; at < OPERATIONS; at++) sum += operation(at);
      return sum;
    },
  };
}

function decodingPublish(): Subject {
  const fields = { exchange: "exchange", routingKey: "routing.key", mandatory: true, immediate: false };
  const payload = methodPayload("basic.publish", fields);
  return repeated(() => decodeMethod(payload, 0, payload.length).methodId);
}

function decodingAck(): Subject {
  const payload = methodPayload("basic.ack", { deliveryTag: 123_456, multiple: false });
  return repeated(() => decodeMethod(payload, 0, payload.length).methodId);
}

function makingMessages(): Subject {
  const body = randomBytes(64);
  return repeated(() => new PublishedMessage("", "queue", properties, body).priority + 1);
}

const benchmarksOf = (bytes: number): Benchmark[] => [
  {
    ...{ name: `amqp: cut publishes of ${bytes} B into frames`, operation: "message" },
    bytesPerOperation: bytes,
    prepare: () => parsing(bytes),
  },
  {
    ...{ name: `amqp: write deliveries of ${bytes} B`, operation: "message", bytesPerOperation: bytes },
    prepare: () => delivering(bytes),
  },
];

export const suite: Suite = {
  benchmarks: [
    ...BODY_BYTES.flatMap(benchmarksOf),
    { name: "amqp: decode basic.publish", operation: "method", prepare: decodingPublish },
    { name: "amqp: decode basic.ack", operation: "method", prepare: decodingAck },
    { name: "amqp: make a message, its properties scanned", operation: "message", prepare: makingMessages },
  ],
};
