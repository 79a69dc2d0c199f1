/**
 * One segment of a durable queue: a file of records named by its first sequence and its stamp, a log of those settled, and a summary
 * once it is sealed. It is written to only by the process that began it; after a start new messages begin a new one, so
 * that acknowledgements left over from messages that were cut off can never meet others.
 */
import { join } from "node:path";
import { invariant } from "../../../base/invariant.ts";
import type { FileSystem, StorageFile } from "../../../mechanisms/file-system.ts";
import { segmentFileName } from "../../../mechanisms/segment.ts";
import { AckLog, MAX_SEGMENT_MESSAGES } from "./ack-log.ts";
import type { RecordBuffer } from "./record.ts";
import type { RecordRun } from "./record-run.ts";
import { SegmentIndex } from "./segment-index.ts";
import { type DamagedBytes, scanSegment } from "./segment-scan.ts";
import type { SpareFiles } from "./spare-files.ts";
import type { WriteBuffers } from "./write-buffers.ts";

const RECORDS_SUFFIX = ".messages";
const ACKS_SUFFIX = ".acks";
const INDEX_SUFFIX = ".index";
/** A copy that has not taken the place of its original. */
const RELOCATING_SUFFIX = ".relocating";
/** First sequence, stamp. */
const RECORDS_NAME = /^(\d{20})-(\d+)\.messages$/;
const OTHER_SUFFIXES = /\.(acks|index)$/;

/** From this size on the log is replaced by a bitmap, which takes 8 KiB at most. */
const ACK_LOG_LIMIT_BYTES = 256 * 1024;

/** What a start cut off. */
export interface SegmentFindings {
  readonly tornBytes: number;
  readonly tornAckBytes: number;
  readonly isScanned: boolean;
  readonly damaged: readonly DamagedBytes[];
}

/** Which segment a file name stands for; null: it is no file of records. */
export function parseRecordsName(name: string): { base: number; stamp: number } | null {
  const match = RECORDS_NAME.exec(name);
  return match === null ? null : { base: Number(match[1]), stamp: Number(match[2]) };
}

/** A start finds what a crash left of a copy. */
export function isUnfinishedCopy(name: string): boolean {
  return name.endsWith(RELOCATING_SUFFIX);
}

/** The name of the records that a file of another kind belongs to; null: it is of none of these kinds. */
export function recordsNameOf(name: string): string | null {
  return OTHER_SUFFIXES.test(name) ? name.replace(OTHER_SUFFIXES, RECORDS_SUFFIX) : null;
}

export class QueueSegment {
  readonly base: number;
  /** Tells its records from what its file held before. */
  readonly stamp: number;
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  #index: SegmentIndex;
  readonly #acks = new AckLog();
  /** Of the file of records. */
  #suffix = RECORDS_SUFFIX;
  #records: StorageFile | null = null;
  #ackFile: StorageFile | null = null;
  #ackBytes = 0;
  #isSealed = false;
  #isSealing = false;
  #users = 0;
  #isClosing = false;
  /** Begun by this process, so that all that its file ever held has another stamp than what may come into it. */
  #isOwn = true;
  /** Written since the last sync. */
  #recordsUnsynced = false;
  #acksUnsynced = false;

