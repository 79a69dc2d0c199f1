import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createArena, stampBatch, writeIdentity } from "../../src/drivers/kafka/stamper.ts";
import { buildTemplates, type BatchTemplate, fullBatchRecords } from "../../src/drivers/kafka/template.ts";
import { HarnessError } from "../../src/errors.ts";
import { checksum, readStamp } from "../../src/integrity/message.ts";
import type { Codec } from "../../src/scenario/plan.ts";
import { decodeBatch } from "./record-batch-decoder.ts";

const CODEC_NUMBERS: Record<Codec, number> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };
const SHAPES = [
  { payloadBytes: 48, batchBytes: 1024, payloadKind: "random" },
  { payloadBytes: 100, batchBytes: 16 * 1024, payloadKind: "json" },
  { payloadBytes: 100, batchBytes: 512 * 1024, payloadKind: "json" },
  { payloadBytes: 5000, batchBytes: 64 * 1024, payloadKind: "random" },
  { payloadBytes: 200, batchBytes: 400, payloadKind: "json" },
] as const;

/** The bytes of one sending of a template. */
function sendOnce(template: BatchTemplate, sequence: number, idempotent: boolean): Buffer {
  const identity = {
    runId: 0xdeadbeef,
    producer: 5,
    idempotence: idempotent ? { producerId: 4711, producerEpoch: 3 } : null,
  };
  const front = template.prefix.length;
  const arena = createArena(front + template.trailerBytes);
  template.prefix.copy(arena.bytes);
  writeIdentity(arena, 0, identity);
  stampBatch(arena, 0, front, template, identity, sequence, 123_456.5, 123_999.25, 1_700_000_000_123.9);
  return Buffer.concat([arena.bytes.subarray(0, front), template.tail, arena.bytes.subarray(front)]);
}

for (const codec of Object.keys(CODEC_NUMBERS) as Codec[]) {
  describe(`templates with codec ${codec}`, () => {
    for (const shape of SHAPES) {
      test(`${shape.payloadBytes} B ${shape.payloadKind} messages in ${shape.batchBytes} B batches`, () => {
        const { templates } = buildTemplates({ ...shape, codec }, 42, null);
        const records = templates[0]!.records;
        for (const [id, template] of templates.entries()) {
          const bytes = sendOnce(template, 1000 + id, id % 2 === 1);
          assert.equal(bytes.length, template.encodedBytes);
          assert.ok(bytes.length <= shape.batchBytes);
          const batch = decodeBatch(bytes);
          assert.equal(batch.batchLength, bytes.length - 12);
          assert.equal(batch.crcHolds, true);
          assert.equal(batch.codec, CODEC_NUMBERS[codec]);
          assert.equal(batch.lastOffsetDelta, records - 1);
          assert.equal(batch.baseTimestamp, 1_700_000_000_123n);
          assert.equal(batch.maxTimestamp, 1_700_000_000_123n);
          assert.equal(batch.producerId, id % 2 === 1 ? 4711n : -1n);
          assert.equal(batch.producerEpoch, id % 2 === 1 ? 3 : -1);
          assert.equal(batch.baseSequence, id % 2 === 1 ? (1000 + id) * records : -1);
          assert.equal(batch.records.length, records);
          for (const [index, record] of batch.records.entries()) {
            assert.equal(record.offsetDelta, index);
            assert.equal(record.timestampDelta, 0);
            assert.equal(record.key, null);
            assert.equal(record.headers, 0);
            assert.equal(record.value.length, shape.payloadBytes);
            const view = viewOf(record.value);
            assert.equal(view.getUint32(0, true), checksum(view, 0, record.value.length));
            assert.equal(view.getUint32(4, true), id);
            assert.equal(view.getUint32(8, true), index);
          }
          assert.deepEqual(readStamp(viewOf(batch.records[0]!.value), 0), {
            runId: 0xdeadbeef,
            producer: 5,
            sequence: 1000 + id,
            intendedUs: 123_456.5,
            sentUs: 123_999.25,
          });
        }
      });
    }
  });
}

test("base sequence wraps at 2^31", () => {
  const { templates } = buildTemplates(
    { payloadBytes: 100, batchBytes: 16 * 1024, payloadKind: "json", codec: "none" },
    1,
    null,
  );
  const { records } = templates[0]!;
  const sequence = Math.ceil(2 ** 31 / records);
  const batch = decodeBatch(sendOnce(templates[0]!, sequence, true));
  assert.equal(batch.baseSequence, sequence * records - 2 ** 31);
});

test("equal seeds give equal templates, other seeds others", () => {
  const shape = { payloadBytes: 100, batchBytes: 4096, payloadKind: "json", codec: "lz4" } as const;
  const bytesOf = (seed: number) =>
    Buffer.concat(buildTemplates(shape, seed, null).templates.flatMap((each) => [each.prefix, each.tail]));
  assert.deepEqual(bytesOf(1), bytesOf(1));
  assert.notDeepEqual(bytesOf(1), bytesOf(2));
});

test("json payloads compress as real events do, random ones do not", () => {
  const shape = { payloadBytes: 100, batchBytes: 1024 * 1024, codec: "lz4" } as const;
  const json = buildTemplates({ ...shape, payloadKind: "json" }, 7, null).shape;
  assert.ok(json.compressionRatio > 2.2 && json.compressionRatio < 3, `ratio ${json.compressionRatio}`);
  assert.ok(json.encodedBytes > 0.99 * shape.batchBytes, `${json.encodedBytes} B`);
  const random = buildTemplates({ ...shape, payloadKind: "random" }, 7, null).shape;
  assert.ok(random.compressionRatio < 1.1, `ratio ${random.compressionRatio}`);
});

test("open loop limits the records of a batch", () => {
  const shape = { payloadBytes: 100, batchBytes: 16 * 1024, payloadKind: "json", codec: "lz4" } as const;
  assert.equal(buildTemplates(shape, 7, 3).shape.records, 3);
});

test("messages below the stamp's size and batches below one message are refused", () => {
  const shape = { payloadBytes: 100, batchBytes: 1024, payloadKind: "json", codec: "lz4" } as const;
  const isUsage = (error: unknown) => error instanceof HarnessError && error.code === "USAGE";
  assert.throws(() => buildTemplates({ ...shape, payloadBytes: 47 }, 7, null), isUsage);
  assert.throws(() => buildTemplates({ ...shape, batchBytes: 150 }, 7, null), isUsage);
});

test("a full batch is the largest that fits", () => {
  const size = (records: number) => 100 + 50 * records;
  assert.equal(fullBatchRecords(149, size), 0);
  assert.equal(fullBatchRecords(150, size), 1);
  assert.equal(fullBatchRecords(1000, size), 18);
  const many = fullBatchRecords(1_000_000, size);
  assert.ok(many <= 19_998 && many > 19_998 * 0.998, `${many}`);
});

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
