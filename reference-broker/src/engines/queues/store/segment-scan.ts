/** What a start finds in a segment that has no summary. */
import { allocateUnpooled } from "../../../base/allocate.ts";
import type { StorageFile } from "../../../mechanisms/file-system.ts";
import {
  isIntactRecord,
  mayBeRecord,
  record,
  RECORD_HEADER_BYTES,
  type RecordBuffer,
  recordBuffer,
} from "./record.ts";
import { SegmentIndex } from "./segment-index.ts";

/** Offsets of sequences in a segment are 32 bits. */
const MAX_SEGMENT_SPAN = 2 ** 32;
const WINDOW_BYTES = 512 * 1024;

/** Bytes between intact records that are none. */
export interface DamagedBytes {
  readonly position: number;
  readonly bytes: number;
  /** Messages that stood there: their ordinals. */
  readonly firstOrdinal: number;
  readonly messages: number;
}

export interface ScannedSegment {
  readonly index: SegmentIndex;
  readonly damaged: readonly DamagedBytes[];
}

/**
 * Builds the index record by record. Sequences and ordinals rise, so bytes that do not continue them are no records of this
 * segment; damaged ones are passed over, and the segment ends with the last intact record.
 */
export function scanSegment(
  file: StorageFile,
  base: number,
  stamp: number,
  maxMessages: number,
): ScannedSegment {
  const scan = new SegmentScan(file, base, stamp, maxMessages);
  const damaged: DamagedBytes[] = [];
  const { index } = scan;
  for (let at = scan.findNext(); at >= 0; at = scan.findNext()) {
    const firstOrdinal = index.count;
    const messages = record.ordinal(scan.window, at) - firstOrdinal;
    const position = index.fileBytes;
    const bytes = scan.start + at - position;
    if (bytes > 0 || messages > 0) {
      damaged.push({ position, bytes, firstOrdinal, messages });
      index.addLost(firstOrdinal + messages, bytes);
    }
    index.add(scan.window, at);
  }
  return { index, damaged };
}

/** A window that moves over the file; one record if that is larger. */
class SegmentScan {
  readonly index: SegmentIndex;
  readonly #fileBytes: number;
  readonly #file: StorageFile;
  readonly #stamp: number;
  readonly #maxMessages: number;
  window: RecordBuffer;
  /** Where in the file the window begins, and how much of it is there. */
  start = 0;
  #filled = 0;

  constructor(file: StorageFile, base: number, stamp: number, maxMessages: number) {
    this.index = new SegmentIndex(base);
    this.#fileBytes = file.size();
    this.#file = file;
    this.#stamp = stamp;
    this.#maxMessages = maxMessages;
    this.window = recordBuffer(allocateUnpooled(Math.min(WINDOW_BYTES, this.#fileBytes)));
  }

  /** The next record of this segment behind those in the index: its offset in the window; -1: there is none. */
  findNext(): number {
    const last = this.#fileBytes - RECORD_HEADER_BYTES;
    for (let position = this.index.fileBytes; position <= last; position++) {
      if (!this.#has(position, RECORD_HEADER_BYTES)) this.#moveTo(position, RECORD_HEADER_BYTES);
      const at = position - this.start;
      if (!mayBeRecord(this.window, at, this.#fileBytes - this.start) || !this.#continues(at)) continue;
      const bytes = record.sizeBytes(this.window, at);
      if (!this.#has(position, bytes)) this.#moveTo(position, bytes);
      const moved = position - this.start;
      if (isIntactRecord(this.window, moved, this.#filled, this.#stamp)) return moved;
    }
    return -1;
  }

  /** Whether sequence and ordinal are such as come next. */
  #continues(at: number): boolean {
    const { index } = this;
    const sequence = record.sequence(this.window, at);
    const ordinal = record.ordinal(this.window, at);
    if (ordinal < index.count || ordinal >= this.#maxMessages) return false;
    // A cheap answer for bytes that only look like a record.
    if (!Number.isInteger(sequence) || sequence - index.base >= MAX_SEGMENT_SPAN) return false;
    // The message that a segment was begun for may have been settled before a second try wrote it.
    return sequence > index.lastSequence;
  }

  #has(position: number, bytes: number): boolean {
    return position >= this.start && position + bytes <= this.start + this.#filled;
  }

  #moveTo(position: number, bytes: number): void {
    if (bytes > this.window.bytes.length) this.window = recordBuffer(allocateUnpooled(bytes));
    const wanted = Math.min(this.window.bytes.length, this.#fileBytes - position);
    this.#filled = this.#file.readSync(this.window.bytes.subarray(0, wanted), position);
    this.start = position;
  }
}
