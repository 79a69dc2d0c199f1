import { allocateUnpooled } from "../../../base/allocate.ts";
import type { StorageFile } from "../../../mechanisms/file-system.ts";
import { isIntactRecord, record, RECORD_HEADER_BYTES, recordBuffer } from "./record.ts";
import { SegmentIndex } from "./segment-index.ts";

const WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * Builds the index of a segment that has no summary. It ends with the last intact record: sequences rise, so bytes that
 * do not continue them are no records of this segment. Holds one window of the file, or one record if that is larger.
 */
export function scanSegment(
  file: StorageFile,
  base: number,
  stamp: number,
  maxMessages: number,
): SegmentIndex {
  const index = new SegmentIndex(base);
  const fileBytes = file.size();
  let window = recordBuffer(allocateUnpooled(Math.min(WINDOW_BYTES, fileBytes)));
  while (fileBytes - index.fileBytes >= RECORD_HEADER_BYTES) {
    const wanted = Math.min(window.bytes.length, fileBytes - index.fileBytes);
    const filled = file.readSync(window.bytes.subarray(0, wanted), index.fileBytes);
    let at = 0;
    while (index.count < maxMessages && isIntactRecord(window, at, filled, stamp)) {
      const sequence = record.sequence(window, at);
      if (index.count === 0 ? sequence !== base : sequence <= index.lastSequence) break;
      index.add(window, at);
      at += record.sizeBytes(window, at);
    }
    if (at > 0) continue;
    const recordBytes = filled >= RECORD_HEADER_BYTES ? record.sizeBytes(window, 0) : 0;
    const isCutByWindow = recordBytes > filled && recordBytes <= fileBytes - index.fileBytes;
    if (!isCutByWindow) break;
    window = recordBuffer(allocateUnpooled(recordBytes));
  }
  return index;
}
