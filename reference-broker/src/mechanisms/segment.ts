/**
 * One segment of a log: a file of whole batches named by its first offset, its sparse index, and a summary that is
 * written once the bytes it counts are synced. Opening trusts what a summary covers and checks the rest byte by byte.
 */
import { join } from "node:path";
import { crc32c } from "@node-rs/crc32";
import type { FileSystem, StorageFile } from "./file-system.ts";
import { batchHeader } from "./record-batch.ts";
import { bridgeDamage, type DamagedOffsets, findIntactBatch, followingSegment } from "./segment-damage.ts";
import { scanBatches } from "./segment-scan.ts";
import { SparseIndex } from "./sparse-index.ts";

export interface SegmentOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly indexIntervalBytes: number;
  readonly nowMs: number;
}

interface SegmentSummary {
  readonly bytes: number;
  readonly nextOffset: number;
  readonly firstTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly maxTimestampOffset: number;
  /** CRC32C over both index files. */
  readonly indexCrc: number;
}

/** Who is to see the batches of a log once, as they are scanned. */
export interface BatchReplay {
  /** Those before it need not be shown. */
  readonly fromOffset: number;
  visit(buffer: Buffer, at: number): void;
}

export function segmentFileName(baseOffset: number, suffix: string): string {
  return `${String(baseOffset).padStart(20, "0")}${suffix}`;
}

export class Segment {
  readonly baseOffset: number;
  readonly file: StorageFile;
  readonly createdAtMs: number;
  readonly #options: SegmentOptions;
  #index: SparseIndex;
  #readers = 0;
  #detached = false;
  #closing = false;
  /** Bytes that the summary on disk covers, or -1. */
  #sealedBytes = -1;
  bytes = 0;
  nextOffset: number;
  firstTimestampMs = -1;
  maxTimestampMs = -1;
  maxTimestampOffset = -1;

