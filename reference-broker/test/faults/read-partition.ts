/** Reads a partition to its end as a consumer does that checks CRCs and goes on behind what is damaged. */
import { crc32c } from "@node-rs/crc32";
import { LOG_END, LOG_START, offsetFor } from "../support/client.ts";
import type { Connection } from "../support/connection.ts";
import { fetchRequest, readFetchResponse } from "../support/wire-requests.ts";
import { decodeBody } from "./amqp/message-body.ts";

const BATCH_HEADER_BYTES = 61;
const CRC_AT = 17;
const CRC_START = 21;
const CORRUPT_MESSAGE = 2;
const MAX_FINDINGS = 10;

export interface StoredEntry {
  readonly offset: number;
  /** Number of the message. */
  readonly sequence: number;
}

export interface PartitionContent {
  readonly entries: readonly StoredEntry[];
  /** Answers with CORRUPT_MESSAGE, and batches whose CRC is wrong. */
  readonly damagedReads: number;
  /** Records of intact batches that are not as they were published. */
  readonly phantoms: number;
  readonly findings: readonly string[];
}

export async function readPartition(
  connection: Connection,
  topic: string,
  partition: number,
  fits: (number: number, bytes: number) => boolean,
): Promise<PartitionContent> {
  const entries: StoredEntry[] = [];
  const findings: string[] = [];
  let damagedReads = 0;
  let phantoms = 0;
  const end = await offsetFor(connection, topic, partition, LOG_END);
  for (let offset = await offsetFor(connection, topic, partition, LOG_START); offset < end; ) {
    const { errorCode, records } = readFetchResponse(
      await connection.send(fetchRequest(topic, partition, offset)),
    );
    if (errorCode !== 0 && errorCode !== CORRUPT_MESSAGE) {
      throw new Error(`fetch ${topic}-${partition}@${offset}: error ${errorCode}`);
    }
    const before = offset;
    for (const batch of intactBatches(records)) {
      for (const { record, value } of isControl(batch) ? [] : recordsOf(batch)) {
        const at = baseOffsetOf(batch) + record;
        if (at < offset) continue;
        const sequence = decodeBody(value);
        if (sequence === null || !fits(sequence, value.length)) {
          phantoms++;
          if (findings.length < MAX_FINDINGS)
            findings.push(`offset ${at} of partition ${partition} holds what was not published there`);
        } else entries.push({ offset: at, sequence });
      }
      offset = Math.max(offset, baseOffsetOf(batch) + batch.readInt32BE(23) + 1);
    }
    if (offset > before) continue;
    damagedReads++;
    findings.push(
      `offset ${offset} of partition ${partition}: ${errorCode === 0 ? "wrong CRC" : "CORRUPT_MESSAGE"}`,
    );
    offset++;
  }
  return { entries, damagedReads, phantoms, findings };
}

/** Up to the first that is damaged or cut. */
function* intactBatches(records: Buffer): Iterable<Buffer> {
  for (let at = 0; at + BATCH_HEADER_BYTES <= records.length; ) {
    const end = at + 12 + records.readInt32BE(at + 8);
    if (end > records.length || end < at + BATCH_HEADER_BYTES) return;
    const batch = records.subarray(at, end);
    if (crc32c(batch.subarray(CRC_START)) !== batch.readUInt32BE(CRC_AT)) return;
    yield batch;
    at = end;
  }
}

/** Consumers pass over the records of control batches. */
function isControl(batch: Buffer): boolean {
  return (batch.readInt16BE(CRC_START) & 0x20) !== 0;
}

function baseOffsetOf(batch: Buffer): number {
  return Number(batch.readBigInt64BE(0));
}

/** Uncompressed, without keys and headers, as the publishers of these tests send them. */
function* recordsOf(batch: Buffer): Iterable<{ record: number; value: Buffer }> {
  const count = batch.readInt32BE(57);
  let at = BATCH_HEADER_BYTES;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = batch[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  };
  for (let record = 0; record < count; record++) {
    const recordBytes = varint();
    const end = at + recordBytes;
    at++;
    varint();
    varint();
    const keyBytes = varint();
    at += Math.max(0, keyBytes);
    const bytes = varint();
    yield { record, value: batch.subarray(at, at + bytes) };
    at = end;
  }
}
