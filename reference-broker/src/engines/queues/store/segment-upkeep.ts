/** What becomes of segments whose messages are settled: acknowledgements written and synced, drained ones removed, sparse ones copied. */
import type { StoreCounters } from "../statistics.ts";
import type { QueueSegment } from "./queue-segment.ts";
import { Relocation } from "./relocation.ts";
import type { SegmentList } from "./segment-list.ts";
import type { SpareFiles } from "./spare-files.ts";
import type { QueueStoreOptions } from "./store-options.ts";

export interface SegmentUpkeepParts {
  readonly options: QueueStoreOptions;
  readonly segments: SegmentList;
  readonly spareFiles: SpareFiles;
  readonly counters: StoreCounters;
  /** The segment is no longer read from. */
  readonly forget: (segment: QueueSegment) => void;
  /** There is something to do at the end of a turn. */
  readonly register: () => void;
}

export class SegmentUpkeep {
  readonly #parts: SegmentUpkeepParts;
  readonly #relocation: Relocation;
  /** With acknowledgements to write, or drained. */
  readonly #touched = new Set<QueueSegment>();
  /** To be synced with the group; each is retained. */
  readonly #unsynced = new Set<QueueSegment>();
  /** Drained, and removed once their last acknowledgements are synced: until then a power loss must find them. */
  #removable: QueueSegment[] = [];
  #isClosed = false;

  constructor(parts: SegmentUpkeepParts) {
    this.#parts = parts;
    this.#relocation = new Relocation(parts.segments.directory, parts.spareFiles, parts.options);
  }

  /** False when the message was settled before. */
  settle(segment: QueueSegment, ordinal: number): boolean {
    const isNew = !segment.hasUnwrittenAcks;
    if (!segment.settle(ordinal)) return false;
    if (isNew) this.#touched.add(segment);
    return true;
  }

  /** It has acknowledgements to write, or is drained. */
  touch(segment: QueueSegment): void {
    this.#touched.add(segment);
  }

  /** Something was written to it. */
  markUnsynced(segment: QueueSegment): void {
    if (this.#parts.options.commitGroup.durability !== "fsync" || this.#unsynced.has(segment)) return;
    segment.retain();
    this.#unsynced.add(segment);
  }

  /** Writes acknowledgements, and removes segments that hold nothing any more. `isIdle`: nothing waits to be written. */
  finishTurn(isIdle: boolean): void {
    this.#relocate();
    const { segments, options, counters, register } = this.#parts;
    const retired = isIdle ? segments.retireDrained() : null;
    if (retired !== null) this.#touched.add(retired);
    for (const segment of this.#touched) {
      const isDrained = segment !== segments.active && segment.liveCount === 0;
      if (isDrained && options.commitGroup.durability !== "fsync") this.#remove(segment);
      else {
        if (options.isTemporary) segment.forgetAcks();
        else segment.writeAcks();
        this.markUnsynced(segment);
        if (isDrained) this.#removable.push(segment);
        else if (segment !== segments.active && !options.isTemporary) {
          this.#relocation.settled(segment, counters.removedSegments);
        }
      }
      this.#touched.delete(segment);
    }
    this.#relocation.advance(counters.removedSegments, register);
  }

  /** Class `fsync`. Rejects with what the file system throws. */
  async sync(): Promise<void> {
    const segments = [...this.#unsynced];
    const removable = this.#removable;
    this.#unsynced.clear();
    this.#removable = [];
    const results = await Promise.allSettled(segments.map((segment) => segment.sync()));
    for (const segment of segments) segment.release();
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    if (this.#isClosed) return;
    for (const segment of removable) this.#remove(segment);
  }

  /** Resolves when none is being copied; none will be. */
  stopRelocating(): Promise<void> {
    return this.#relocation.close();
  }

  /** The files are gone. */
  close(): void {
    this.#isClosed = true;
    this.#touched.clear();
    void this.stopRelocating();
  }

  #remove(segment: QueueSegment): void {
    const { segments, counters, forget } = this.#parts;
    segments.remove(segment);
    forget(segment);
    this.#relocation.forget(segment);
    counters.removedSegments++;
  }

  /** The copy of a nearly empty segment takes its place, if one is ready. */
  #relocate(): void {
    const relocated = this.#relocation.take();
    if (relocated === null) return;
    const { segments, options, counters, forget } = this.#parts;
    const { from, to, messages } = relocated;
    // It may have lost more messages while it was copied, and be noted anew.
    this.#relocation.forget(from);
    if (!segments.has(from) || from.liveCount === 0) {
      to.discard();
      return;
    }
    try {
      segments.replace(from, to);
    } catch (error) {
      options.report("relocation failed", { path: segments.directory, error: String(error) });
      to.discard();
      return;
    }
    this.#touched.delete(from);
    forget(from);
    counters.relocatedMessages += messages;
  }
}
