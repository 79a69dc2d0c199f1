/**
 * Storage of one durable queue on files. Messages and acknowledgements of a turn are gathered and written when the commit
 * group says so: messages first, in one write for each segment they go to, then acknowledgements. One writer, this thread.
 */
import { allocateUnpooled } from "../../../base/allocate.ts";
import { invariant } from "../../../base/invariant.ts";
import type { CommittedStore } from "../../../mechanisms/commit-group.ts";
import type { Message } from "../../../mechanisms/message.ts";
import { MAX_SEGMENT_MESSAGES } from "./ack-log.ts";
import { type QueueStore, type RecoveredVisitor, StoredMessageError } from "./contract.ts";
import { MessageReader } from "./message-reader.ts";
import { QueueSegment } from "./queue-segment.ts";
import { encodeRecord, type RecordBuffer, recordBuffer, recordBytesBound } from "./record.ts";
import { openSegments, segmentOf } from "./segment-list.ts";
import type { SpareFiles } from "./spare-files.ts";
import type { QueueStoreOptions } from "./store-options.ts";
import { UnwrittenMessages } from "./unwritten-messages.ts";

/** From this size on a write goes to the thread pool: the hop then costs less than the copy would hold up the loop. */
export const ASYNC_WRITE_BYTES = 256 * 1024;
const DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;
/** Offsets of sequences in a segment are 32 bits. */
const MAX_SEGMENT_SPAN = 2 ** 32;
/** A segment whose messages are all settled is given up from here on though it is not full. */
const DRAINED_BYTES = 1024 * 1024;
/** Full segments behind the one being written that get no summary yet: most are gone before it would be of use. */
const UNSEALED_SEGMENTS = 4;
/** When writes fail, this much is kept for the next try. */
const MAX_UNWRITTEN_BYTES = 64 * 1024 * 1024;

export class FileQueueStore implements QueueStore, CommittedStore {
  readonly name: string;
  readonly #options: QueueStoreOptions;
  readonly #segmentBytes: number;
  readonly #segmentMessages: number;
  /** Shared by all stores: a synchronous write has done with it when it returns. */
  readonly #scratch: RecordBuffer;
  readonly #segments: QueueSegment[];
  /** Those found at the start, until `recover`. */
  readonly #recovered: QueueSegment[];
  readonly #reader: MessageReader;
  readonly #spareFiles: SpareFiles;
  /** Written to; always the last of the segments. */
  #active: QueueSegment | null = null;
  #unwritten = new UnwrittenMessages();
  /** On their way to the disk in the thread pool. */
  #writing: UnwrittenMessages | null = null;
  readonly #settledWhileWriting: number[] = [];
  /** With acknowledgements to write, or drained. */
  readonly #touched = new Set<QueueSegment>();
  /** To be synced with the group; each is retained. */
  readonly #unsynced = new Set<QueueSegment>();
  /** Drained, and removed once their last acknowledgements are synced: until then a power loss must find them. */
  #removable: QueueSegment[] = [];
  readonly #sealing = new Set<Promise<void>>();
  #lastSequence: number;
  #messageCount: number;
  #isRegistered = false;
  /** Closed or removed. */
  #isClosed = false;
  #failure: unknown = null;

  /** `scratch` has ASYNC_WRITE_BYTES. Throws what the file system throws. */
  constructor(directory: string, scratch: RecordBuffer, spareFiles: SpareFiles, options: QueueStoreOptions) {
    this.name = directory;
    this.#spareFiles = spareFiles;
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#segmentMessages = Math.min(options.segmentMessages ?? MAX_SEGMENT_MESSAGES, MAX_SEGMENT_MESSAGES);
    this.#scratch = scratch;
    this.#reader = new MessageReader(options.decodeMessage);
    const { fileSystem, report } = options;
    const { segments, nextSequence } = openSegments(fileSystem, directory, spareFiles, report);
    this.#segments = segments;
    this.#recovered = [...segments];
    this.#lastSequence = nextSequence - 1;
    this.#messageCount = segments.reduce((sum, segment) => sum + segment.liveCount, 0);
  }

  get nextSequence(): number {
    return this.#lastSequence + 1;
  }

  get messageCount(): number {
    return this.#messageCount;
  }

