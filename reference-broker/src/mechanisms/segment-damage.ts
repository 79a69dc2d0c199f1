/**
 * Damage in the middle of a log: what follows it is intact and stays. A batch with a control record takes the place of what
 * is lost, so that offsets and positions behind it are as they were and consumers pass over it.
 */
import { allocateUnpooled } from "../base/allocate.ts";
import type { StorageFile } from "./file-system.ts";
import {
  BATCH_HEADER_BYTES,
  batchHeader,
  encodeStandIn,
  findMagic,
  hasPlausibleCount,
  isIntactBatch,
  setCrc,
} from "./record-batch.ts";

const WINDOW_BYTES = 1024 * 1024;
/** A record ends with the number of its headers. */
const NO_HEADERS = Buffer.alloc(1);
/** Offsets inside a segment are int32. */
const MAX_LOST_OFFSETS = 2 ** 31 - 1;

export interface FoundBatch {
  readonly position: number;
  readonly baseOffset: number;
}

/** Offsets that a start could not save, both included, and where they stood. */
export interface DamagedOffsets {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly position: number;
  readonly bytes: number;
  /** Hexadecimal: of the bytes that are overwritten. */
  readonly header: string;
}

/**
 * The first intact batch behind a damaged one at `position`, with a base offset above `lostOffset`, the first one that is
 * missing; null: what is there is a torn tail. Reads up to `end`.
 */
export function findIntactBatch(
  file: StorageFile,
  position: number,
  end: number,
  lostOffset: number,
): FoundBatch | null {
  // The batch that takes the damaged one's place needs room for its header.
  let start = position + BATCH_HEADER_BYTES;
  const window = allocateUnpooled(Math.max(0, Math.min(WINDOW_BYTES, end - start)));
  while (end - start >= BATCH_HEADER_BYTES) {
    const filled = file.readSync(window.subarray(0, Math.min(window.length, end - start)), start);
    if (filled < BATCH_HEADER_BYTES) return null;
    for (let at = findMagic(window, 0, filled); at >= 0; at = findMagic(window, at + 1, filled)) {
      if (!mayFollow(window, at, end - start, lostOffset)) continue;
      if (isIntactAt(file, start + at, batchHeader.sizeBytes(window, at))) {
        return { position: start + at, baseOffset: batchHeader.baseOffset(window, at) };
      }
    }
    start += filled - BATCH_HEADER_BYTES + 1;
  }
  return null;
}

/**
 * Of a damaged batch behind which nothing intact stands in its segment, the beginning of the segment that follows, as if it
 * stood at `end`; null: it was not the batch that was damaged, the segment has lost its end.
 */
export function followingSegment(
  file: StorageFile,
  position: number,
  end: number,
  lostOffset: number,
  nextBase: number,
): FoundBatch | null {
  const room = end - position;
  const lostOffsets = nextBase - lostOffset;
  if (room < BATCH_HEADER_BYTES || lostOffsets <= 0 || lostOffsets > MAX_LOST_OFFSETS) return null;
  const header = allocateUnpooled(BATCH_HEADER_BYTES);
  file.readSync(header, position);
  const sizeBytes = batchHeader.sizeBytes(header, 0);
  const isWhole = sizeBytes >= BATCH_HEADER_BYTES && sizeBytes <= room;
  return isWhole || isIntactButForSize(file, position, header, end)
    ? { position: end, baseOffset: nextBase }
    : null;
}

/** Its checksum does not cover the size: it is right if the batch reaches to `end`. */
function isIntactButForSize(file: StorageFile, position: number, header: Buffer, end: number): boolean {
  const checked = Buffer.from(header);
  setCrc(checked, blocksOf(file, position + BATCH_HEADER_BYTES, end));
  return checked.equals(header) && hasPlausibleCount(header, 0);
}

/** Without reading more than its header. */
function mayFollow(window: Buffer, at: number, end: number, lostOffset: number): boolean {
  const lostOffsets = batchHeader.baseOffset(window, at) - lostOffset;
  const sizeBytes = batchHeader.sizeBytes(window, at);
  return (
    lostOffsets > 0 &&
    lostOffsets <= MAX_LOST_OFFSETS &&
    sizeBytes >= BATCH_HEADER_BYTES &&
    at + sizeBytes <= end
  );
}

function isIntactAt(file: StorageFile, position: number, sizeBytes: number): boolean {
  const batch = allocateUnpooled(sizeBytes);
  return isIntactBatch(batch, 0, file.readSync(batch, position));
}

/** Overwrites what is at `position` with a batch that stands in for all up to `next`; most bytes stay as its content. */
export function bridgeDamage(
  file: StorageFile,
  position: number,
  firstOffset: number,
  next: FoundBatch,
): DamagedOffsets {
  const bytes = next.position - position;
  const lastOffset = next.baseOffset - 1;
  const former = allocateUnpooled(BATCH_HEADER_BYTES);
  file.readSync(former, position);
  const standIn = encodeStandIn(firstOffset, lastOffset, bytes);
  const hasRecord = standIn.length > BATCH_HEADER_BYTES;
  if (hasRecord) file.writeSync(NO_HEADERS, next.position - 1);
  setCrc(standIn, blocksOf(file, position + standIn.length, next.position));
  file.writeSync(standIn, position);
  return { firstOffset, lastOffset, position, bytes, header: former.toString("hex") };
}

function* blocksOf(file: StorageFile, start: number, end: number): Iterable<Buffer> {
  const window = allocateUnpooled(Math.min(WINDOW_BYTES, end - start));
  for (let at = start; at < end; ) {
    const block = window.subarray(0, Math.min(window.length, end - at));
    at += file.readSync(block, at);
    yield block;
  }
}
