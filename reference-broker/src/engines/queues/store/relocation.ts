/**
 * The last messages of a segment that is nearly empty are written to one of their own, so that a message which nobody settles
 * for long does not keep a file of 16 MiB. Sequences stay as they are, and so does the order.
 */
import { allocateUnpooled } from "../../../base/allocate.ts";
import { QueueSegment } from "./queue-segment.ts";
import { isIntactRecord, recordBuffer, restampRecord } from "./record.ts";
import type { SpareFiles } from "./spare-files.ts";
import type { QueueStoreOptions } from "./store-options.ts";

export interface RelocationLimits {
  /** Smaller segments stay. */
  readonly segmentBytes: number;
  /** No more of its messages than this part are left. */
  readonly liveShare: number;
  /** As many segments behind it went since: what is merely being drained goes by itself. */
  readonly removedSegments: number;
}

const DEFAULT_LIMITS: RelocationLimits = {
  segmentBytes: 256 * 1024,
  liveShare: 0.05,
  removedSegments: 4,
};

export interface Relocated {
  readonly from: QueueSegment;
  readonly to: QueueSegment;
  readonly messages: number;
}

export class Relocation {
  readonly #options: QueueStoreOptions;
  readonly #limits: RelocationLimits;
  readonly #directory: string;
  readonly #spareFiles: SpareFiles;
  /** Nearly empty ones, and how many segments had gone when that was first seen. */
  readonly #sparse = new Map<QueueSegment, number>();
  #running: Promise<void> | null = null;
  #ready: Relocated | null = null;
  #isClosed = false;

  constructor(directory: string, spareFiles: SpareFiles, options: QueueStoreOptions) {
    this.#directory = directory;
    this.#spareFiles = spareFiles;
    this.#options = options;
    this.#limits = options.relocation ?? DEFAULT_LIMITS;
  }

  /** Some of its messages were settled; it is not the one that is written to. */
  settled(segment: QueueSegment, removedSegments: number): void {
    const { segmentBytes, liveShare } = this.#limits;
    if (this.#sparse.has(segment) || segment.bytes < segmentBytes) return;
    if (segment.liveCount > segment.index.count * liveShare) return;
    this.#sparse.set(segment, removedSegments);
  }

  forget(segment: QueueSegment): void {
    this.#sparse.delete(segment);
  }

  /** Begins to copy one, if one has waited long enough; `ready` is called when `take` has something to give. */
  advance(removedSegments: number, ready: () => void): void {
    if (this.#sparse.size === 0 || this.#running !== null || this.#ready !== null || this.#isClosed) return;
    for (const [segment, since] of this.#sparse) {
      if (removedSegments - since < this.#limits.removedSegments) continue;
      this.#sparse.delete(segment);
      this.#running = this.#run(segment).then(() => {
        this.#running = null;
        if (this.#ready !== null) ready();
      });
      return;
    }
  }

  /** A copy that is on the disk, under a name that no start knows. The caller puts it in the other's place, within this turn. */
  take(): Relocated | null {
    const ready = this.#ready;
    this.#ready = null;
    return ready;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    this.#ready?.to.discard();
    this.#ready = null;
  }

  async #run(from: QueueSegment): Promise<void> {
    from.retain();
    try {
      const to = await this.#copy(from);
      if (to === null) return;
      if (this.#isClosed) to.discard();
      else this.#ready = { from, to, messages: to.index.count };
    } catch (error) {
      const where = { path: this.#directory, segment: from.base };
      this.#options.report("relocation failed", { ...where, error: String(error) });
    } finally {
      from.release();
    }
  }

  /** null: nothing is left to copy, or something is damaged, and then it stays for who reads it. */
  async #copy(from: QueueSegment): Promise<QueueSegment | null> {
    const { index } = from;
    const ordinals: number[] = [];
    let bytes = 0;
    for (let ordinal = 0; ordinal < index.count; ordinal++) {
      if (from.isSettled(ordinal)) continue;
      ordinals.push(ordinal);
      bytes += index.recordBytes(ordinal);
    }
    if (ordinals.length === 0) return null;
    const target = recordBuffer(allocateUnpooled(bytes));
    const stamp = this.#stampBeside(from);
    let at = 0;
    for (const [position, ordinal] of ordinals.entries()) {
      const part = target.bytes.subarray(at, at + index.recordBytes(ordinal));
      await from.records.read(part, index.position(ordinal));
      if (!isIntactRecord(target, at, at + part.length, from.stamp)) return null;
      restampRecord(target, at, from.stamp, stamp, position);
      at += part.length;
    }
    const base = index.sequenceAt(ordinals[0]!);
    const { fileSystem } = this.#options;
    return await QueueSegment.relocate(fileSystem, this.#directory, base, stamp, target, ordinals.length);
  }

  /** The original may be an earlier process's, whose stamps began with the same numbers: their names must differ. */
  #stampBeside(from: QueueSegment): number {
    const stamp = this.#spareFiles.nextStamp();
    return stamp === from.stamp ? this.#spareFiles.nextStamp() : stamp;
  }
}
