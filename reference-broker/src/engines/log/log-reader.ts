/**
 * Reads whole batches from an offset on: from the tail cache when it holds them, else from the segment file. What a
 * reader was given last is remembered, so that one that follows the log is not searched for again.
 */
import { allocateUnpooled } from "../../base/allocate.ts";
import { BATCH_HEADER_BYTES, batchHeader } from "../../mechanisms/record-batch.ts";
import type { Segment } from "../../mechanisms/segment.ts";
import type { PartitionLog } from "./partition-log.ts";

export interface ReadResult {
  /** Whole batches, the first holding the wanted offset or the next one after a gap. */
  readonly buffers: readonly Buffer[];
  readonly bytes: number;
}

const NOTHING: ReadResult = { buffers: [], bytes: 0 };
const REMEMBERED = 16;
const SEARCH_WINDOW_BYTES = 16 * 1024;

interface Place {
  readonly segment: Segment;
  readonly offset: number;
  readonly position: number;
}

export class LogReader {
  readonly #log: PartitionLog;
  #places: Place[] = [];

  constructor(log: PartitionLog) {
    this.#log = log;
  }

  /** Bytes from `offset` to the end of the log: what a reader waiting for min_bytes would get, without reading. */
  availableBytes(offset: number, enough: number): number {
    const { segments } = this.#log;
    let available = 0;
    for (let i = segments.length - 1; i >= 0; i--) {
      const segment = segments[i]!;
      if (segment.baseOffset <= offset) {
        if (offset >= segment.nextOffset) return available;
        const place = this.#places.find((known) => known.segment === segment && known.offset === offset);
        return available + segment.bytes - (place?.position ?? segment.positionBefore(offset));
      }
      available += segment.bytes;
      if (available >= enough) return available;
    }
    return available;
  }

  /** At most `maxBytes`; with `atLeastOne` the first batch comes whole even when it is larger (KIP-74). */
  read(offset: number, maxBytes: number, atLeastOne: boolean): ReadResult | Promise<ReadResult> {
    const segment = this.#segmentOf(offset);
    if (segment === null || offset >= this.#log.logEndOffset) return NOTHING;
    const known = this.#places.find((place) => place.segment === segment && place.offset === offset);
    if (known !== undefined) return this.#readAt(known, maxBytes, atLeastOne);
    const found = this.#findInTail(segment, offset);
    if (found !== null) return this.#readAt(found, maxBytes, atLeastOne);
    return this.#findOnDisk(segment, offset).then((place) => this.#readAt(place, maxBytes, atLeastOne));
  }

  #segmentOf(offset: number): Segment | null {
    const { segments } = this.#log;
    for (let i = segments.length - 1; i >= 0; i--) {
      if (segments[i]!.baseOffset <= offset) {
        return offset < segments[i]!.nextOffset ? segments[i]! : (segments[i + 1] ?? null);
      }
    }
    return null;
  }

  #findInTail(segment: Segment, offset: number): Place | null {
    let position = segment.positionBefore(offset);
    for (;;) {
      const cached = this.#log.tail.read(segment.baseOffset, position, Number.MAX_SAFE_INTEGER);
      if (cached === null) return null;
      for (const buffer of cached) {
        const at = seekOffset(buffer, buffer.length, offset);
        if (at.found) return { segment, offset, position: position + at.position };
        position += at.position;
        if (at.position < buffer.length) return null;
      }
      if (position >= segment.bytes) return null;
    }
  }

  async #findOnDisk(segment: Segment, offset: number): Promise<Place> {
    const window = allocateUnpooled(SEARCH_WINDOW_BYTES);
    let position = segment.positionBefore(offset);
    segment.retain();
    try {
      while (position < segment.bytes) {
        const filled = await segment.file.read(
          window.subarray(0, Math.min(window.length, segment.bytes - position)),
          position,
        );
        const at = seekOffset(window, filled, offset);
        position += at.position;
        if (at.found || filled < BATCH_HEADER_BYTES) break;
      }
    } finally {
      segment.release();
    }
    return { segment, offset, position };
  }

  #readAt(place: Place, maxBytes: number, atLeastOne: boolean): ReadResult | Promise<ReadResult> {
    const { segment, position } = place;
    const limit = Math.min(maxBytes, segment.bytes - position);
    const cached = this.#log.tail.read(segment.baseOffset, position, limit);
    if (cached !== null) {
      const result = this.#trim(place, cached);
      if (result.bytes > 0 || !atLeastOne) return result;
    }
    return this.#readFromDisk(place, limit, atLeastOne);
  }

  async #readFromDisk(place: Place, limit: number, atLeastOne: boolean): Promise<ReadResult> {
    const { segment, position } = place;
    segment.retain();
    try {
      let buffer = allocateUnpooled(Math.max(BATCH_HEADER_BYTES, limit));
      let filled = await segment.file.read(buffer, position);
      if (filled < BATCH_HEADER_BYTES) return NOTHING;
      const firstBytes = batchHeader.sizeBytes(buffer, 0);
      if (firstBytes > filled) {
        if (!atLeastOne) return NOTHING;
        buffer = allocateUnpooled(firstBytes);
        filled = await segment.file.read(buffer, position);
      }
      return this.#trim(place, [buffer.subarray(0, Math.min(filled, segment.bytes - position))]);
    } finally {
      segment.release();
    }
  }

  /** Cuts a batch that is not whole off the end and remembers where the next one begins. */
  #trim(place: Place, buffers: readonly Buffer[]): ReadResult {
    const whole: Buffer[] = [];
    let bytes = 0;
    let nextOffset = place.offset;
    for (const buffer of buffers) {
      let at = 0;
      while (buffer.length - at >= BATCH_HEADER_BYTES) {
        const sizeBytes = batchHeader.sizeBytes(buffer, at);
        if (at + sizeBytes > buffer.length) break;
        nextOffset = batchHeader.baseOffset(buffer, at) + batchHeader.lastOffsetDelta(buffer, at) + 1;
        at += sizeBytes;
      }
      if (at > 0) whole.push(at === buffer.length ? buffer : buffer.subarray(0, at));
      bytes += at;
      if (at < buffer.length) break;
    }
    if (bytes > 0)
      this.#remember({ segment: place.segment, offset: nextOffset, position: place.position + bytes });
    return { buffers: whole, bytes };
  }

  #remember(place: Place): void {
    if (place.offset >= place.segment.nextOffset && place.segment !== this.#log.segments.at(-1)) return;
    if (this.#places.length >= REMEMBERED) this.#places.shift();
    this.#places.push(place);
  }
}

/** Where in `buffer` the batch stands whose last offset is at least `offset`, or how far was searched. */
function seekOffset(buffer: Buffer, end: number, offset: number): { found: boolean; position: number } {
  let at = 0;
  while (end - at >= BATCH_HEADER_BYTES) {
    if (batchHeader.baseOffset(buffer, at) + batchHeader.lastOffsetDelta(buffer, at) >= offset) {
      return { found: true, position: at };
    }
    at += batchHeader.sizeBytes(buffer, at);
  }
  return { found: false, position: at };
}
