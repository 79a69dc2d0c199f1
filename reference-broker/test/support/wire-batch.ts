/** Record batches of magic 2 (KIP-98), built by hand so that every field can also be wrong. */
import { crc32c } from "@node-rs/crc32";
import { ByteWriter } from "./wire-bytes.ts";

export interface WireRecord {
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: readonly (readonly [string, Buffer | null])[];
  /** From the batch's base timestamp; default 0. */
  readonly timestampDeltaMs?: number;
}

export interface BatchFields {
  readonly baseOffset: number;
  readonly partitionLeaderEpoch: number;
  readonly magic: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
  /** Added to the true CRC32C; anything but 0 makes it wrong. */
  readonly crcError: number;
  /** Added to the true batch length. */
  readonly lengthError: number;
}

/** Retention by time deletes what claims to be years old. */
const RECENT_MS = Date.now();

/** Byte of the batch from which on the CRC covers everything: base offset and leader epoch lie before it. */
export const CRC_START = 21;

export function encodeBatch(records: readonly WireRecord[], overrides: Partial<BatchFields> = {}): Buffer {
  const baseTimestamp = overrides.baseTimestamp ?? RECENT_MS;
  const fields: BatchFields = {
    ...{ baseOffset: 0, partitionLeaderEpoch: -1, magic: 2, attributes: 0, baseTimestamp },
    lastOffsetDelta: records.length - 1,
    maxTimestamp: baseTimestamp + Math.max(0, ...records.map((record) => record.timestampDeltaMs ?? 0)),
    ...{ producerId: -1, producerEpoch: -1, baseSequence: -1, recordCount: records.length },
    ...{ crcError: 0, lengthError: 0 },
    ...overrides,
  };
  const covered = new ByteWriter()
    .int16(fields.attributes)
    .int32(fields.lastOffsetDelta)
    .int64(fields.baseTimestamp)
    .int64(fields.maxTimestamp)
    .int64(fields.producerId)
    .int16(fields.producerEpoch)
    .int32(fields.baseSequence)
    .int32(fields.recordCount)
    .raw(Buffer.concat(records.map(encodeRecord)))
    .build();
  const crc = (crc32c(covered) + fields.crcError) | 0;
  return new ByteWriter()
    .int64(fields.baseOffset)
    .int32(covered.length + 9 + fields.lengthError)
    .int32(fields.partitionLeaderEpoch)
    .int8(fields.magic)
    .int32(crc)
    .raw(covered)
    .build();
}

function encodeRecord(record: WireRecord, offsetDelta: number): Buffer {
  const headers = record.headers ?? [];
  const body = new ByteWriter()
    .int8(0)
    .varint(record.timestampDeltaMs ?? 0)
    .varint(offsetDelta)
    .varintBytes(record.key ?? null)
    .varintBytes(record.value ?? null)
    .varint(headers.length);
  for (const [name, value] of headers) body.varintBytes(Buffer.from(name, "utf8")).varintBytes(value);
  const bytes = body.build();
  return new ByteWriter().varint(bytes.length).raw(bytes).build();
}
