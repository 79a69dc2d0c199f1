/**
 * Writes what a queue gathered: what is small at once, the rest in the thread pool, while more gathers. What could not be
 * written is written with the next call.
 */
import type { Message } from "../../../mechanisms/message.ts";
import type { StoreCounters } from "../statistics.ts";
import type { QueueSegment } from "./queue-segment.ts";
import type { RecordDecoder } from "./record-decoder.ts";
import { RecordRun } from "./record-run.ts";
import type { SegmentList } from "./segment-list.ts";
import type { SegmentUpkeep } from "./segment-upkeep.ts";
import type { QueueStoreOptions } from "./store-options.ts";
import { UnwrittenMessages } from "./unwritten-messages.ts";
import { ASYNC_WRITE_BYTES, type WriteBuffers } from "./write-buffers.ts";

/** When writes fail, this much is kept for the next try; beyond it all of it is given up, and what comes is tried again. */
const MAX_UNWRITTEN_BYTES = 64 * 1024 * 1024;

export interface MessageWriterParts {
  readonly options: QueueStoreOptions;
  readonly buffers: WriteBuffers;
  readonly decoder: RecordDecoder;
  readonly segments: SegmentList;
  readonly upkeep: SegmentUpkeep;
  readonly counters: StoreCounters;
  /** The message was given up. */
  readonly gone: (sequence: number) => void;
}

export class MessageWriter {
  readonly #parts: MessageWriterParts;
  #unwritten: UnwrittenMessages;
  /** Empty; takes turns with the one that is being written. */
  #spare: UnwrittenMessages;
  /** On their way to the disk in the thread pool. */
  #writing: UnwrittenMessages | null = null;
  readonly #settledWhileWriting: number[] = [];
  /** Of one write, empty between two. */
  readonly #run: RecordRun;
  #isClosed = false;

  constructor(parts: MessageWriterParts) {
    const { buffers, decoder } = parts;
    this.#parts = parts;
    this.#unwritten = new UnwrittenMessages(buffers, decoder);
    this.#spare = new UnwrittenMessages(buffers, decoder);
    this.#run = new RecordRun(buffers);
  }

  /** Nothing waits to be written, but what is on its way. */
  get isEmpty(): boolean {
    return this.#unwritten.isEmpty;
  }

  get isWriting(): boolean {
    return this.#writing !== null;
  }

  /** So much waits that `write` is to be called, else `writeSync`. */
  get isLarge(): boolean {
    return this.#unwritten.bytesBound >= ASYNC_WRITE_BYTES;
  }

  add(message: Message, sequence: number, deadlineMs: number, bodyId: number, isKept: boolean): void {
    this.#unwritten.add(message, sequence, deadlineMs, bodyId, isKept);
  }

  /** False: it is on its way, written, or gone. */
  shareBody(sequence: number, bodyId: number): boolean {
    return this.#unwritten.shareBody(sequence, bodyId);
  }

  has(sequence: number): boolean {
    return this.#unwritten.has(sequence) || (this.#writing?.has(sequence) ?? false);
  }

  /** null: it is written, or gone. It may be lent. */
  find(sequence: number): Message | null {
    return this.#unwritten.find(sequence) ?? this.#writing?.find(sequence) ?? null;
  }