  get fileBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  append(message: Message, sequence: number, deadlineMs: number): void {
    invariant(sequence > this.#lastSequence, "sequences of a queue rise");
    this.#lastSequence = sequence;
    if (this.#isClosed) return;
    this.#register();
    // What cannot be stored any more lives in memory only; the commit that follows fails and nothing is confirmed.
    if (this.#failure !== null) return;
    this.#unwritten.add(message, sequence, deadlineMs);
    this.#messageCount++;
  }

  settle(sequence: number): void {
    if (this.#unwritten.settle(sequence)) this.#messageCount--;
    else if (this.#writing?.settle(sequence)) {
      this.#messageCount--;
      this.#settledWhileWriting.push(sequence);
    } else {
      const segment = segmentOf(this.#segments, sequence);
      const ordinal = segment === null ? -1 : segment.index.ordinalOf(sequence);
      if (segment !== null && ordinal >= 0) this.#settleStored(segment, ordinal);
    }
  }

  settleRange(first: number, last: number): void {
    for (const segment of this.#segments) {
      const { index } = segment;
      if (segment.base > last || index.lastSequence < first) continue;
      const end = index.ordinalFrom(last + 1);
      for (let ordinal = index.ordinalFrom(first); ordinal < end; ordinal++) {
        this.#settleStored(segment, ordinal);
      }
    }
    for (const messages of [this.#writing, this.#unwritten]) {
      messages?.forEachLive((sequence) => {
        if (sequence >= first && sequence <= last) this.settle(sequence);
      });
    }
  }

  async read(sequence: number): Promise<Message> {
    const unwritten = this.#findUnwritten(sequence);
    if (unwritten !== null) return unwritten;
    const { segment, ordinal } = this.#locate(sequence);
    return this.#reader.read(segment, ordinal);
  }

  readSync(sequence: number): Message {
    const unwritten = this.#findUnwritten(sequence);
    if (unwritten !== null) return unwritten;
    const { segment, ordinal } = this.#locate(sequence);
    return this.#reader.readSync(segment, ordinal);
  }

  isAtHand(sequence: number): boolean {
    if (this.#findUnwritten(sequence) !== null) return true;
    const { segment, ordinal } = this.#locate(sequence);
    return this.#reader.isAtHand(segment, ordinal);
  }

  recover(visit: RecoveredVisitor): void {
    for (const segment of this.#recovered.splice(0)) {
      const { index } = segment;
      for (let i = 0; i < index.count; i++) {
        if (segment.isSettled(i)) continue;
        visit(index.sequenceAt(i), index.deadlineMs(i), index.priority(i), index.bodyBytes(i));
      }
      if (segment.isSealed) index.dropDetails();
    }
  }

  remove(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unwritten.clear();
    this.#touched.clear();
    this.#messageCount = 0;
    for (const segment of this.#segments.splice(0)) segment.close();
    try {
      this.#spareFiles.discard(this.name);
    } catch (error) {
      this.#options.report("removal failed", { path: this.name, error: String(error) });
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    invariant(this.#writing === null, "the commit group is drained before a store is closed");
    try {
      await this.flush();
      if (this.#options.commitGroup.durability === "fsync") await this.sync();
      const active = this.#active;
      this.#active = null;
      if (active?.liveCount === 0) this.#removeSegment(active);
      await Promise.all(this.#sealing);
      await Promise.all(this.#segments.map((segment) => segment.seal()));
    } finally {
      this.#isClosed = true;
      for (const segment of this.#segments) segment.close();
    }
  }

  /** Called by the commit group. What could not be written is written with the next call. */
  flush(): Promise<void> | void {
    this.#isRegistered = false;
    if (this.#isClosed) return;
    if (this.#unwritten.bytesBound >= ASYNC_WRITE_BYTES) return this.#flushAsync();
    try {
      this.#writeSync(this.#unwritten);
    } catch (error) {
      this.#limitBacklog(error);
      this.#finishTurn();
      throw error;
    }
    this.#finishTurn();
    if (this.#failure !== null) throw this.#failure;
  }

  /** Called by the commit group in class `fsync`. A failed sync cannot be made good: nothing is stored from then on. */
  async sync(): Promise<void> {
    const segments = [...this.#unsynced];
    const removable = this.#removable;
    this.#unsynced.clear();
    this.#removable = [];
    const results = await Promise.allSettled(segments.map((segment) => segment.sync()));
    for (const segment of segments) segment.release();
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) {
      this.#fail(failed.reason);
      throw failed.reason;
    }
    if (this.#isClosed) return;
    for (const segment of removable) this.#removeSegment(segment);
  }

  #register(): void {
    if (this.#isRegistered) return;
    this.#isRegistered = true;
    this.#options.commitGroup.register(this);
  }

  #settleStored(segment: QueueSegment, ordinal: number): void {
    const isNew = !segment.hasUnwrittenAcks;
    if (!segment.settle(ordinal)) return;
    this.#messageCount--;
    if (isNew) this.#touched.add(segment);
    this.#register();
  }

  #findUnwritten(sequence: number): Message | null {
    return this.#unwritten.find(sequence) ?? this.#writing?.find(sequence) ?? null;
  }

  #locate(sequence: number): { segment: QueueSegment; ordinal: number } {
    const segment = segmentOf(this.#segments, sequence);
    const ordinal = segment === null ? -1 : segment.index.ordinalOf(sequence);
    if (segment === null || ordinal < 0 || segment.isSettled(ordinal)) {
      throw new StoredMessageError(`message ${sequence} is not stored in ${this.name}`);
    }
    return { segment, ordinal };
  }

  #writeSync(messages: UnwrittenMessages): void {
    for (messages.dropSettled(); !messages.isEmpty; messages.dropSettled()) {
      const segment = this.#writable(messages.sequence(messages.start));
      const { end } = this.#measure(messages, segment);
      const bytes = encodeMessages(messages, end, this.#scratch, segment.stamp);
      try {
        segment.records.writeSync(this.#scratch.bytes.subarray(0, bytes), segment.bytes);
      } catch (error) {
        this.#cutFailedWrite(segment);
        throw error;
      }
      this.#noteWritten(segment, this.#scratch, bytes);
      messages.written(end);
    }
  }

  async #flushAsync(): Promise<void> {
    const messages = this.#unwritten;
    this.#unwritten = new UnwrittenMessages();
    this.#writing = messages;
    let failure: unknown = null;
    try {
      await this.#writeAsync(messages);
    } catch (error) {
      failure = error;
    }
    this.#writing = null;
    if (this.#isClosed) return;
    if (failure !== null) {
      messages.absorb(this.#unwritten);
      this.#unwritten = messages;
      this.#limitBacklog(failure);
    }
    for (const sequence of this.#settledWhileWriting.splice(0)) this.#settleWritten(sequence);
    this.#finishTurn();
    if (failure !== null) throw failure;
  }

  async #writeAsync(messages: UnwrittenMessages): Promise<void> {
    for (messages.dropSettled(); !messages.isEmpty; messages.dropSettled()) {
      if (this.#isClosed) return;
      const segment = this.#writable(messages.sequence(messages.start));
      const { end, bytesBound } = this.#measure(messages, segment);
      const buffer = recordBuffer(allocateUnpooled(bytesBound));
      const bytes = encodeMessages(messages, end, buffer, segment.stamp);
      segment.retain();
      try {
        await segment.records.write([buffer.bytes.subarray(0, bytes)], segment.bytes);
        this.#noteWritten(segment, buffer, bytes);
      } catch (error) {
        this.#cutFailedWrite(segment);
        throw error;
      } finally {
        segment.release();
      }
      messages.written(end);
    }
  }

  /** What a failed write left must not be found by a start: some of it may be settled before the next try. */
  #cutFailedWrite(segment: QueueSegment): void {
    try {
      segment.records.truncateSync(segment.bytes);
    } catch (error) {
      // The next try overwrites it, and a start cuts off what is not intact.
      this.#options.report("truncate failed", { path: this.name, error: String(error) });
    }
  }

  /** It was counted as gone when it was settled; now that it may stand in the file the file must learn of it. */
  #settleWritten(sequence: number): void {
    const segment = segmentOf(this.#segments, sequence);
    const ordinal = segment === null ? -1 : segment.index.ordinalOf(sequence);
    if (segment === null || ordinal < 0) return;
    if (segment.settle(ordinal)) this.#touched.add(segment);
  }

  #noteWritten(segment: QueueSegment, written: RecordBuffer, bytes: number): void {
    segment.note(written, bytes);
    this.#markUnsynced(segment);
  }

  #markUnsynced(segment: QueueSegment): void {
    if (this.#options.commitGroup.durability !== "fsync" || this.#unsynced.has(segment)) return;
    segment.retain();
    this.#unsynced.add(segment);
  }

  /** How many of the messages the segment takes, and the room they need at most. One at least. */
  #measure(messages: UnwrittenMessages, segment: QueueSegment): { end: number; bytesBound: number } {
    let bytesBound = 0;
    let count = segment.index.count;
    let end = messages.start;
    for (; end < messages.end; end++) {
      const message = messages.message(end);
      if (message === null) continue;
      if (!this.#takes(segment, segment.bytes + bytesBound, count, messages.sequence(end))) break;
      bytesBound += recordBytesBound(message);
      count++;
    }
    return { end, bytesBound };
  }

  #takes(segment: QueueSegment, bytes: number, count: number, sequence: number): boolean {
    const hasRoom = bytes < this.#segmentBytes && count < this.#segmentMessages;
    return hasRoom && sequence - segment.base < MAX_SEGMENT_SPAN;
  }

  #writable(sequence: number): QueueSegment {
    const active = this.#active;
    if (active !== null && this.#takes(active, active.bytes, active.index.count, sequence)) return active;
    const { fileSystem, commitGroup } = this.#options;
    const segment = QueueSegment.create(fileSystem, this.name, sequence, this.#spareFiles);
    try {
      if (commitGroup.durability === "fsync") fileSystem.syncDirectory(this.name);
    } catch (error) {
      segment.close();
      throw error;
    }
    this.#segments.push(segment);
    this.#active = segment;
    if (active?.liveCount === 0) this.#touched.add(active);
    this.#sealOld();
    return segment;
  }

  #sealOld(): void {
    for (let i = this.#segments.length - 2 - UNSEALED_SEGMENTS; i >= 0; i--) {
      const segment = this.#segments[i]!;
      if (segment.isSealed) return;
      const sealing = segment
        .seal()
        .catch((error: unknown) => {
          this.#options.report("seal failed", {
            path: this.name,
            segment: segment.base,
            error: String(error),
          });
        })
        .finally(() => this.#sealing.delete(sealing));
      this.#sealing.add(sealing);
    }
  }

  /** Writes acknowledgements, and removes segments that hold nothing any more. */
  #finishTurn(): void {
    const active = this.#active;
    const isIdle = active !== null && active.liveCount === 0 && this.#unwritten.isEmpty;
    if (isIdle && active.bytes >= DRAINED_BYTES) {
      this.#active = null;
      this.#touched.add(active);
    }
    for (const segment of this.#touched) {
      const isDrained = segment !== this.#active && segment.liveCount === 0;
      if (isDrained && this.#options.commitGroup.durability !== "fsync") this.#removeSegment(segment);
      else {
        segment.writeAcks();
        this.#markUnsynced(segment);
        if (isDrained) this.#removable.push(segment);
      }
      this.#touched.delete(segment);
    }
  }

  #removeSegment(segment: QueueSegment): void {
    segment.remove(this.#spareFiles);
    this.#reader.forget(segment);
    const index = this.#segments.indexOf(segment);
    if (index >= 0) this.#segments.splice(index, 1);
  }

  #limitBacklog(error: unknown): void {
    if (this.#unwritten.bytesBound > MAX_UNWRITTEN_BYTES) this.#fail(error);
  }

  /** Nothing is stored from here on until the next start; what the queue holds in memory it goes on delivering. */
  #fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#messageCount -= this.#unwritten.liveCount;
    this.#unwritten.clear();
    const consequence = "no message of this queue is stored or confirmed until the broker is restarted";
    this.#options.report("queue store failed", { path: this.name, error: String(error), consequence });
  }
}

/** Those before `end` that are not settled, one behind the other. Returns the bytes they took. */
function encodeMessages(
  messages: UnwrittenMessages,
  end: number,
  target: RecordBuffer,
  stamp: number,
): number {
  let bytes = 0;
  for (let i = messages.start; i < end; i++) {
    const message = messages.message(i);
    if (message === null) continue;
    bytes += encodeRecord(target, bytes, message, messages.sequence(i), messages.deadlineMs(i), stamp);
  }
  return bytes;
}
