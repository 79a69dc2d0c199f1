import { writeStamp } from "../../integrity/message.ts";
import { crc32, crc32c } from "./crc32c.ts";
import { HEADER } from "./record-batch.ts";
import type { BatchTemplate } from "./template.ts";

/** The same for all batches of a producer. */
export interface ProducerIdentity {
  readonly runId: number;
  readonly producer: number;
  /** From InitProducerId; null without idempotence. */
  readonly idempotence: { readonly producerId: number; readonly producerEpoch: number } | null;
}

const SEQUENCE_LIMIT = 2 ** 31;
const UINT32 = 2 ** 32;

/** Memory in which batches are stamped: `bytes` and `view` are the same bytes. */
export interface Arena {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export function createArena(size: number): Arena {
  const memory = new ArrayBuffer(size);
  return { bytes: Buffer.from(memory), view: new DataView(memory) };
}

/** Writes what all batches of the producer have in common into a copy of the template's prefix at `at`. */
export function writeIdentity(arena: Arena, at: number, identity: ProducerIdentity): void {
  const { idempotence } = identity;
  if (idempotence === null) return;
  arena.view.setBigInt64(at + HEADER.producerId, BigInt(idempotence.producerId));
  arena.view.setInt16(at + HEADER.producerEpoch, idempotence.producerEpoch);
}

/**
 * Makes the copy of a template's prefix at `at` that of batch `sequence`: stamp, timestamps (`intendedMs` of wall
 * time, deltas 0), base sequence and CRC. A gzip trailer is written at `trailerAt`. Costs the prefix only.
 */
export function stampBatch(
  arena: Arena,
  at: number,
  trailerAt: number,
  template: BatchTemplate,
  identity: ProducerIdentity,
  sequence: number,
  intendedUs: number,
  sentUs: number,
  intendedMs: number,
): void {
  const { bytes, view } = arena;
  const timestamp = Math.floor(intendedMs);
  writeUint64(view, at + HEADER.baseTimestamp, timestamp);
  writeUint64(view, at + HEADER.maxTimestamp, timestamp);
  if (identity.idempotence !== null) {
    view.setInt32(at + HEADER.baseSequence, (sequence * template.records) % SEQUENCE_LIMIT);
  }
  const { runId, producer } = identity;
  writeStamp(
    view,
    at + template.valueOffset,
    template.payloadState,
    runId,
    producer,
    sequence,
    intendedUs,
    sentUs,
  );
  const end = at + template.prefix.length;
  let crc = template.withTail(crc32c.compute(bytes, at + HEADER.attributes, end));
  if (template.trailerBytes > 0) {
    const stored = crc32.compute(bytes, at + template.storedOffset, end);
    view.setUint32(trailerAt, template.streamCrc32(stored), true);
    view.setUint32(trailerAt + 4, template.streamBytes, true);
    crc = template.withTrailer(crc, crc32c.compute(bytes, trailerAt, trailerAt + template.trailerBytes));
  }
  view.setUint32(at + HEADER.crc, crc);
}

/** Without the BigInt that DataView's own would take. */
function writeUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / UINT32));
  view.setUint32(at + 4, value % UINT32);
}