  /** False: it is not here any more. */
  settle(sequence: number): boolean {
    if (this.#unwritten.settle(sequence)) return true;
    if (!this.#writing?.settle(sequence)) return false;
    this.#settledWhileWriting.push(sequence);
    return true;
  }

  forEachLive(visit: (sequence: number) => void): void {
    this.#writing?.forEachLive(visit);
    this.#unwritten.forEachLive(visit);
  }

  /** Throws what the file system throws. */
  writeSync(): void {
    const messages = this.#unwritten;
    try {
      this.#writeAllSync(messages);
    } catch (error) {
      this.#limitBacklog(messages, error);
      throw error;
    }
  }

  /** Rejects with what the file system throws. */
  async write(): Promise<void> {
    const messages = this.#unwritten;
    this.#unwritten = this.#spare;
    this.#writing = messages;
    let failure: unknown = null;
    try {
      await this.#writeAll(messages);
    } catch (error) {
      failure = error;
    }
    this.#writing = null;
    if (this.#isClosed) return;
    this.#spare = messages;
    if (failure !== null) {
      // Not what was appended meanwhile: the commit that it belongs to is still to come, and would confirm it.
      this.#limitBacklog(messages, failure);
      messages.absorb(this.#unwritten);
      this.#spare = this.#unwritten;
      this.#spare.clear();
      this.#unwritten = messages;
    }
    this.#settledWhileWriting.length = 0;
    if (failure !== null) throw failure;
  }

  /** Nothing that waits is written any more. */
  dropAll(): void {
    this.#drop(this.#unwritten);
  }

  /** The files are gone. */
  close(): void {
    this.#isClosed = true;
    this.#unwritten.clear();
  }

  #writeAllSync(messages: UnwrittenMessages): void {
    for (messages.dropSettled(); !messages.isEmpty; messages.dropSettled()) {
      const segment = this.#writable(messages.sequence(messages.start));
      const end = this.#collect(messages, segment);
      try {
        segment.records.writeSync(this.#run.joined(), segment.bytes);
        this.#noteWritten(segment);
      } catch (error) {
        this.#cutFailedWrite(segment);
        throw error;
      } finally {
        this.#run.clear();
      }
      messages.written(end);
    }
  }

  async #writeAll(messages: UnwrittenMessages): Promise<void> {
    for (messages.dropSettled(); !messages.isEmpty; messages.dropSettled()) {
      if (this.#isClosed) return;
      const segment = this.#writable(messages.sequence(messages.start));
      const end = this.#collect(messages, segment);
      segment.retain();
      try {
        await segment.records.write(this.#run.pieces(), segment.bytes);
        this.#noteWritten(segment);
        for (const sequence of this.#settledWhileWriting.splice(0)) this.#settleWritten(sequence);
      } catch (error) {
        this.#cutFailedWrite(segment);
        throw error;
      } finally {
        segment.release();
        this.#run.clear();
      }
      messages.written(end);
    }
  }

  #writable(sequence: number): QueueSegment {
    const { segments, upkeep } = this.#parts;
    const before = segments.active;
    const segment = segments.writable(sequence);
    if (before !== null && before !== segment && before.liveCount === 0) upkeep.touch(before);
    return segment;
  }

  /** What goes to the segment in one write; returns where the rest begins. */
  #collect(messages: UnwrittenMessages, segment: QueueSegment): number {
    const end = this.#parts.segments.measure(messages, segment);
    this.#run.begin(segment);
    messages.collect(end, this.#run);
    return end;
  }

  #noteWritten(segment: QueueSegment): void {
    const { counters, upkeep } = this.#parts;
    segment.note(this.#run);
    counters.storeWrites++;
    counters.writtenMessages += this.#run.offsets.length;
    counters.writtenBytes += this.#run.bytes;
    upkeep.markUnsynced(segment);
  }

  /** It was counted as gone when it was settled; now that it may stand in the file the file must learn of it. */
  #settleWritten(sequence: number): void {
    const { segments, upkeep } = this.#parts;
    const segment = segments.segmentOf(sequence);
    const ordinal = segment === null ? -1 : segment.index.ordinalOf(sequence);
    if (segment !== null && ordinal >= 0) upkeep.settle(segment, ordinal);
  }

  /** What a failed write left must not be found by a start: some of it may be settled before the next try. */
  #cutFailedWrite(segment: QueueSegment): void {
    try {
      segment.records.truncateSync(segment.bytes);
    } catch (error) {
      // The next try overwrites it, and a start cuts off what is not intact.
      const { options, segments } = this.#parts;
      options.report("truncate failed", { path: segments.directory, error: String(error) });
    }
  }

  /** `messages`: of a commit that failed, and whose publishers learn that. What was only paged out was refused to nobody. */
  #limitBacklog(messages: UnwrittenMessages, error: unknown): void {
    const { options, segments } = this.#parts;
    if (messages.bytesBound <= MAX_UNWRITTEN_BYTES || options.isTemporary === true) return;
    const dropped = messages.liveCount;
    this.#drop(messages);
    const consequence =
      "they are not stored and were not confirmed; the queue delivers those that it holds in memory";
    options.report("unwritten messages dropped", {
      ...{ path: segments.directory, messages: dropped, error: String(error), consequence },
    });
  }

  #drop(messages: UnwrittenMessages): void {
    messages.forEachLive(this.#parts.gone);
    messages.clear();
  }
}
