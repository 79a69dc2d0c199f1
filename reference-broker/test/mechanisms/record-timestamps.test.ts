import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { crc32c } from "@node-rs/crc32";
import { compressFrameSync } from "lz4-napi";
import { compressSync } from "snappy";
import { DamagedLog } from "../../src/mechanisms/record-batch.ts";
import { findRecordTime } from "../../src/mechanisms/record-timestamps.ts";
import { encodeBatch } from "../support/wire-batch.ts";

const BASE_MS = 1_700_000_000_000;
const HEADER_BYTES = 61;
const XERIAL_HEADER = Buffer.from("82534e41505059000000000100000001", "hex");

/** As Java frames it: chunks with their lengths. */
function xerial(data: Buffer): Buffer {
  const parts: Buffer[] = [XERIAL_HEADER];
  for (let at = 0; at < data.length; at += 64) {
    const block = compressSync(data.subarray(at, at + 64));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

const codecs: Record<string, { codec: number; compress(data: Buffer): Buffer }> = {
  none: { codec: 0, compress: (data) => data },
  gzip: { codec: 1, compress: (data) => gzipSync(data) },
  "snappy raw": { codec: 2, compress: (data) => compressSync(data) },
  "snappy xerial": { codec: 2, compress: xerial },
  lz4: { codec: 3, compress: (data) => compressFrameSync(data) },
  zstd: { codec: 4, compress: (data) => zstdCompressSync(data) },
};

/** The batch with other bytes in place of its records, right length and CRC. */
function withContent(batch: Buffer, codec: number, content: Buffer, count?: number): Buffer {
  const made = Buffer.concat([batch.subarray(0, HEADER_BYTES), content]);
  made.writeInt32BE(made.length - 12, 8);
  made.writeInt16BE(codec, 21);
  if (count !== undefined) {
    made.writeInt32BE(count - 1, 23);
    made.writeInt32BE(count, 57);
  }
  made.writeUInt32BE(crc32c(made.subarray(21)), 17);
  return made;
}

/** Timestamps 0, 30, 10, 40 ms from the base, the second largest before a smaller one. */
const PLAIN = encodeBatch(
  [0, 30, 10, 40].map((timestampDeltaMs) => ({ value: Buffer.alloc(50, 7), timestampDeltaMs })),
  { baseTimestamp: BASE_MS, baseOffset: 100 },
);

for (const [name, { codec, compress }] of Object.entries(codecs)) {
  const content = compress(PLAIN.subarray(HEADER_BYTES));
  const batch = withContent(PLAIN, codec, content);

  test(`${name}: the first record at or after a time, in log order`, async () => {
    const at = async (deltaMs: number) => (await findRecordTime(batch, BASE_MS + deltaMs))?.offset ?? null;
    assert.deepEqual(await Promise.all([-5, 0, 1, 10, 30, 31, 40, 41].map(at)), [
      100,
      100,
      101,
      101,
      101,
      103,
      103,
      null,
    ]);
  });

  test(`${name}: content cut anywhere or garbled is DamagedLog, whatever the CRC says`, async () => {
    const late = BASE_MS + 1_000_000; // has to look at every record
    for (let cut = 0; cut < content.length; cut += 3) {
      const cutShort = withContent(PLAIN, codec, content.subarray(0, cut));
      await findRecordTime(cutShort, late).then(
        (found) => assert.equal(found, null),
        (error: unknown) => assert.ok(error instanceof DamagedLog, String(error)),
      );
      const garbled = Buffer.from(content);
      garbled[cut]! ^= 0xff;
      await findRecordTime(withContent(PLAIN, codec, garbled), late).catch((error: unknown) =>
        assert.ok(error instanceof DamagedLog, String(error)),
      );
    }
    await assert.rejects(findRecordTime(withContent(PLAIN, codec, Buffer.alloc(0)), late), DamagedLog);
  });

  test(`${name}: a batch that grows to nothing but zeros, or whose records lead backwards, ends at once`, async () => {
    const late = BASE_MS + 1_000_000;
    const zeros = withContent(PLAIN, codec, compress(Buffer.alloc(8 * 1024 * 1024)), 2 ** 31 - 1);
    await assert.rejects(findRecordTime(zeros, late), DamagedLog);
    const backwards = Buffer.concat([Buffer.from([0x01]), Buffer.alloc(100)]); // a length of -1
    await assert.rejects(
      findRecordTime(withContent(PLAIN, codec, compress(backwards), 2 ** 31 - 1), late),
      DamagedLog,
    );
  });
}

test("compressed batches that claim or reach more than 256 MiB are refused before the memory is taken", async () => {
  const hugeClaim = Buffer.concat([Buffer.from("ffffffff0f", "hex"), Buffer.alloc(20)]);
  const xerialChain = Buffer.concat([XERIAL_HEADER, Buffer.from("fffffffc", "hex"), Buffer.alloc(20)]);
  const blockBytes = 4 * 1024 * 1024;
  const block = Buffer.concat([Buffer.from([0, 0, 0, 0]), Buffer.alloc(blockBytes / 200)]);
  block.writeUInt32LE(block.length - 4);
  const lz4Bomb = Buffer.concat([Buffer.from("04224d186070aa", "hex"), ...Array<Buffer>(100).fill(block)]);
  const zstdBomb = zstdCompressSync(Buffer.alloc(257 * 1024 * 1024));
  const contents: readonly (readonly [number, Buffer])[] = [
    [2, hugeClaim],
    [2, xerialChain],
    [3, lz4Bomb],
    [4, zstdBomb],
  ];
  const before = process.memoryUsage().rss;
  for (const [codec, content] of contents) {
    await assert.rejects(findRecordTime(withContent(PLAIN, codec, content), BASE_MS), DamagedLog);
  }
  const grownBytes = process.memoryUsage().rss - before;
  assert.ok(grownBytes < 700 * 1024 * 1024, `${grownBytes} bytes more`);
});

test("with LogAppendTime every record has the batch's time, and nothing is decompressed", async () => {
  const stamped = withContent(PLAIN, 0x08 | 1, Buffer.from("not gzip"));
  stamped.writeBigInt64BE(BigInt(BASE_MS + 7), 35);
  assert.deepEqual(await findRecordTime(stamped, BASE_MS + 7), { offset: 100, timestampMs: BASE_MS + 7 });
  assert.equal(await findRecordTime(stamped, BASE_MS + 8), null);
});
