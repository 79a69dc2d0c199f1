/**
 * Storage of one durable queue on files. Messages and acknowledgements of a turn are gathered and written when the commit
 * group says so: messages first, in one write for each segment they go to, then acknowledgements. One writer, this thread.
 */
import { invariant } from "../../../base/invariant.ts";
import { countersOf } from "../../../base/statistics.ts";
import type { CommittedStore } from "../../../mechanisms/commit-group.ts";
import type { Message } from "../../../mechanisms/message.ts";
import { STORE_COUNTERS, type StoreCounters } from "../statistics.ts";
import { type QueueStore, type RecoveredVisitor, StoredMessageError } from "./contract.ts";
import { MessageReader } from "./message-reader.ts";
import type { QueueSegment } from "./queue-segment.ts";
import type { ReadBlocks } from "./read-blocks.ts";
import { NOT_SHARED } from "./record.ts";
import { RecordDecoder } from "./record-decoder.ts";
import { RecordRun } from "./record-run.ts";
import { SegmentList } from "./segment-list.ts";
import { SHARED_FROM_BYTES, type SharedBodies } from "./shared-bodies.ts";
import { Relocation } from "./relocation.ts";
import type { SpareFiles } from "./spare-files.ts";
import type { QueueStoreOptions } from "./store-options.ts";
import { UnwrittenMessages } from "./unwritten-messages.ts";
import { ASYNC_WRITE_BYTES, type WriteBuffers } from "./write-buffers.ts";

/** When writes fail, this much is kept for the next try; beyond it all of it is given up, and what comes is tried again. */
const MAX_UNWRITTEN_BYTES = 64 * 1024 * 1024;

/** A store without a queue, kept for whoever looks into it. */
export const ORPHAN_SUFFIX = ".orphan";

export class FileQueueStore implements QueueStore, CommittedStore {
  readonly name: string;
  readonly #options: QueueStoreOptions;
  readonly #segments: SegmentList;
  /** Those found at the start, until `recover`. */
  readonly #recovered: QueueSegment[];
  readonly #reader: MessageReader;
  /** null: bodies stand with their messages. */
  readonly #sharedBodies: SharedBodies | null;
  /** Bodies of messages that are not settled, by sequence; only of those that share them. */
  readonly #bodyIds = new Map<number, number>();
  readonly #spareFiles: SpareFiles;
  #unwritten: UnwrittenMessages;
  /** Empty; takes turns with the one that is being written. */
  #spare: UnwrittenMessages;
  /** Of one write, empty between two. */
  readonly #run: RecordRun;
  readonly #relocation: Relocation;
  readonly counters: StoreCounters = countersOf(STORE_COUNTERS);
  /** On their way to the disk in the thread pool. */
  #writing: UnwrittenMessages | null = null;
  readonly #settledWhileWriting: number[] = [];
  /** With acknowledgements to write, or drained. */
  readonly #touched = new Set<QueueSegment>();
  /** To be synced with the group; each is retained. */
  readonly #unsynced = new Set<QueueSegment>();
  /** Drained, and removed once their last acknowledgements are synced: until then a power loss must find them. */
  #removable: QueueSegment[] = [];
  #lastSequence: number;
  #messageCount: number;
  #isRegistered = false;
  /** Closed or removed. */
  #isClosed = false;
  #failure: unknown = null;

