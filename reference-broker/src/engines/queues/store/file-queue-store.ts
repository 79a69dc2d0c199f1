/**
 * Storage of one durable queue on files. Messages and acknowledgements of a turn are gathered and written when the commit
 * group says so: messages first, in one write for each segment they go to, then acknowledgements. One writer, this thread.
 */
import { invariant } from "../../../base/invariant.ts";
import { countersOf } from "../../../base/statistics.ts";
import type { CommittedStore } from "../../../mechanisms/commit-group.ts";
import type { Message } from "../../../mechanisms/message.ts";
import { STORE_COUNTERS, type StoreCounters } from "../statistics.ts";
import { BodyReferences } from "./body-references.ts";
import type { QueueStore, RecoveredVisitor } from "./contract.ts";
import { MessageReader } from "./message-reader.ts";
import { MessageWriter } from "./message-writer.ts";
import type { QueueSegment } from "./queue-segment.ts";
import type { ReadBlocks } from "./read-blocks.ts";
import { NOT_SHARED } from "./record.ts";
import { RecordDecoder } from "./record-decoder.ts";
import { SegmentList } from "./segment-list.ts";
import { SegmentUpkeep } from "./segment-upkeep.ts";
import type { SharedBodies } from "./shared-bodies.ts";
import type { SpareFiles } from "./spare-files.ts";
import type { QueueStoreOptions } from "./store-options.ts";
import { StoredMessages } from "./stored-messages.ts";
import type { WriteBuffers } from "./write-buffers.ts";

/** A store without a queue, kept for whoever looks into it. */
export const ORPHAN_SUFFIX = ".orphan";

export class FileQueueStore implements QueueStore, CommittedStore {
  readonly name: string;
  readonly #options: QueueStoreOptions;
  readonly #spareFiles: SpareFiles;
  readonly #segments: SegmentList;
  /** Those found at the start, until `recover`. */
  readonly #recovered: QueueSegment[];
  readonly #reader: MessageReader;
  readonly #bodies: BodyReferences;
  readonly #stored: StoredMessages;
  readonly #upkeep: SegmentUpkeep;
  readonly #writer: MessageWriter;
  readonly counters: StoreCounters = countersOf(STORE_COUNTERS);
  #lastSequence: number;
  #messageCount: number;
  #isRegistered = false;
  /** Closed or removed. */
  #isClosed = false;
  #failure: unknown = null;

