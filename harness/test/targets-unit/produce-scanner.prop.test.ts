import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ProduceScanner } from "../../src/targets/null/produce-scanner.ts";
import { encodeRequest } from "../../src/targets/wire/codec.ts";
import { MESSAGES } from "../../src/targets/wire/messages.ts";
import { encodeSingle } from "../../src/targets/wire/record-batch.ts";

const partition = fc.record({ index: fc.nat(9), bytes: fc.nat(3000), none: fc.boolean() });
const topic = fc.record({
  name: fc.stringMatching(/^[a-z]{1,40}$/),
  partitions: fc.array(partition, { minLength: 1, maxLength: 3 }),
});
const produce = fc.record({
  version: fc.integer({ min: 3, max: 8 }),
  acks: fc.constantFrom(-1, 0, 1),
  topics: fc.array(topic, { minLength: 1, maxLength: 3 }),
});
const step = fc.option(produce, { freq: 4, nil: "other" as const });

function framed(payload: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(payload.length);
  return Buffer.concat([size, payload]);
}

test("however the stream is cut, every partition is counted once and every request answered in order", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
      (steps, cuts) => {
        const expected: string[] = [];
        const frames = steps.map((one, correlation) => {
          if (one === "other") {
            expected.push("request 3");
            return framed(encodeRequest(MESSAGES.metadata, 5, correlation, "test", { topics: null }));
          }
          const topics = one.topics.map(({ name, partitions }) => ({
            name,
            partitions: partitions.map(({ index, bytes, none }) => {
              expected.push(`${name} ${index} ${none ? 0 : 1}`);
              return { index, records: none ? null : encodeSingle(Buffer.alloc(bytes), 0) };
            }),
          }));
          expected.push(`produced ${one.version} ${correlation} ${one.acks}`);
          return framed(
            encodeRequest(MESSAGES.produce, one.version, correlation, "test", { acks: one.acks, topics }),
          );
        });
        const seen: string[] = [];
        const scanner = new ProduceScanner({
          request: (frame) => seen.push(`request ${frame.readInt16BE(0)}`),
          partition: (name, length, index, records) =>
            seen.push(`${name.toString("utf8", 0, length)} ${index} ${records}`),
          produced: (version, correlation, acks) => seen.push(`produced ${version} ${correlation} ${acks}`),
        });
        const stream = Buffer.concat(frames);
        const chunk = Buffer.alloc(700);
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const length = Math.min(cuts[turn % cuts.length]!, stream.length - at);
          stream.copy(chunk, 0, at, at + length);
          scanner.push(chunk, length);
          chunk.fill(0xee);
          at += length;
        }
        assert.deepEqual(seen, expected);
      },
    ),
    { verbose: true },
  );
});

test("nonsense is refused", () => {
  const scanner = () =>
    new ProduceScanner({ request: () => undefined, partition: () => undefined, produced: () => undefined });
  const bytes = Buffer.alloc(16, 0xff);
  assert.throws(() => scanner().push(bytes, bytes.length), RangeError);
  const huge = Buffer.from("7fffffff00030000000000000000", "hex");
  assert.throws(() => scanner().push(huge, huge.length), RangeError);
});
