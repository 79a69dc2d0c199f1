/** The segments of one queue in the order of their sequences: which holds a message, and which takes the next one. */
import { join } from "node:path";
import type { FileSystem } from "../../../mechanisms/file-system.ts";
import { MAX_SEGMENT_MESSAGES } from "./ack-log.ts";
import { isUnfinishedCopy, parseRecordsName, QueueSegment, recordsNameOf } from "./queue-segment.ts";
import type { SpareFiles } from "./spare-files.ts";
import type { QueueStoreOptions } from "./store-options.ts";
import type { UnwrittenMessages } from "./unwritten-messages.ts";
import { LARGEST_WRITE_BYTES, type WriteBuffers } from "./write-buffers.ts";

const DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;
/** Offsets of sequences in a segment are 32 bits. */
const MAX_SEGMENT_SPAN = 2 ** 32;
/** A segment whose messages are all settled is given up from here on though it is not full. */
const DRAINED_BYTES = 4 * 1024 * 1024;
/** Full segments behind the one being written that get no summary yet: most are gone before it would be of use. */
const UNSEALED_SEGMENTS = 4;

export class SegmentList {
  readonly directory: string;
  readonly #options: QueueStoreOptions;
  readonly #buffers: WriteBuffers;
  readonly #spareFiles: SpareFiles;
  readonly #segmentBytes: number;
  readonly #segmentMessages: number;
  readonly #segments: QueueSegment[];
  readonly #sealing = new Set<Promise<void>>();
  /** Written to; always the last one. */
  #active: QueueSegment | null = null;
  /** Above every sequence that was found when the list was opened, settled ones too. */
  readonly nextSequence: number;

  /** Throws what the file system throws. */
  constructor(directory: string, buffers: WriteBuffers, spareFiles: SpareFiles, options: QueueStoreOptions) {
    this.#options = options;
    this.#buffers = buffers;
    this.directory = directory;
    this.#spareFiles = spareFiles;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#segmentMessages = Math.min(options.segmentMessages ?? MAX_SEGMENT_MESSAGES, MAX_SEGMENT_MESSAGES);
    const opened = openSegments(options.fileSystem, directory, spareFiles, options.report);
    this.#segments = opened.segments;
    this.nextSequence = opened.nextSequence;
  }

  get all(): readonly QueueSegment[] {
    return this.#segments;
  }

  get active(): QueueSegment | null {
    return this.#active;
  }

