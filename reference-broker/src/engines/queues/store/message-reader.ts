/**
 * Reads messages of segments, ahead of the one that was asked for: queues are read in order. While one block is used the next
 * one is on its way. Messages are lent: their bodies stand in a block until something else is read.
 */
import type { Message } from "../../../mechanisms/message.ts";
import type { StoreCounters } from "../statistics.ts";
import { StoredMessageError } from "./contract.ts";
import type { QueueSegment } from "./queue-segment.ts";
import { type ReadBlock, READ_BLOCK_BYTES, type ReadBlocks } from "./read-blocks.ts";
import { isIntactRecord, record } from "./record.ts";
import type { RecordDecoder } from "./record-decoder.ts";

/** When so much of a block is used the next one is read. */
const AHEAD_FROM = 0.25;

/** A message that is not as it was written, and where it stands. */
export type ReportDamage = (damage: { segment: number; sequence: number; position: number }) => void;

export class MessageReader {
  readonly #blocks: ReadBlocks;
  readonly #decoder: RecordDecoder;
  /** The segment behind this one. */
  readonly #following: (segment: QueueSegment) => QueueSegment | null;
  #current: ReadBlock | null = null;
  #next: ReadBlock | null = null;
  /** While the next block is being read. */
  #reading: Promise<void> | null = null;
  readonly #counters: StoreCounters;
  readonly #reportDamage: ReportDamage;

  constructor(
    blocks: ReadBlocks,
    decoder: RecordDecoder,
    following: (segment: QueueSegment) => QueueSegment | null,
    counters: StoreCounters,
    reportDamage: ReportDamage,
  ) {
    this.#blocks = blocks;
    this.#decoder = decoder;
    this.#following = following;
    this.#counters = counters;
    this.#reportDamage = reportDamage;
  }

  isAtHand(segment: QueueSegment, ordinal: number): boolean {
    return this.#find(segment, ordinal) !== null;
  }

  /** `sharedBody`: the message's body when it is stored elsewhere. */
  readSync(segment: QueueSegment, ordinal: number, sharedBody: Buffer | null): Message {
    let block = this.#find(segment, ordinal);
    if (block === null) {
      block = this.#begin(segment, ordinal, READ_BLOCK_BYTES);
      this.#use(block);
      if (!this.#fillSync(block, segment)) {
        block = this.#begin(segment, ordinal, 0);
        this.#use(block);
        readInto(block, segment);
        this.#filled(block, segment);
      }
    }
    const message = this.#decode(block, segment, ordinal, sharedBody);
    this.#readAhead(block, segment, ordinal);
    return message;
  }

  /** The message is the caller's. */
  async read(segment: QueueSegment, ordinal: number, sharedBody: Buffer | null): Promise<Message> {
    let block = this.#find(segment, ordinal);
    if (block === null && this.#reading !== null) {
      await this.#reading;
      block = this.#find(segment, ordinal);
    }
    if (block === null) {
      block = await this.#fetch(segment, ordinal);
      if (block.owner === this) this.#use(block);
    }
    const message = this.#decode(block, segment, ordinal, sharedBody);
    message.keep();
    return message;
  }

