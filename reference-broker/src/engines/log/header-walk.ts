import { allocateUnpooled } from "../../base/allocate.ts";
import { BATCH_HEADER_BYTES, batchHeader, hasPlausibleCount } from "../../mechanisms/record-batch.ts";
import type { Segment } from "../../mechanisms/segment.ts";
import { findIntactBatch, type FoundBatch } from "../../mechanisms/segment-damage.ts";

/** How far behind a damaged header an intact batch is looked for: the index has an entry long before. */
const REACH_BYTES = 2 * 1024 * 1024;

/** From batch header to batch header of a segment's file, to the batch that holds `offset`. */
export class HeaderWalk {
  readonly #segment: Segment;
  readonly #offset: number;
  /** Base offset of the batch at `position`. */
  #expectedOffset: number;
  /** Its last offset, where the index says that; null: only its base offset is known. */
  #indexedLastOffset: number | null;
  /** Of the header before, which led to `position`, and may be what is damaged. */
  #previousPosition: number;
  #previousOffset: number;
  /** Of the next header, or of the batch that was found. */
  position: number;
  /** The header at `position` does not continue the log. */
  isStuck = false;

  constructor(segment: Segment, offset: number) {
    this.#segment = segment;
    this.#offset = offset;
    this.position = segment.positionBefore(offset);
    this.#expectedOffset = segment.baseOffset;
    this.#indexedLastOffset = segment.lastOffsetBefore(offset);
    this.#previousPosition = this.position;
    this.#previousOffset = segment.baseOffset;
  }

  /** `window`: the file's bytes from `position` on, as far as they were read. True: the batch begins at `position`. */
  advance(window: Buffer, filled: number): boolean {
    let at = 0;
    this.isStuck = filled < BATCH_HEADER_BYTES;
    while (filled - at >= BATCH_HEADER_BYTES) {
      const baseOffset = batchHeader.baseOffset(window, at);
      const lastOffset = baseOffset + batchHeader.lastOffsetDelta(window, at);
      const sizeBytes = batchHeader.sizeBytes(window, at);
      const isNext =
        this.#indexedLastOffset === null
          ? baseOffset === this.#expectedOffset
          : lastOffset === this.#indexedLastOffset;
      if (!isNext || !this.#fits(sizeBytes) || !hasPlausibleCount(window, at)) {
        this.isStuck = true;
        return false;
      }
      if (lastOffset >= this.#offset) return true;
      this.#previousPosition = this.position;
      this.#previousOffset = baseOffset;
      this.#expectedOffset = lastOffset + 1;
      this.#indexedLastOffset = null;
      this.position += sizeBytes;
      at += sizeBytes;
    }
    return false;
  }

  /** Goes on at the next intact batch. False: there is none at or before the offset, which is among what is damaged. */
  passDamage(): boolean {
    const { file, bytes } = this.#segment;
    const end = Math.min(bytes, this.position + REACH_BYTES);
    const find = (from: number) => findIntactBatch(file, from, end, this.#previousOffset);
    let next = find(this.#previousPosition);
    // A base offset lies outside the checksum: the batch at which the walk is stuck may be the damaged one.
    if (next !== null && next.position === this.position && !this.#leadsOn(next)) next = find(next.position);
    if (next === null || next.baseOffset > this.#offset) return false;
    this.position = next.position;
    this.#previousPosition = next.position;
    this.#previousOffset = next.baseOffset;
    this.#expectedOffset = next.baseOffset;
    this.#indexedLastOffset = null;
    return true;
  }

  /** Whether what stands behind the batch continues it. */
  #leadsOn({ position, baseOffset }: FoundBatch): boolean {
    const { file, bytes, nextOffset } = this.#segment;
    const header = allocateUnpooled(BATCH_HEADER_BYTES);
    file.readSync(header, position);
    const behind = position + batchHeader.sizeBytes(header, 0);
    const expected = baseOffset + batchHeader.lastOffsetDelta(header, 0) + 1;
    if (behind >= bytes) return expected === nextOffset;
    file.readSync(header, behind);
    return batchHeader.baseOffset(header, 0) === expected;
  }

  #fits(sizeBytes: number): boolean {
    return sizeBytes >= BATCH_HEADER_BYTES && sizeBytes <= this.#segment.bytes - this.position;
  }
}
