/** Damage in a segment that a start trusts: it shows when it is read, and costs no more than the batch that it is in. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { DamagedLog } from "../../../src/mechanisms/record-batch.ts";
import { batchOf, inDirectory, placed, TestLog } from "./test-log.ts";

const LOG = "00000000000000000000.log";
const SETTINGS = { indexIntervalBytes: 500 };
const BATCHES = placed(Array.from({ length: 40 }, (_, at) => batchOf(1 + (at % 3), 20 + at, {}, at)));
const HEADER_BYTES = 61;
/** One that the index leads to, and those behind it up to the next. */
const VICTIMS = [16, 17, 18, 19];

async function checkReads(
  directory: string,
  victim: number,
  damage: (content: Buffer, start: number) => void,
): Promise<void> {
  const file = path.join(directory, LOG);
  const content = Buffer.concat(BATCHES);
  damage(content, Buffer.concat(BATCHES.slice(0, victim)).length);
  fs.writeFileSync(file, content);
  const log = new TestLog(directory, { settings: SETTINGS, tailCacheBytes: 0 });
  for (const [at, batch] of BATCHES.entries()) {
    const base = Number(batch.readBigInt64BE(0));
    for (let offset = base; offset <= base + batch.readInt32BE(23); offset++) {
      log.reader.availableBytes(offset, 300);
      const reading = Promise.resolve(log.reader.read(offset, 400, true));
      const read = await reading.catch((error: unknown) => {
        assert.ok(error instanceof DamagedLog, String(error));
        return null;
      });
      if (at === victim) continue;
      assert.ok(read !== null, `offset ${offset} is not damaged, victim ${victim}`);
      assert.deepEqual(
        Buffer.concat(read.buffers).subarray(0, batch.length),
        batch,
        `offset ${offset}, victim ${victim}`,
      );
    }
  }
  await log.crash();
}

test("whatever bit of a header flips, every other batch is read from its first offset and from any in it", () =>
  inDirectory(async (directory) => {
    const log = new TestLog(directory, { settings: SETTINGS });
    for (const batch of BATCHES) await log.write(Buffer.from(batch));
    await log.log.close();
    for (const victim of VICTIMS) {
      for (let at = 0; at < HEADER_BYTES; at++) {
        for (const bit of [0, 3, 7]) {
          await checkReads(directory, victim, (content, start) => {
            content[start + at]! ^= 1 << bit;
          });
        }
      }
      await checkReads(directory, victim, (content, start) =>
        content.fill(0, start, start + BATCHES[victim]!.length),
      );
    }
  }));