  /** What stands from this message on; where the disk fails among that, the message alone. */
  async #fetch(segment: QueueSegment, ordinal: number): Promise<ReadBlock> {
    const block = this.#begin(segment, ordinal, READ_BLOCK_BYTES);
    try {
      await this.#fill(block, segment);
      return block;
    } catch {
      const small = this.#begin(segment, ordinal, 0);
      await this.#fill(small, segment);
      return small;
    }
  }

  /** As `#fetch`: false, to be tried with less. */
  #fillSync(block: ReadBlock, segment: QueueSegment): boolean {
    try {
      readInto(block, segment);
    } catch {
      this.#drop(block);
      return false;
    }
    this.#filled(block, segment);
    return true;
  }

  /** The segment is gone. */
  forget(segment: QueueSegment): void {
    if (this.#current?.segment === segment) this.#drop(this.#current);
    if (this.#next?.segment === segment) this.#drop(this.#next);
  }

  close(): void {
    if (this.#current !== null) this.#drop(this.#current);
    if (this.#next !== null) this.#drop(this.#next);
  }

  #find(segment: QueueSegment, ordinal: number): ReadBlock | null {
    if (this.#holds(this.#current, segment, ordinal)) return this.#current;
    const next = this.#next;
    if (next === null || !this.#holds(next, segment, ordinal)) return null;
    this.#next = null;
    this.#use(next);
    return next;
  }

  #holds(block: ReadBlock | null, segment: QueueSegment, ordinal: number): boolean {
    if (block === null || block.segment !== segment || block.owner !== this || block.isReading) return false;
    const from = segment.index.position(ordinal) - block.position;
    return from >= 0 && from + segment.index.recordBytes(ordinal) <= block.filled;
  }

  #use(block: ReadBlock): void {
    if (this.#current !== null && this.#current !== block) this.#drop(this.#current);
    this.#current = block;
  }

  #drop(block: ReadBlock): void {
    if (block.owner !== this) return;
    block.owner = null;
    block.segment = null;
  }

  /** A block for this message and what stands behind it, `maxBytes` if it is no longer; `filled` is how much that is to be. */
  #begin(segment: QueueSegment, ordinal: number, maxBytes: number): ReadBlock {
    const { index } = segment;
    const position = index.position(ordinal);
    const ahead = Math.min(maxBytes, segment.bytes - position);
    const bytes = Math.max(ahead, index.recordBytes(ordinal));
    const block = this.#blocks.take(bytes, this, this.#current);
    block.position = position;
    block.filled = bytes;
    return block;
  }

  async #fill(block: ReadBlock, segment: QueueSegment): Promise<void> {
    const { content, position, filled } = block;
    segment.retain();
    block.isReading = true;
    try {
      block.filled = await segment.records.read(content.bytes.subarray(0, filled), position);
      this.#filled(block, segment);
    } catch (error) {
      this.#drop(block);
      throw error;
    } finally {
      block.isReading = false;
      segment.release();
    }
  }

  #filled(block: ReadBlock, segment: QueueSegment): void {
    block.segment = segment;
    this.#counters.storeReads++;
    this.#counters.readBytes += block.filled;
  }

  /** Begins to read the block behind this one. */
  #readAhead(block: ReadBlock, segment: QueueSegment, ordinal: number): void {
    if (this.#next !== null && this.#next.owner === this) return;
    if (segment.index.position(ordinal) - block.position < block.filled * AHEAD_FROM) return;
    const behind = block.position + block.filled;
    // The last record of the block may be cut.
    const last = behind < segment.bytes ? segment.index.ordinalAt(behind) : segment.index.count;
    const from = last < segment.index.count ? segment : this.#following(segment);
    const first = from === segment ? last : 0;
    if (from === null || first >= from.index.count) return;
    if (from.index.recordBytes(first) > READ_BLOCK_BYTES) return;
    const next = this.#blocks.take(READ_BLOCK_BYTES, this, block);
    next.position = from.index.position(first);
    next.filled = Math.min(READ_BLOCK_BYTES, from.bytes - next.position);
    this.#next = next;
    // Who needs it reads it itself when that fails, and is told.
    const reading = this.#fill(next, from)
      .catch(() => {})
      .finally(() => {
        if (this.#reading === reading) this.#reading = null;
      });
    this.#reading = reading;
  }

  #decode(block: ReadBlock, segment: QueueSegment, ordinal: number, sharedBody: Buffer | null): Message {
    const { content, position, filled } = block;
    const at = segment.index.position(ordinal) - position;
    const sequence = segment.index.sequenceAt(ordinal);
    if (!isIntactRecord(content, at, filled, segment.stamp) || record.sequence(content, at) !== sequence) {
      this.#drop(block);
      this.#reportDamage({ segment: segment.base, sequence, position: position + at });
      throw new StoredMessageError(`stored message ${sequence} of segment ${segment.base} is damaged`);
    }
    return this.#decoder.decode(content, at, sharedBody);
  }
}

function readInto(block: ReadBlock, segment: QueueSegment): void {
  block.filled = segment.records.readSync(block.content.bytes.subarray(0, block.filled), block.position);
}