  private constructor(fileSystem: FileSystem, directory: string, base: number, stamp: number) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.base = base;
    this.stamp = stamp;
    this.#index = new SegmentIndex(base);
  }

  static create(
    fileSystem: FileSystem,
    directory: string,
    base: number,
    spareFiles: SpareFiles,
  ): QueueSegment {
    const segment = new QueueSegment(fileSystem, directory, base, spareFiles.nextStamp());
    try {
      // Leftovers of a former segment of this name would speak of other messages.
      fileSystem.removeFile(segment.#path(INDEX_SUFFIX));
      segment.#ackFile = fileSystem.open(segment.#path(ACKS_SUFFIX));
      segment.#ackFile.truncateSync(0);
      segment.#records = spareFiles.take(segment.#path(RECORDS_SUFFIX));
      if (segment.#records === null) segment.records.truncateSync(0);
    } catch (error) {
      segment.close();
      throw error;
    }
    return segment;
  }

  /** Writes these records, all that it is to hold, under a name of no meaning; they are synced when the promise resolves. */
  static async relocate(
    fileSystem: FileSystem,
    directory: string,
    base: number,
    stamp: number,
    content: RecordBuffer,
    messages: number,
  ): Promise<QueueSegment> {
    const segment = new QueueSegment(fileSystem, directory, base, stamp);
    segment.#suffix = RELOCATING_SUFFIX;
    try {
      segment.records.truncateSync(0);
      await segment.records.write([content.bytes], 0);
      await segment.records.sync();
    } catch (error) {
      segment.discard();
      throw error;
    }
    for (let i = 0, at = 0; i < messages; i++, at = segment.bytes) segment.#index.add(content, at);
    return segment;
  }

  /**
   * Takes the place of the segment that it was copied from: has what was settled there since, and has its name when this
   * returns. Throws what the file system throws, and then it has not.
   */
  replace(from: QueueSegment, isSynced: boolean): void {
    for (let ordinal = 0; ordinal < this.#index.count; ordinal++) {
      const original = from.index.ordinalOf(this.#index.sequenceAt(ordinal));
      if (from.isSettled(original)) this.settle(ordinal);
    }
    this.writeAcks();
    if (isSynced && this.#ackFile !== null) this.#ackFile.syncSync();
    this.#fileSystem.rename(this.#path(RELOCATING_SUFFIX), this.#path(RECORDS_SUFFIX));
    this.#suffix = RECORDS_SUFFIX;
    if (isSynced) this.#fileSystem.syncDirectory(this.#directory);
  }

  /** A copy that is not wanted. */
  discard(): void {
    this.close();
    this.#fileSystem.removeFile(this.#path(RELOCATING_SUFFIX));
    this.#fileSystem.removeFile(this.#path(ACKS_SUFFIX));
  }

  /** Opens what is on disk: by its summary, else record by record, and then the torn rest is cut off. */
  static open(
    fileSystem: FileSystem,
    directory: string,
    base: number,
    stamp: number,
  ): { segment: QueueSegment; findings: SegmentFindings } {
    const segment = new QueueSegment(fileSystem, directory, base, stamp);
    segment.#isOwn = false;
    try {
      const { tornBytes, damaged } = segment.#loadRecords();
      const tornAckBytes = segment.#loadAcks();
      for (const { firstOrdinal, messages } of damaged) {
        for (let i = 0; i < messages; i++) segment.settle(firstOrdinal + i);
      }
      segment.#closeIdleFiles();
      return { segment, findings: { tornBytes, tornAckBytes, isScanned: !segment.#isSealed, damaged } };
    } catch (error) {
      segment.close();
      throw error;
    }
  }

  get index(): SegmentIndex {
    return this.#index;
  }

  get bytes(): number {
    return this.#index.fileBytes;
  }

  get liveCount(): number {
    return this.#index.count - this.#acks.settledCount;
  }

  get isSealed(): boolean {
    return this.#isSealed;
  }

  get hasUnwrittenAcks(): boolean {
    return this.#acks.isDirty;
  }

  /** The file of records, opened when it is first needed. */
  get records(): StorageFile {
    if (this.#records === null) {
      // Opening it would make a file of that name again, and a start would take it for what is left of its copy.
      invariant(!this.#isClosing, "a segment that was removed or closed is not opened again");
      this.#records = this.#fileSystem.open(this.#path(this.#suffix));
    }
    return this.#records;
  }

  /** These records stand in the file now, at its end. */
  note({ sources, offsets }: RecordRun): void {
    for (let i = 0; i < sources.length; i++) this.#index.add(sources[i]!, offsets[i]!);
    this.#recordsUnsynced = true;
  }

  isSettled(ordinal: number): boolean {
    return this.#acks.isSettled(ordinal);
  }

  /** False when it was settled before. */
  settle(ordinal: number): boolean {
    return this.#acks.settle(ordinal);
  }

  /** Writes what was settled since the last call. */
  writeAcks(): void {
    if (!this.#acks.isDirty) return;
    const frame = this.#acks.encodeRuns();
    if (this.#ackBytes + frame.length > ACK_LOG_LIMIT_BYTES) this.#compactAcks();
    else {
      this.#ackFile ??= this.#fileSystem.open(this.#path(ACKS_SUFFIX));
      this.#ackFile.writeSync(frame, this.#ackBytes);
      this.#ackBytes += frame.length;
      this.#acksUnsynced = true;
    }
    this.#acks.framed();
  }

  /** Of a temporary store: what was settled is known in memory alone. */
  forgetAcks(): void {
    this.#acks.framed();
  }

  /** Of a temporary store, instead of `seal`: it is read from now and then at most. */
  retire(): void {
    if (this.#index.hasDetails) this.#index.dropDetails();
    this.#closeIdleFiles();
  }

  /** fdatasync of what was written since the last call. */
  async sync(): Promise<void> {
    const files: StorageFile[] = [];
    if (this.#recordsUnsynced && this.#records !== null) files.push(this.#records);
    if (this.#acksUnsynced && this.#ackFile !== null) files.push(this.#ackFile);
    this.#recordsUnsynced = this.#acksUnsynced = false;
    await Promise.all(files.map((file) => file.sync()));
  }

  /** Nothing is added any more. Syncs the records, then writes the summary, so that no later start scans them. */
  async seal(buffers: WriteBuffers): Promise<void> {
    if (this.#isSealed || this.#isSealing || this.#isClosing) return;
    this.#isSealing = true;
    this.retain();
    try {
      await this.records.sync();
      if (this.#isClosing) return;
      // A file that was used before may be longer.
      this.records.truncateSync(this.bytes);
      await this.#writeSummary(buffers);
      this.#isSealed = true;
      this.#index.dropDetails();
    } finally {
      this.#isSealing = false;
      this.release();
    }
    this.#closeIdleFiles();
  }

  async #writeSummary(buffers: WriteBuffers): Promise<void> {
    const bytes = this.#index.encodedBytes;
    const buffer = buffers.take(bytes);
    const file = this.#fileSystem.open(this.#path(INDEX_SUFFIX));
    try {
      file.truncateSync(0);
      this.#index.encode(buffer.bytes);
      await file.write([buffer.bytes.subarray(0, bytes)], 0);
    } finally {
      file.close();
      buffers.give(buffer);
    }
  }

  /** A queue may have thousands of segments; the files of one that is sealed are opened again when they are needed. */
  #closeIdleFiles(): void {
    if (this.#users > 0 || this.#isClosing || this.#acksUnsynced) return;
    this.#closeFiles();
  }

  /** Keeps the files open. */
  retain(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    if (this.#isClosing && this.#users === 0) this.#closeFiles();
  }

  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#users === 0) this.#closeFiles();
  }

  /** Its files leave their names now, the records first: without them the others mean nothing. */
  remove(spareFiles: SpareFiles): void {
    const isFree = this.#users === 0 && !this.#isClosing;
    const records = isFree && this.#isOwn ? this.records : null;
    try {
      if (records === null) spareFiles.discard(this.#path(RECORDS_SUFFIX));
      else {
        this.#records = null;
        spareFiles.give(this.#path(RECORDS_SUFFIX), records);
      }
      for (const suffix of [ACKS_SUFFIX, INDEX_SUFFIX]) this.#fileSystem.removeFile(this.#path(suffix));
    } finally {
      this.close();
    }
  }

  #closeFiles(): void {
    this.#records?.close();
    this.#ackFile?.close();
    this.#records = this.#ackFile = null;
  }

  #path(suffix: string): string {
    return join(this.#directory, segmentFileName(this.base, `-${this.stamp}${suffix}`));
  }

  #compactAcks(): void {
    const bitmap = this.#acks.encodeBitmap();
    this.#fileSystem.replaceFile(this.#path(ACKS_SUFFIX), bitmap);
    this.#fileSystem.syncDirectory(this.#directory);
    this.#ackFile?.close();
    this.#ackFile = null;
    this.#ackBytes = bitmap.length;
    this.#acksUnsynced = false;
  }

  #loadRecords(): { tornBytes: number; damaged: readonly DamagedBytes[] } {
    const fileBytes = this.records.size();
    let damaged: readonly DamagedBytes[] = [];
    const content = this.#fileSystem.readFile(this.#path(INDEX_SUFFIX));
    const index = content === null ? null : SegmentIndex.decode(this.base, content);
    if (index !== null && index.fileBytes <= fileBytes) {
      this.#index = index;
      this.#isSealed = true;
    } else {
      const scanned = scanSegment(this.records, this.base, this.stamp, MAX_SEGMENT_MESSAGES);
      this.#index = scanned.index;
      damaged = scanned.damaged;
    }
    const tornBytes = fileBytes - this.#index.fileBytes;
    if (tornBytes > 0) this.records.truncateSync(this.#index.fileBytes);
    return { tornBytes, damaged };
  }

  #loadAcks(): number {
    const content = this.#fileSystem.readFile(this.#path(ACKS_SUFFIX));
    if (content === null) return 0;
    this.#ackBytes = this.#acks.replay(content, this.#index.count);
    const tornBytes = content.length - this.#ackBytes;
    if (tornBytes > 0) {
      this.#ackFile = this.#fileSystem.open(this.#path(ACKS_SUFFIX));
      this.#ackFile.truncateSync(this.#ackBytes);
    }
    return tornBytes;
  }
}
