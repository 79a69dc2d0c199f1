import { allocateUnpooled } from "../../base/allocate.ts";
import { BATCH_HEADER_BYTES, batchHeader } from "../../mechanisms/record-batch.ts";
import { type RecordTime, readRecordTimes } from "../../mechanisms/record-timestamps.ts";
import type { Segment } from "../../mechanisms/segment.ts";

/** The first record whose timestamp is at least `timestampMs`, in log order, or null. Source: KIP-33. */
export async function findFirstAtOrAfter(
  segments: readonly Segment[],
  timestampMs: number,
): Promise<RecordTime | null> {
  for (const segment of segments) {
    if (segment.bytes === 0 || segment.maxTimestampMs < timestampMs) continue;
    const wanted = (time: RecordTime) => time.timestampMs >= timestampMs;
    const found = await findRecord(
      segment,
      segment.positionBeforeTimestamp(timestampMs),
      timestampMs,
      wanted,
    );
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

async function findRecord(
  segment: Segment,
  start: number,
  atLeastMs: number,
  wanted: (time: RecordTime) => boolean,
): Promise<RecordTime | null> {
  const header = allocateUnpooled(BATCH_HEADER_BYTES);
  segment.retain();
  try {
    for (let position = start; position < segment.bytes; ) {
      await segment.file.read(header, position);
      const sizeBytes = batchHeader.sizeBytes(header, 0);
      if (batchHeader.maxTimestampMs(header, 0) >= atLeastMs) {
        const batch = allocateUnpooled(sizeBytes);
        await segment.file.read(batch, position);
        const found = (await readRecordTimes(batch)).find(wanted);
        if (found !== undefined) return found;
      }
      position += sizeBytes;
    }
    return null;
  } finally {
    segment.release();
  }
}
