import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "@node-rs/crc32";
import { nextOffset, type RecordSink, readBatches } from "../../src/drivers/kafka/batch-reader.ts";
import { KnownBatches } from "../../src/drivers/kafka/known-batches.ts";
import { createArena, stampBatch } from "../../src/drivers/kafka/stamper.ts";
import { type BatchTemplate, buildTemplates } from "../../src/drivers/kafka/template.ts";
import type { Codec } from "../../src/scenario/plan.ts";

const PAYLOAD_BYTES = 100;

function templateOf(codec: Codec, batchBytes = 8192): BatchTemplate {
  const shape = { payloadBytes: PAYLOAD_BYTES, payloadKind: "json", batchBytes, codec } as const;
  return buildTemplates(shape, 3, null).templates[0]!;
}

function batchOf(template: BatchTemplate, sequence: number, baseOffset = 0): Buffer {
  const front = template.prefix.length;
  const arena = createArena(front + template.trailerBytes);
  template.prefix.copy(arena.bytes);
  stampBatch(arena, 0, front, template, { runId: 1, producer: 2, idempotence: null }, sequence, 10, 20, 30);
  const batch = Buffer.concat([arena.bytes.subarray(0, front), template.tail, arena.bytes.subarray(front)]);
  batch.writeBigInt64BE(BigInt(baseOffset));
  return batch;
}

/** After a deliberate change: a CRC that holds, so that the message's own checksum must notice. */
function resealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

function read(records: Buffer, known: KnownBatches | null = null): string[] {
  const events: string[] = [];
  const sink: RecordSink = {
    intact: (stamp, first, count) => events.push(`batch ${stamp.sequence}: ${first}+${count}`),
    corrupted: (stamp, first, count, reason) =>
      events.push(`${stamp === null ? "?" : stamp.sequence}: ${first}+${count} ${reason.split(":")[0]}`),
  };
  readBatches(records, sink, known);
  return events;
}

for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"] as const) {
  test(`reads batches with codec ${codec}`, () => {
    const template = templateOf(codec);
    const n = template.records;
    const records = Buffer.concat([batchOf(template, 7), batchOf(template, 8, n)]);
    assert.deepEqual(read(records), [`batch 7: 0+${n}`, `batch 8: 0+${n}`]);
    assert.equal(nextOffset(records, 0), 2 * n);
  });
}

test("a cut last batch waits for the next fetch", () => {
  const template = templateOf("lz4");
  const records = Buffer.concat([batchOf(template, 0, 500), batchOf(template, 1, 500 + template.records)]);
  const cut = records.subarray(0, records.length - 1);
  assert.equal(read(cut).length, 1);
  assert.equal(nextOffset(cut, 500), 500 + template.records);
  assert.equal(nextOffset(cut.subarray(0, 60), 500), 500);
});

test("offsets beyond 32 bits", () => {
  const template = templateOf("none");
  assert.equal(nextOffset(batchOf(template, 0, 2 ** 40), 0), 2 ** 40 + template.records);
});

test("a damaged batch is corrupted whole", () => {
  const template = templateOf("lz4");
  const batch = batchOf(template, 0);
  batch[batch.length - 100]! ^= 1;
  assert.deepEqual(read(batch), [`?: 0+${template.records} wrong CRC-32C of the batch`]);
});

test("a stream that does not decompress, under a CRC that holds", () => {
  const template = templateOf("gzip");
  const batch = batchOf(template, 0);
  batch.fill(0xff, 61, 70);
  assert.deepEqual(read(resealed(batch)), [`?: 0+${template.records} does not decompress`]);
});

test("a damaged message is told from its neighbours by its own checksum", () => {
  const template = templateOf("none");
  const n = template.records;
  const batch = batchOf(template, 4);
  const bytesPerRecord = (batch.length - 61) / n;
  batch[61 + Math.floor(bytesPerRecord * 5.5)]! ^= 0x40;
  assert.deepEqual(read(resealed(batch)), [`batch 4: 0+5`, "4: 5+1 wrong checksum", `batch 4: 6+${n - 6}`]);
});

test("a damaged stamp leaves the batch unknown", () => {
  const template = templateOf("none");
  const batch = batchOf(template, 4);
  batch[template.valueOffset + 20]! ^= 1;
  assert.deepEqual(read(resealed(batch)), [
    `?: 0+${template.records} wrong checksum of the message that carries the stamp`,
  ]);
});

test("records that do not parse", () => {
  const template = templateOf("none");
  const n = template.records;
  const batch = batchOf(template, 4);
  const bytesPerRecord = (batch.length - 61) / n;
  batch.fill(0xff, 61 + Math.floor(bytesPerRecord * 3), 61 + Math.floor(bytesPerRecord * 3) + 5);
  const events = read(resealed(batch));
  assert.equal(events[0], `batch 4: 0+3`);
  assert.equal(events[1], `4: 3+${n - 3} records do not parse`);
});

test("whatever bytes a batch holds under a CRC that holds, each record is told once and nothing throws", () => {
  const template = templateOf("none", 2048);
  const n = template.records;
  for (let at = 61; at < template.encodedBytes; at++) {
    const batch = batchOf(template, 4);
    batch[at]! ^= 0xa5;
    let told = 0;
    readBatches(resealed(batch), {
      intact: (_stamp, _first, count) => (told += count),
      corrupted: (_stamp, _first, count) => (told += count),
    });
    assert.equal(told, n, `byte ${at}`);
  }
});

for (const codec of ["none", "snappy", "lz4", "zstd"] as const) {
  test(`a batch that was read twice with other stamps is recognised by its bytes, codec ${codec}`, () => {
    const template = templateOf(codec);
    const known = new KnownBatches();
    const n = template.records;
    // Once more with the same stamp tells nothing new.
    assert.deepEqual(read(batchOf(template, 1), known), [`batch 1: 0+${n}`]);
    assert.deepEqual(read(batchOf(template, 1), known), [`batch 1: 0+${n}`]);
    assert.equal(known.recognise(batchOf(template, 2)), null);
    assert.deepEqual(read(batchOf(template, 2), known), [`batch 2: 0+${n}`]);
    assert.equal(known.recognise(batchOf(template, 3))?.sequence, 3);
    assert.deepEqual(read(batchOf(template, 4, 77), known), [`batch 4: 0+${n}`]);
  });
}

test("a gzip trailer changes with the stamp, so that such batches are always read", () => {
  const template = templateOf("gzip");
  const known = new KnownBatches();
  for (let sequence = 0; sequence < 5; sequence++) {
    assert.deepEqual(read(batchOf(template, sequence), known), [`batch ${sequence}: 0+${template.records}`]);
  }
  assert.equal(known.recognise(batchOf(template, 5)), null);
});

test("any changed byte of a known batch is found as without knowing it", () => {
  const template = templateOf("none", 2048);
  const known = new KnownBatches();
  read(Buffer.concat([batchOf(template, 1), batchOf(template, 2)]), known);
  assert.equal(known.recognise(batchOf(template, 3))?.sequence, 3);
  for (let at = 0; at < batchOf(template, 3).length; at++) {
    if (at >= 8 && at < 21) continue; // Length, magic and CRC: those are checked before.
    const changed = batchOf(template, 3);
    changed[at]! ^= 1;
    const records = resealed(changed);
    assert.deepEqual(read(records, known), read(records), `byte ${at}`);
  }
});