  get fileBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  get liveCount(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.liveCount, 0);
  }

  /** The segment that holds this sequence if any does: the last that begins at or before it. */
  segmentOf(sequence: number): QueueSegment | null {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#segments[middle]!.base <= sequence) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? null : this.#segments[low - 1]!;
  }

  /** The segment behind this one; null: there is none, or this one is not in the list. */
  following(segment: QueueSegment): QueueSegment | null {
    const index = this.#segments.indexOf(segment);
    return index < 0 ? null : (this.#segments[index + 1] ?? null);
  }

  /** The segment that takes a message of this sequence: the active one, or a new one. Throws what the file system throws. */
  writable(sequence: number): QueueSegment {
    const active = this.#active;
    if (active !== null && this.#takes(active, active.bytes, active.index.count, sequence)) return active;
    const { fileSystem, commitGroup } = this.#options;
    const segment = QueueSegment.create(fileSystem, this.directory, sequence, this.#spareFiles);
    try {
      if (commitGroup.durability === "fsync") fileSystem.syncDirectory(this.directory);
    } catch (error) {
      segment.close();
      throw error;
    }
    this.#segments.push(segment);
    this.#active = segment;
    this.#sealOld();
    return segment;
  }

  /** Behind the last of the messages that the segment takes in one write. One at least. */
  measure(messages: UnwrittenMessages, segment: QueueSegment): number {
    let bytesBound = 0;
    let count = segment.index.count;
    let end = messages.start;
    for (; end < messages.end; end++) {
      const bytes = messages.bytes(end);
      if (bytes === 0) continue;
      const isTooMuch = bytesBound > 0 && bytesBound + bytes > LARGEST_WRITE_BYTES;
      if (isTooMuch || !this.#takes(segment, segment.bytes + bytesBound, count, messages.sequence(end)))
        break;
      bytesBound += bytes;
      count++;
    }
    return end;
  }

  /** Gives up the active segment if nothing in it is needed and it has grown; returns it. */
  retireDrained(): QueueSegment | null {
    const active = this.#active;
    if (active === null || active.liveCount > 0 || active.bytes < DRAINED_BYTES) return null;
    this.#active = null;
    return active;
  }

  /** The segment's files leave their names. Throws what the file system throws, and then it is still in the list. */
  remove(segment: QueueSegment): void {
    segment.remove(this.#spareFiles);
    if (segment === this.#active) this.#active = null;
    const index = this.#segments.indexOf(segment);
    if (index >= 0) this.#segments.splice(index, 1);
  }

  /** `to` holds what is left of `from`, which leaves the list and the disk. Throws what the file system throws. */
  replace(from: QueueSegment, to: QueueSegment): void {
    to.replace(from, this.#options.commitGroup.durability === "fsync");
    this.#segments[this.#segments.indexOf(from)] = to;
    this.#seal(to);
    from.remove(this.#spareFiles);
  }

  has(segment: QueueSegment): boolean {
    return this.#segments.includes(segment);
  }

  /** Writes summaries. Rejects with what the file system throws. */
  async sealAll(): Promise<void> {
    await Promise.all(this.#sealing);
    if (this.#active?.liveCount === 0) this.remove(this.#active);
    this.#active = null;
    await Promise.all(this.#segments.map((segment) => segment.seal(this.#buffers)));
  }

  /** Closes the files, and knows of none any more. */
  close(): void {
    this.#active = null;
    for (const segment of this.#segments.splice(0)) segment.close();
  }

  #takes(segment: QueueSegment, bytes: number, count: number, sequence: number): boolean {
    const hasRoom = bytes < this.#segmentBytes && count < this.#segmentMessages;
    return hasRoom && sequence - segment.base < MAX_SEGMENT_SPAN;
  }

  #sealOld(): void {
    for (let i = this.#segments.length - 2 - UNSEALED_SEGMENTS; i >= 0; i--) {
      const segment = this.#segments[i]!;
      if (segment.isSealed || !segment.index.hasDetails) return;
      if (this.#options.isTemporary) {
        segment.retire();
        continue;
      }
      this.#seal(segment);
    }
  }

  #seal(segment: QueueSegment): void {
    const where = { path: this.directory, segment: segment.base };
    const sealing = segment
      .seal(this.#buffers)
      .catch((error: unknown) => this.#options.report("seal failed", { ...where, error: String(error) }))
      .finally(() => this.#sealing.delete(sealing));
    this.#sealing.add(sealing);
  }
}

interface OpenedSegments {
  readonly segments: QueueSegment[];
  readonly nextSequence: number;
}

/** Opens what a directory holds; segments without a live message and files without a segment are removed. */
function openSegments(
  fileSystem: FileSystem,
  directory: string,
  spareFiles: SpareFiles,
  report: (event: string, fields: Record<string, unknown>) => void,
): OpenedSegments {
  const names = fileSystem.list(directory);
  const opened: QueueSegment[] = [];
  const segments: QueueSegment[] = [];
  let nextSequence = 0;
  try {
    for (const name of names) {
      const parsed = parseRecordsName(name);
      if (parsed === null) continue;
      const { base, stamp } = parsed;
      const { segment, findings } = QueueSegment.open(fileSystem, directory, base, stamp);
      if (findings.tornBytes > 0 || findings.tornAckBytes > 0) {
        const { tornBytes, tornAckBytes, isScanned } = findings;
        report("queue segment cut", { directory, segment: base, tornBytes, tornAckBytes, isScanned });
      }
      if (findings.damaged.length > 0) {
        report("queue segment damaged", { directory, segment: base, damaged: findings.damaged });
      }
      nextSequence = Math.max(nextSequence, segment.index.lastSequence + 1);
      opened.push(segment);
    }
    const needed = new Set(withoutOriginals(opened).filter(({ liveCount }) => liveCount > 0));
    segments.push(...needed);
    for (const segment of opened) if (!needed.has(segment)) segment.remove(spareFiles);
    removeOrphans(fileSystem, directory, names);
  } catch (error) {
    for (const segment of opened) segment.close();
    throw error;
  }
  return { segments, nextSequence };
}

/**
 * Of two that overlap one is a copy of what was left of the other, and holds fewer: a crash came before the other went. A
 * copy holds something; one without a message was begun and never written to.
 */
function withoutOriginals(segments: readonly QueueSegment[]): QueueSegment[] {
  const kept: QueueSegment[] = [];
  for (const segment of segments) {
    if (segment.index.count === 0) continue;
    const last = kept[kept.length - 1];
    if (last === undefined || segment.base > last.index.lastSequence) kept.push(segment);
    else if (segment.index.count < last.index.count) kept[kept.length - 1] = segment;
  }
  return kept;
}

function removeOrphans(fileSystem: FileSystem, directory: string, names: readonly string[]): void {
  const present = new Set(names);
  for (const name of names) {
    if (isUnfinishedCopy(name)) fileSystem.removeFile(join(directory, name));
    const recordsName = recordsNameOf(name);
    if (recordsName === null || present.has(recordsName)) continue;
    fileSystem.removeFile(join(directory, name));
  }
}
