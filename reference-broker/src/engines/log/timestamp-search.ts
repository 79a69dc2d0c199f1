import { allocateUnpooled } from "../../base/allocate.ts";
import {
  BATCH_HEADER_BYTES,
  batchHeader,
  DamagedLog,
  storedBatchBytes,
} from "../../mechanisms/record-batch.ts";
import { findRecordTime, type RecordTime } from "../../mechanisms/record-timestamps.ts";
import type { Segment } from "../../mechanisms/segment.ts";

/**
 * The first record whose timestamp is at least `timestampMs`, in log order, or null. Source: KIP-33. Throws DamagedLog
 * when a batch that has to be looked into cannot be decoded.
 */
export async function findFirstAtOrAfter(
  segments: readonly Segment[],
  timestampMs: number,
): Promise<RecordTime | null> {
  for (const segment of [...segments]) {
    if (segment.bytes === 0 || segment.maxTimestampMs < timestampMs) continue;
    const found = await findInSegment(segment, timestampMs);
    if (found !== null) return found;
  }
  return null;
}

/** The record with the largest timestamp, the first of them. Source: KIP-734. */
export async function findMaxTimestamp(segments: readonly Segment[]): Promise<RecordTime | null> {
  let newest: Segment | null = null;
  for (const segment of segments) {
    if (segment.bytes > 0 && segment.maxTimestampMs > (newest?.maxTimestampMs ?? -1)) newest = segment;
  }
  return newest === null ? null : findFirstAtOrAfter([newest], newest.maxTimestampMs);
}

async function findInSegment(segment: Segment, timestampMs: number): Promise<RecordTime | null> {
  const header = allocateUnpooled(BATCH_HEADER_BYTES);
  if (!segment.retain()) return null; // removed by retention while the search was under way
  try {
    for (let position = segment.positionBeforeTimestamp(timestampMs); position < segment.bytes; ) {
      await segment.file.read(header, position);
      const sizeBytes = storedBatchBytes(header, 0);
      if (sizeBytes > segment.bytes - position) throw new DamagedLog(`a batch of ${sizeBytes} bytes`);
      if (batchHeader.maxTimestampMs(header, 0) >= timestampMs) {
        const batch = allocateUnpooled(sizeBytes);
        await segment.file.read(batch, position);
        const found = await findRecordTime(batch, timestampMs);
        if (found !== null) return found;
      }
      position += sizeBytes;
    }
    return null;
  } finally {
    segment.release();
  }
}
