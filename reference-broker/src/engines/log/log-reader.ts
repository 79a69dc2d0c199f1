/**
 * Reads whole batches from an offset on: from the tail cache when it holds them, else from the segment file. What a
 * reader was given last is remembered, so that one that follows the log is not searched for again.
 */
import { allocateUnpooled } from "../../base/allocate.ts";
import {
  BATCH_HEADER_BYTES,
  batchHeader,
  DamagedLog,
  hasPlausibleCount,
  storedBatchBytes,
} from "../../mechanisms/record-batch.ts";
import type { Segment } from "../../mechanisms/segment.ts";
import { HeaderWalk } from "./header-walk.ts";
import type { PartitionLog } from "./partition-log.ts";

export interface ReadResult {
  /** Whole batches, the first holding the wanted offset or the next one after a gap. */
  readonly buffers: readonly Buffer[];
  readonly bytes: number;
}

const NOTHING: ReadResult = { buffers: [], bytes: 0 };
const REMEMBERED = 16;
const SEARCH_WINDOW_BYTES = 16 * 1024;

/** Where the batch that holds `offset` begins in the file of `segment`. */
interface Place {
  readonly segment: Segment;
  readonly offset: number;
  readonly position: number;
}

/** A place without its segment: a remembered one keeps no removed segment alive. */
interface RememberedPlace {
  readonly segmentBaseOffset: number;
  readonly offset: number;
  readonly position: number;
}

export class LogReader {
  readonly #log: PartitionLog;
  readonly #places: RememberedPlace[] = [];

  constructor(log: PartitionLog) {
    this.#log = log;
  }

  /** See Partition.availableBytes. A reader that waits for min_bytes asks this after every append. */
  availableBytes(offset: number, enough: number): number {
    const { segments } = this.#log;
    let available = 0;
    for (let i = segments.length - 1; i >= 0 && available < enough; i--) {
      const segment = segments[i]!;
      if (segment.baseOffset > offset) {
        available += segment.bytes;
        continue;
      }
      if (offset >= segment.nextOffset) return available;
      return available + this.#availableIn(segment, offset, enough - available);
    }
    return available;
  }