  private constructor(options: SegmentOptions, baseOffset: number) {
    this.#options = options;
    this.baseOffset = baseOffset;
    this.nextOffset = baseOffset;
    this.createdAtMs = options.nowMs;
    this.#index = new SparseIndex(options.indexIntervalBytes);
    this.file = options.fileSystem.open(this.#path(".log"));
  }

  static create(options: SegmentOptions, baseOffset: number): Segment {
    const segment = new Segment(options, baseOffset);
    try {
      segment.file.truncateSync(0);
      // One of a former segment of this name would be believed once the file has grown to what it says.
      options.fileSystem.removeFile(segment.#path(".summary"));
    } catch (error) {
      segment.closeWhenUnused();
      throw error;
    }
    return segment;
  }

  /**
   * Opens what is on disk. Bytes behind the last intact batch are cut off and counted in `tornBytes`; damage between
   * intact batches, or up to the segment that follows, is bridged. `replay` sees what is kept, in order.
   * @param nextBase first offset of the segment that follows; null: it is the last
   */
  static open(
    options: SegmentOptions,
    baseOffset: number,
    nextBase: number | null,
    replay: BatchReplay,
  ): { segment: Segment; tornBytes: number; damages: readonly DamagedOffsets[] } {
    const segment = new Segment(options, baseOffset);
    const fileBytes = segment.file.size();
    segment.#loadSummary(fileBytes);
    segment.replay(replay);
    const damages: DamagedOffsets[] = [];
    const scan = () => segment.#scan(fileBytes, replay);
    for (scan(); segment.bytes < fileBytes; scan()) {
      const { file, bytes, nextOffset } = segment;
      const next =
        findIntactBatch(file, bytes, fileBytes, nextOffset) ??
        (nextBase === null ? null : followingSegment(file, bytes, fileBytes, nextOffset, nextBase));
      if (next === null) break;
      damages.push(bridgeDamage(file, bytes, nextOffset, next));
    }
    const tornBytes = fileBytes - segment.bytes;
    if (tornBytes > 0) segment.file.truncateSync(segment.bytes);
    // Not usable now, so it must not become usable when other bytes have grown over what it counts.
    if (segment.#sealedBytes < 0) options.fileSystem.removeFile(segment.#path(".summary"));
    return { segment, tornBytes, damages };
  }

  /** Counts the batch at `at` in `buffer`, which stands (or is about to stand) at `position` of the file. */
  note(buffer: Buffer, at: number, position: number): void {
    const sizeBytes = batchHeader.sizeBytes(buffer, at);
    const lastOffset = batchHeader.baseOffset(buffer, at) + batchHeader.lastOffsetDelta(buffer, at);
    const maxTimestampMs = batchHeader.maxTimestampMs(buffer, at);
    if (this.firstTimestampMs < 0) this.firstTimestampMs = maxTimestampMs;
    if (maxTimestampMs > this.maxTimestampMs) {
      this.maxTimestampMs = maxTimestampMs;
      this.maxTimestampOffset = lastOffset;
    }
    const relativeMax = Math.max(0, this.maxTimestampOffset - this.baseOffset);
    this.#index.add(lastOffset - this.baseOffset, position, sizeBytes, this.maxTimestampMs, relativeMax);
    this.bytes = position + sizeBytes;
    this.nextOffset = lastOffset + 1;
  }

  /** Shows the batches from `fromOffset` on that are known. */
  replay(replay: BatchReplay): void {
    const { fromOffset } = replay;
    if (this.nextOffset <= fromOffset) return;
    const position = this.positionBefore(Math.max(fromOffset, this.baseOffset));
    scanBatches(this.file, position, this.bytes, null, (buffer, at) => replay.visit(buffer, at));
  }

  /** A position at or before the batch that holds `offset`, less than an index interval and a batch away. */
  positionBefore(offset: number): number {
    return this.#index.positionFor(offset - this.baseOffset);
  }

  /** Last offset of the batch at `positionBefore(offset)`; null: the segment's first batch is there. */
  lastOffsetBefore(offset: number): number | null {
    const relative = this.#index.lastOffsetFor(offset - this.baseOffset);
    return relative < 0 ? null : this.baseOffset + relative;
  }

  /** A position at or behind the beginning of the batch that holds `offset`. */
  positionAtOrBehind(offset: number): number {
    return this.#index.positionAtOrBehind(offset - this.baseOffset) ?? this.bytes;
  }

  positionBeforeTimestamp(timestampMs: number): number {
    return this.#index.positionForTimestamp(timestampMs);
  }

  /** Makes everything written so far durable and says so in a summary, so that no later start scans it. */
  async seal(): Promise<void> {
    const bytes = this.bytes;
    await this.file.sync();
    if (!this.#detached) this.#writeSummary(bytes);
  }

  sealSync(): void {
    if (this.bytes === this.#sealedBytes) return;
    this.file.syncSync();
    this.#writeSummary(this.bytes);
  }

  /** Keeps the file open while an asynchronous read is under way. False: it is closed already, do not read. */
  retain(): boolean {
    if (this.#closing && this.#readers === 0) return false;
    this.#readers++;
    return true;
  }

  release(): void {
    this.#readers--;
    if (this.#closing && this.#readers === 0) this.file.close();
  }

  /** Its files are no longer ours to name: no summary is written any more. */
  detach(): void {
    this.#detached = true;
  }

  closeWhenUnused(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#readers === 0) this.file.close();
  }

  /** Unlinks the files now; the descriptor is closed when the last reader has gone. */
  remove(): void {
    this.detach();
    try {
      for (const suffix of [".summary", ".index", ".timeindex", ".snapshot", ".log"]) {
        this.#options.fileSystem.removeFile(this.#path(suffix));
      }
    } finally {
      this.closeWhenUnused();
    }
  }

  /** Notes the intact batches that follow what is known. */
  #scan(fileBytes: number, replay: BatchReplay): void {
    scanBatches(this.file, this.bytes, fileBytes, this.nextOffset, (buffer, at, position) => {
      this.note(buffer, at, position);
      replay.visit(buffer, at);
    });
  }

  #path(suffix: string): string {
    return join(this.#options.directory, segmentFileName(this.baseOffset, suffix));
  }

  #writeSummary(bytes: number): void {
    if (bytes !== this.bytes) return; // appended to while syncing: the next seal covers it
    const offsets = this.#index.encodeOffsets();
    const times = this.#index.encodeTimes();
    const { fileSystem } = this.#options;
    fileSystem.replaceFile(this.#path(".index"), offsets);
    fileSystem.replaceFile(this.#path(".timeindex"), times);
    const summary: SegmentSummary = {
      bytes,
      nextOffset: this.nextOffset,
      firstTimestampMs: this.firstTimestampMs,
      maxTimestampMs: this.maxTimestampMs,
      maxTimestampOffset: this.maxTimestampOffset,
      indexCrc: crc32c(times, crc32c(offsets)),
    };
    fileSystem.replaceFile(this.#path(".summary"), encodeChecked(summary));
    this.#sealedBytes = bytes;
  }

  #loadSummary(fileBytes: number): void {
    const { fileSystem, indexIntervalBytes } = this.#options;
    const summary = decodeChecked<SegmentSummary>(fileSystem.readFile(this.#path(".summary")));
    const offsets = fileSystem.readFile(this.#path(".index"));
    const times = fileSystem.readFile(this.#path(".timeindex"));
    if (summary === null || offsets === null || times === null || summary.bytes > fileBytes) return;
    if (crc32c(times, crc32c(offsets)) !== summary.indexCrc) return;
    const index = SparseIndex.decode(indexIntervalBytes, offsets, times);
    if (index === null) return;
    this.#index = index;
    this.#sealedBytes = summary.bytes;
    this.bytes = summary.bytes;
    this.nextOffset = summary.nextOffset;
    this.firstTimestampMs = summary.firstTimestampMs;
    this.maxTimestampMs = summary.maxTimestampMs;
    this.maxTimestampOffset = summary.maxTimestampOffset;
  }
}

/** JSON with its own CRC32C in front, so that a torn or altered file is recognised. */
export function encodeChecked(value: unknown): Buffer {
  const body = JSON.stringify(value);
  return Buffer.from(`${crc32c(body).toString(16).padStart(8, "0")} ${body}\n`);
}

export function decodeChecked<T>(content: Buffer | null): T | null {
  if (content === null) return null;
  const body = content.toString("utf8", 9).trimEnd();
  return content.toString("utf8", 0, 8) === crc32c(body).toString(16).padStart(8, "0")
    ? (JSON.parse(body) as T)
    : null;
}