  /** Throws what the file system throws. */
  constructor(
    directory: string,
    buffers: WriteBuffers,
    blocks: ReadBlocks,
    spareFiles: SpareFiles,
    sharedBodies: SharedBodies | null,
    options: QueueStoreOptions,
  ) {
    this.name = directory;
    this.#spareFiles = spareFiles;
    this.#sharedBodies = sharedBodies;
    this.#options = options;
    const decoder = new RecordDecoder(options.decodeMessage);
    this.#unwritten = new UnwrittenMessages(buffers, decoder);
    this.#spare = new UnwrittenMessages(buffers, decoder);
    this.#run = new RecordRun(buffers);
    this.#relocation = new Relocation(directory, spareFiles, options);
    const following = (segment: QueueSegment) => this.#segments.following(segment);
    this.#reader = new MessageReader(blocks, decoder, following, this.counters, (damage) =>
      options.report("stored message damaged", { directory, ...damage }),
    );
    this.#segments = new SegmentList(directory, spareFiles, options);
    this.#recovered = [...this.#segments.all];
    this.#lastSequence = this.#segments.nextSequence - 1;
    for (const segment of this.#recovered) {
      this.#claimBodies(segment);
      if (segment.hasUnwrittenAcks) this.#touched.add(segment);
    }
    this.#messageCount = this.#segments.liveCount;
  }

  get nextSequence(): number {
    return this.#lastSequence + 1;
  }

  get messageCount(): number {
    return this.#messageCount;
  }

  get segmentCount(): number {
    return this.#segments.all.length;
  }

  get fileBytes(): number {
    return this.#segments.fileBytes;
  }

  append(message: Message, sequence: number, deadlineMs: number, isKept = false): boolean {
    invariant(sequence > this.#lastSequence, "sequences of a queue rise");
    this.#lastSequence = sequence;
    if (this.#isClosed) return false;
    this.#register();
    // What cannot be stored any more lives in memory only; the commit that follows fails and nothing is confirmed.
    if (this.#failure !== null) return false;
    let bodyId = NOT_SHARED;
    if (message.bodyBytes >= SHARED_FROM_BYTES && this.#sharedBodies !== null) {
      bodyId = this.#sharedBodies.offer(message, this, sequence);
      if (bodyId !== NOT_SHARED) this.#bodyIds.set(sequence, bodyId);
    }
    this.#unwritten.add(message, sequence, deadlineMs, bodyId, isKept);
    this.#messageCount++;
    return true;
  }

  /** The body of a message that was appended in this turn is stored under this number. False: it is written, or gone. */
  shareBody(sequence: number, bodyId: number): boolean {
    if (!this.#unwritten.shareBody(sequence, bodyId)) return false;
    this.#bodyIds.set(sequence, bodyId);
    return true;
  }

  /** Whether the message is stored or about to be, and not settled. */
  holds(sequence: number): boolean {
    return this.#hasUnwritten(sequence) || this.#find(sequence) !== null;
  }

  /** A write or a sync could not be made good: nothing is stored any more. */
  get hasFailed(): boolean {
    return this.#failure !== null;
  }

  settle(sequence: number): void {
    if (this.#unwritten.settle(sequence)) this.#gone(sequence);
    else if (this.#writing?.settle(sequence)) {
      this.#gone(sequence);
      this.#settledWhileWriting.push(sequence);
    } else {
      const segment = this.#segments.segmentOf(sequence);
      const ordinal = segment === null ? -1 : segment.index.ordinalOf(sequence);
      if (segment !== null && ordinal >= 0) this.#settleStored(segment, ordinal);
    }
  }

  settleRange(first: number, last: number): void {
    for (const segment of this.#segments.all) {
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
    unwritten?.keep();
    if (unwritten !== null) return unwritten;
    const bodyId = this.#bodyIds.get(sequence);
    const sharedBody = bodyId === undefined ? null : await this.#sharedBodies!.read(bodyId);
    const { segment, ordinal } = this.#locate(sequence);
    return this.#reader.read(segment, ordinal, sharedBody);
  }

  readSync(sequence: number): Message {
    const unwritten = this.#findUnwritten(sequence);
    if (unwritten !== null) return unwritten;
    const { segment, ordinal } = this.#locate(sequence);
    const bodyId = this.#bodyIds.get(sequence);
    const sharedBody = bodyId === undefined ? null : this.#sharedBodies!.readSync(bodyId);
    return this.#reader.readSync(segment, ordinal, sharedBody);
  }

  isAtHand(sequence: number): boolean {
    if (this.#hasUnwritten(sequence)) return true;
    const found = this.#find(sequence);
    // That it is not there is known without the disk.
    if (found === null) return true;
    const { segment, ordinal } = found;
    const bodyId = this.#bodyIds.get(sequence);
    const isBodyAtHand = bodyId === undefined || this.#sharedBodies!.isAtHand(bodyId);
    return isBodyAtHand && this.#reader.isAtHand(segment, ordinal);
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

  /** Closes the files and gives the directory another name, which is returned. Throws what the file system throws. */
  setAside(): string {
    const path = this.name + ORPHAN_SUFFIX;
    this.#options.fileSystem.rename(this.name, path);
    this.#isClosed = true;
    this.#unwritten.clear();
    this.#touched.clear();
    this.#segments.close();
    return path;
  }

  remove(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unwritten.clear();
    this.#touched.clear();
    this.#messageCount = 0;
    for (const bodyId of this.#bodyIds.values()) this.#sharedBodies!.release(bodyId);
    this.#bodyIds.clear();
    void this.#relocation.close();
    this.#reader.close();
    this.#segments.close();
    try {
      this.#spareFiles.discard(this.name);
    } catch (error) {
      this.#options.report("removal failed", { path: this.name, error: String(error) });
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#options.isTemporary) {
      this.remove();
      return;
    }
    invariant(this.#writing === null, "the commit group is drained before a store is closed");
    await this.#relocation.close();
    try {
      await this.flush();
      if (this.#options.commitGroup.durability === "fsync") await this.sync();
      await this.#segments.sealAll();
    } finally {
      this.#isClosed = true;
      this.#reader.close();
      this.#segments.close();
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
      this.#limitBacklog(this.#unwritten, error);
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
    this.#gone(segment.index.sequenceAt(ordinal));
    if (isNew) this.#touched.add(segment);
    this.#register();
  }

  #gone(sequence: number): void {
    this.#messageCount--;
    if (this.#bodyIds.size === 0) return;
    const bodyId = this.#bodyIds.get(sequence);
    if (bodyId === undefined) return;
    this.#bodyIds.delete(sequence);
    this.#sharedBodies!.release(bodyId);
  }

  /** Messages whose bodies are gone were settled: their acknowledgement did not reach the disk, that of the body did. */
  #claimBodies(segment: QueueSegment): void {
    const { index } = segment;
    if (!index.hasSharedBodies) return;
    for (let ordinal = 0; ordinal < index.count; ordinal++) {
      const bodyId = index.bodyId(ordinal);
      if (bodyId === NOT_SHARED || segment.isSettled(ordinal)) continue;
      if (this.#sharedBodies?.claim(bodyId)) this.#bodyIds.set(index.sequenceAt(ordinal), bodyId);
      else if (segment.settle(ordinal)) this.#touched.add(segment);
    }
  }

  #hasUnwritten(sequence: number): boolean {
    return this.#unwritten.has(sequence) || (this.#writing?.has(sequence) ?? false);
  }

  #findUnwritten(sequence: number): Message | null {
    return this.#unwritten.find(sequence) ?? this.#writing?.find(sequence) ?? null;
  }

  #find(sequence: number): { segment: QueueSegment; ordinal: number } | null {
    const segment = this.#segments.segmentOf(sequence);
    const ordinal = segment === null ? -1 : segment.index.ordinalOf(sequence);
    return segment === null || ordinal < 0 || segment.isSettled(ordinal) ? null : { segment, ordinal };
  }

  #locate(sequence: number): { segment: QueueSegment; ordinal: number } {
    const found = this.#find(sequence);
    if (found !== null) return found;
    throw new StoredMessageError(`message ${sequence} is not stored in ${this.name}`);
  }

  #writeSync(messages: UnwrittenMessages): void {
    for (messages.dropSettled(); !messages.isEmpty; messages.dropSettled()) {
      const segment = this.#writable(messages.sequence(messages.start));
      const end = this.#segments.measure(messages, segment);
      this.#run.begin(segment);
      messages.collect(end, this.#run);
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

  async #flushAsync(): Promise<void> {
    const messages = this.#unwritten;
    this.#unwritten = this.#spare;
    this.#writing = messages;
    let failure: unknown = null;
    try {
      await this.#writeAsync(messages);
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
    this.#finishTurn();
    if (failure !== null) throw failure;
  }

  async #writeAsync(messages: UnwrittenMessages): Promise<void> {
    for (messages.dropSettled(); !messages.isEmpty; messages.dropSettled()) {
      if (this.#isClosed) return;
      const segment = this.#writable(messages.sequence(messages.start));
      const end = this.#segments.measure(messages, segment);
      this.#run.begin(segment);
      messages.collect(end, this.#run);
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
    const segment = this.#segments.segmentOf(sequence);
    const ordinal = segment === null ? -1 : segment.index.ordinalOf(sequence);
    if (segment === null || ordinal < 0) return;
    if (segment.settle(ordinal)) this.#touched.add(segment);
  }

  #noteWritten(segment: QueueSegment): void {
    segment.note(this.#run);
    this.counters.storeWrites++;
    this.counters.writtenMessages += this.#run.offsets.length;
    this.counters.writtenBytes += this.#run.bytes;
    this.#markUnsynced(segment);
  }

  #markUnsynced(segment: QueueSegment): void {
    if (this.#options.commitGroup.durability !== "fsync" || this.#unsynced.has(segment)) return;
    segment.retain();
    this.#unsynced.add(segment);
  }

  #writable(sequence: number): QueueSegment {
    const before = this.#segments.active;
    const segment = this.#segments.writable(sequence);
    if (before !== null && before !== segment && before.liveCount === 0) this.#touched.add(before);
    return segment;
  }

  /** Writes acknowledgements, and removes segments that hold nothing any more. */
  #finishTurn(): void {
    this.#relocate();
    const retired = this.#unwritten.isEmpty ? this.#segments.retireDrained() : null;
    if (retired !== null) this.#touched.add(retired);
    for (const segment of this.#touched) {
      const isDrained = segment !== this.#segments.active && segment.liveCount === 0;
      if (isDrained && this.#options.commitGroup.durability !== "fsync") this.#removeSegment(segment);
      else {
        if (this.#options.isTemporary) segment.forgetAcks();
        else segment.writeAcks();
        this.#markUnsynced(segment);
        if (isDrained) this.#removable.push(segment);
        else if (segment !== this.#segments.active && !this.#options.isTemporary) {
          this.#relocation.settled(segment, this.counters.removedSegments);
        }
      }
      this.#touched.delete(segment);
    }
    this.#relocation.advance(this.counters.removedSegments, this.#relocated);
  }

  /** What is ready is taken up by the next commit. */
  readonly #relocated = (): void => this.#register();

  #removeSegment(segment: QueueSegment): void {
    this.#segments.remove(segment);
    this.#reader.forget(segment);
    this.#relocation.forget(segment);
    this.counters.removedSegments++;
  }

  /** The copy of a nearly empty segment takes its place, if one is ready. */
  #relocate(): void {
    const relocated = this.#relocation.take();
    if (relocated === null) return;
    const { from, to, messages } = relocated;
    // It may have lost more messages while it was copied, and be noted anew.
    this.#relocation.forget(from);
    if (!this.#segments.has(from) || from.liveCount === 0) {
      to.discard();
      return;
    }
    try {
      this.#segments.replace(from, to);
    } catch (error) {
      this.#options.report("relocation failed", { path: this.name, error: String(error) });
      to.discard();
      return;
    }
    this.#touched.delete(from);
    this.#reader.forget(from);
    this.counters.relocatedMessages += messages;
  }

  /** `messages`: of a commit that failed, and whose publishers learn that. What was only paged out was refused to nobody. */
  #limitBacklog(messages: UnwrittenMessages, error: unknown): void {
    if (messages.bytesBound <= MAX_UNWRITTEN_BYTES || this.#options.isTemporary === true) return;
    const dropped = messages.liveCount;
    this.#drop(messages);
    const consequence =
      "they are not stored and were not confirmed; the queue delivers those that it holds in memory";
    this.#options.report("unwritten messages dropped", {
      ...{ path: this.name, messages: dropped, error: String(error), consequence },
    });
  }

  #drop(messages: UnwrittenMessages): void {
    messages.forEachLive((sequence) => this.#gone(sequence));
    messages.clear();
  }

  /** Nothing is stored from here on until the next start; what the queue holds in memory it goes on delivering. */
  #fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#drop(this.#unwritten);
    const consequence = "no message of this queue is stored or confirmed until the broker is restarted";
    this.#options.report("queue store failed", { path: this.name, error: String(error), consequence });
  }
}