  /** Throws DamagedLog or what the file system throws, both only from the promise. At most `maxBytes`; with
   *  `atLeastOne` the first batch comes whole even when it is larger (KIP-74). */
  read(offset: number, maxBytes: number, atLeastOne: boolean): ReadResult | Promise<ReadResult> {
    const segment = this.#segmentOf(offset);
    if (this.#log.isDeleted || segment === null || offset >= this.#log.logEndOffset) return NOTHING;
    const place = this.#recall(segment, offset) ?? this.#findInTail(segment, offset);
    if (place === null) return this.#findAndRead(segment, offset, maxBytes, atLeastOne);
    const result = this.#readAt(place, maxBytes, atLeastOne);
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      if (!(error instanceof DamagedLog)) throw error;
      // A damaged batch may have led here.
      this.#forget(place);
      return this.#findAndRead(segment, offset, maxBytes, atLeastOne);
    });
  }

  /** The index tells enough for most questions; only near the end of the log the exact place is looked up. */
  #availableIn(segment: Segment, offset: number, enough: number): number {
    if (enough <= BATCH_HEADER_BYTES) return BATCH_HEADER_BYTES;
    const atLeast = segment.bytes - segment.positionAtOrBehind(offset);
    if (atLeast >= enough) return atLeast;
    const known = this.#recall(segment, offset);
    if (known !== null) return segment.bytes - known.position;
    const place = this.#findInTail(segment, offset) ?? findInFile(segment, offset);
    if (place !== null) this.#remember(place);
    return segment.bytes - (place?.position ?? segment.positionBefore(offset));
  }

  #recall(segment: Segment, offset: number): Place | null {
    for (const known of this.#places) {
      if (known.offset === offset && known.segmentBaseOffset === segment.baseOffset) {
        return { segment, offset, position: known.position };
      }
    }
    return null;
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
      const cached = this.#log.tail.peek(segment.baseOffset, position, SEARCH_WINDOW_BYTES);
      if (cached === null) return null;
      const before = position;
      for (const buffer of cached) {
        const at = seekOffset(buffer, buffer.length, offset);
        position += at.position;
        if (at.found) return { segment, offset, position };
        if (at.position !== buffer.length) break; // behind it, or before a header that the window has cut
      }
      if (position === before) return null;
    }
  }

  async #findAndRead(
    segment: Segment,
    offset: number,
    maxBytes: number,
    atLeastOne: boolean,
  ): Promise<ReadResult> {
    if (!segment.retain()) return NOTHING;
    try {
      const place = await findOnDisk(segment, offset);
      return await this.#readAt(place, maxBytes, atLeastOne);
    } finally {
      segment.release();
    }
  }

  #readAt(place: Place, maxBytes: number, atLeastOne: boolean): ReadResult | Promise<ReadResult> {
    const { segment, position } = place;
    const { tail } = this.#log;
    const limit = Math.min(maxBytes, segment.bytes - position);
    const cached = tail.read(segment.baseOffset, position, Math.max(limit, BATCH_HEADER_BYTES));
    if (cached === null) return this.#readFromDisk(place, limit, atLeastOne);
    this.#log.counters.tailCacheReads++;
    const firstBytes = storedBatchBytes(cached[0]!, 0);
    if (firstBytes <= limit) return this.#trim(place, cached);
    return atLeastOne ? this.#trim(place, tail.read(segment.baseOffset, position, firstBytes)!) : NOTHING;
  }

  async #readFromDisk(place: Place, limit: number, atLeastOne: boolean): Promise<ReadResult> {
    const { segment, position } = place;
    if (!segment.retain()) return NOTHING;
    this.#log.counters.diskReads++;
    try {
      let buffer = allocateUnpooled(Math.max(BATCH_HEADER_BYTES, limit));
      let filled = await segment.file.read(buffer, position);
      const firstBytes = filled < BATCH_HEADER_BYTES ? 0 : storedBatchBytes(buffer, 0);
      if (firstBytes === 0 || firstBytes > segment.bytes - position) throw damaged(place);
      if (firstBytes > limit) {
        if (!atLeastOne) return NOTHING;
        buffer = allocateUnpooled(firstBytes);
        filled = await segment.file.read(buffer, position);
      }
      return this.#trim(place, [buffer.subarray(0, filled)]);
    } finally {
      segment.release();
    }
  }

  /**
   * Cuts off what is not whole, or does not continue the log, and remembers where the next batch begins. Base offsets and
   * sizes lie outside the CRC: no client would see that they are wrong.
   */
  #trim(place: Place, buffers: readonly Buffer[]): ReadResult {
    const whole: Buffer[] = [];
    let bytes = 0;
    let nextOffset = place.offset;
    for (const buffer of buffers) {
      let at = 0;
      while (buffer.length - at >= BATCH_HEADER_BYTES) {
        const sizeBytes = batchHeader.sizeBytes(buffer, at);
        const baseOffset = batchHeader.baseOffset(buffer, at);
        const lastOffset = baseOffset + batchHeader.lastOffsetDelta(buffer, at);
        const isFirst = bytes === 0 && at === 0;
        const follows = isFirst ? baseOffset <= nextOffset : baseOffset === nextOffset;
        const isPlausible = sizeBytes >= BATCH_HEADER_BYTES && hasPlausibleCount(buffer, at);
        const isDamaged = !follows || !isPlausible || lastOffset < nextOffset;
        if (isDamaged && isFirst) throw damaged(place);
        if (isDamaged || at + sizeBytes > buffer.length) break;
        nextOffset = lastOffset + 1;
        at += sizeBytes;
      }
      if (at > 0) whole.push(at === buffer.length ? buffer : buffer.subarray(0, at));
      bytes += at;
      if (at < buffer.length) break;
    }
    if (bytes > 0) {
      this.#log.counters.reads++;
      this.#log.counters.readBytes += bytes;
      this.#remember({ segment: place.segment, offset: nextOffset, position: place.position + bytes });
    }
    return { buffers: whole, bytes };
  }

  #forget({ offset, position }: Place): void {
    const index = this.#places.findIndex((known) => known.offset === offset && known.position === position);
    if (index >= 0) this.#places.splice(index, 1);
  }

  #remember({ segment, offset, position }: Place): void {
    if (offset >= segment.nextOffset && segment !== this.#log.segments.at(-1)) return;
    if (this.#places.length >= REMEMBERED) this.#places.shift();
    this.#places.push({ segmentBaseOffset: segment.baseOffset, offset, position });
  }
}

/** Reads headers from the index entry on, and past damaged ones; the caller retains the segment. */
async function findOnDisk(segment: Segment, offset: number): Promise<Place> {
  const window = allocateUnpooled(SEARCH_WINDOW_BYTES);
  const walk = new HeaderWalk(segment, offset);
  while (walk.position < segment.bytes) {
    const wanted = Math.min(window.length, segment.bytes - walk.position);
    const filled = await segment.file.read(window.subarray(0, wanted), walk.position);
    if (walk.advance(window, filled)) return { segment, offset, position: walk.position };
    if (walk.isStuck && !walk.passDamage()) break;
  }
  throw damaged({ segment, offset, position: walk.position });
}

/** The same at once: less than an index interval and a batch is walked. null: the read that follows tells why. */
function findInFile(segment: Segment, offset: number): Place | null {
  const header = allocateUnpooled(BATCH_HEADER_BYTES);
  const walk = new HeaderWalk(segment, offset);
  try {
    while (walk.position < segment.bytes && !walk.isStuck) {
      if (walk.advance(header, segment.file.readSync(header, walk.position))) {
        return { segment, offset, position: walk.position };
      }
    }
  } catch {
    // A file that cannot be read.
  }
  return null;
}

function damaged({ segment, offset, position }: Place): DamagedLog {
  return new DamagedLog(`offset ${offset} is damaged, at ${position} of segment ${segment.baseOffset}`);
}

/** Where in `buffer` the batch stands whose last offset is at least `offset`, or how far was searched. */
function seekOffset(buffer: Buffer, end: number, offset: number): { found: boolean; position: number } {
  let at = 0;
  while (end - at >= BATCH_HEADER_BYTES) {
    if (batchHeader.baseOffset(buffer, at) + batchHeader.lastOffsetDelta(buffer, at) >= offset) {
      return { found: true, position: at };
    }
    at += storedBatchBytes(buffer, at);
  }
  return { found: false, position: at };
}