  /** `sharedBodies` null: bodies stand with their messages. Throws what the file system throws. */
  constructor(
    directory: string,
    buffers: WriteBuffers,
    blocks: ReadBlocks,
    spareFiles: SpareFiles,
    sharedBodies: SharedBodies | null,
    options: QueueStoreOptions,
  ) {
    this.name = directory;
    this.#options = options;
    this.#spareFiles = spareFiles;
    const { counters } = this;
    const segments = new SegmentList(directory, buffers, spareFiles, options);
    this.#segments = segments;
    const decoder = new RecordDecoder(options.decodeMessage);
    const following = (segment: QueueSegment) => segments.following(segment);
    this.#reader = new MessageReader(blocks, decoder, following, counters, (damage) =>
      options.report("stored message damaged", { directory, ...damage }),
    );
    this.#bodies = new BodyReferences(sharedBodies);
    this.#stored = new StoredMessages(segments, this.#reader, this.#bodies);
    const upkeep = new SegmentUpkeep({
      ...{ options, segments, spareFiles, counters },
      forget: (segment) => this.#reader.forget(segment),
      register: () => this.#register(),
    });
    this.#upkeep = upkeep;
    const gone = (sequence: number) => this.#gone(sequence);
    this.#writer = new MessageWriter({ options, buffers, decoder, segments, upkeep, counters, gone });
    this.#recovered = [...segments.all];
    this.#lastSequence = segments.nextSequence - 1;
    for (const segment of this.#recovered) {
      this.#claimBodies(segment);
      if (segment.hasUnwrittenAcks) upkeep.touch(segment);
    }
    this.#messageCount = segments.liveCount;
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
    const bodyId = this.#bodies.offer(message, this, sequence);
    this.#writer.add(message, sequence, deadlineMs, bodyId, isKept);
    this.#messageCount++;
    return true;
  }

  /** The body of a message that was appended in this turn is stored under this number. False: it is written, or gone. */
  shareBody(sequence: number, bodyId: number): boolean {
    if (!this.#writer.shareBody(sequence, bodyId)) return false;
    this.#bodies.add(sequence, bodyId);
    return true;
  }

  /** Whether the message is stored or about to be, and not settled. */
  holds(sequence: number): boolean {
    return this.#writer.has(sequence) || this.#stored.find(sequence) !== null;
  }

  /** A write or a sync could not be made good: nothing is stored any more. */
  get hasFailed(): boolean {
    return this.#failure !== null;
  }

  settle(sequence: number): void {
    if (this.#writer.settle(sequence)) {
      this.#gone(sequence);
      return;
    }
    const segment = this.#segments.segmentOf(sequence);
    const ordinal = segment === null ? -1 : segment.index.ordinalOf(sequence);
    if (segment !== null && ordinal >= 0) this.#settleStored(segment, ordinal);
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
    this.#writer.forEachLive((sequence) => {
      if (sequence >= first && sequence <= last) this.settle(sequence);
    });
  }

  async read(sequence: number): Promise<Message> {
    const unwritten = this.#writer.find(sequence);
    unwritten?.keep();
    return unwritten ?? this.#stored.read(sequence);
  }

  readSync(sequence: number): Message {
    return this.#writer.find(sequence) ?? this.#stored.readSync(sequence);
  }

  isAtHand(sequence: number): boolean {
    return this.#writer.has(sequence) || this.#stored.isAtHand(sequence);
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
    this.#abandon();
    return path;
  }

  remove(): void {
    if (this.#isClosed) return;
    this.#messageCount = 0;
    this.#bodies.releaseAll();
    this.#reader.close();
    this.#abandon();
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
    invariant(!this.#writer.isWriting, "the commit group is drained before a store is closed");
    await this.#upkeep.stopRelocating();
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
    if (this.#writer.isLarge) return this.#flushLarge();
    try {
      this.#writer.writeSync();
    } finally {
      this.#upkeep.finishTurn(this.#writer.isEmpty);
    }
    if (this.#failure !== null) throw this.#failure;
  }

  /** Called by the commit group in class `fsync`. A failed sync cannot be made good: nothing is stored from then on. */
  async sync(): Promise<void> {
    try {
      await this.#upkeep.sync();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  async #flushLarge(): Promise<void> {
    try {
      await this.#writer.write();
    } finally {
      if (!this.#isClosed) this.#upkeep.finishTurn(this.#writer.isEmpty);
    }
  }

  #register(): void {
    if (this.#isRegistered) return;
    this.#isRegistered = true;
    this.#options.commitGroup.register(this);
  }

  #settleStored(segment: QueueSegment, ordinal: number): void {
    if (!this.#upkeep.settle(segment, ordinal)) return;
    this.#gone(segment.index.sequenceAt(ordinal));
    this.#register();
  }

  #gone(sequence: number): void {
    this.#messageCount--;
    this.#bodies.release(sequence);
  }

  /** Messages whose bodies are gone were settled: their acknowledgement did not reach the disk, that of the body did. */
  #claimBodies(segment: QueueSegment): void {
    const { index } = segment;
    if (!index.hasSharedBodies) return;
    for (let ordinal = 0; ordinal < index.count; ordinal++) {
      const bodyId = index.bodyId(ordinal);
      if (bodyId === NOT_SHARED || segment.isSettled(ordinal)) continue;
      if (!this.#bodies.claim(index.sequenceAt(ordinal), bodyId)) this.#upkeep.settle(segment, ordinal);
    }
  }

  /** Its files are no longer its own. */
  #abandon(): void {
    this.#isClosed = true;
    this.#writer.close();
    this.#upkeep.close();
    this.#segments.close();
  }

  /** Nothing is stored from here on until the next start; what the queue holds in memory it goes on delivering. */
  #fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#writer.dropAll();
    const consequence = "no message of this queue is stored or confirmed until the broker is restarted";
    this.#options.report("queue store failed", { path: this.name, error: String(error), consequence });
  }
}
