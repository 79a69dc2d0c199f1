/**
 * One partition's log: appends are gathered and written once per turn of the event loop, and confirmed when their
 * durability class is reached. Producers' sequences and segment rolls are decided here; reading is `log-reader.ts`.
 * One writer, this thread.
 */
import type { Lease } from "../../base/buffer-pool.ts";
import { countersOf } from "../../base/statistics.ts";
import type { FileSystem } from "../../mechanisms/file-system.ts";
import {
  type BatchLimits,
  findBatchFault,
  isSequenced,
  placeBatch,
  stampLogAppendTime,
} from "../../mechanisms/record-batch.ts";
import { Segment, type SegmentOptions } from "../../mechanisms/segment.ts";
import { PartitionTail, type TailCache } from "../../mechanisms/tail-cache.ts";
import { AppendPlan } from "./append-plan.ts";
import { type AppendError, AppendGroup, type Appender, type AppendOutcome, refusal } from "./append-group.ts";
import { recoverLog } from "./log-recovery.ts";
import { ProducerSnapshots } from "./producer-snapshots.ts";
import { type ProducerState, readSequence, type SequencedBatch } from "./producer-state.ts";
import { PARTITION_COUNTERS, type PartitionCounters } from "./statistics.ts";
import type { TopicConfig } from "./topic-config.ts";

/** none: confirmed before it is written; os: once the kernel has it; fsync: once the disk has it. */
export type Durability = "none" | "os" | "fsync";

export interface PartitionLogOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly config: TopicConfig;
  readonly durability: Durability;
  readonly tailCache: TailCache;
  readonly producerIdExpirationMs: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Asks the engine to call `flush` at the end of this turn. */
  readonly markDirty: (log: PartitionLog) => void;
  /** Bytes gathered (positive) and written or refused (negative). */
  readonly countBacklog: (bytes: number) => void;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/** From this size on a write goes to the thread pool: the hop then costs less than the copy would hold up the loop. */
const ASYNC_WRITE_BYTES = 256 * 1024;
const LEADER_EPOCH = 0;

export class PartitionLog {
  readonly #options: PartitionLogOptions;
  readonly #segments: Segment[];
  readonly #snapshots: ProducerSnapshots;
  readonly #watchers = new Set<() => void>();
  readonly tail = new PartitionTail();
  readonly counters: PartitionCounters = countersOf(PARTITION_COUNTERS);
  /** What the disk said when it refused a write last; null: it never did. */
  lastError: string | null = null;
  readonly #producers: ProducerState;
  readonly #plan: AppendPlan;
  readonly #limits: BatchLimits;
  #groups: AppendGroup[] = [];
  #writing: AppendGroup | null = null;
  #settled: (() => void)[] = [];
  readonly #sealing = new Set<Promise<void>>();
  #isDeleted = false;
  /** What a failed write left behind the good bytes could not be cut off. */
  #hasRemains = false;
  /** Groups refused since the last one that was written: the first and the end of them are reported. */
  #refusedGroups = 0;

  constructor(options: PartitionLogOptions) {
    this.#options = options;
    options.fileSystem.makeDirectory(options.directory);
    this.#snapshots = new ProducerSnapshots(options.fileSystem, options.directory);
    const { segments, producers, findings } = recoverLog(this.#segmentOptions());
    for (const finding of findings)
      options.report("log recovered", { directory: options.directory, finding });
    if (options.durability === "fsync") options.fileSystem.syncDirectory(options.directory);
    const { config } = options;
    this.#segments = segments;
    this.#producers = producers;
    this.#plan = new AppendPlan(config, this.#active);
    this.#limits = {
      maxMessageBytes: config.maxMessageBytes,
      timestampBounds:
        config.messageTimestampType === "LogAppendTime"
          ? null
          : {
              beforeMaxMs: config.messageTimestampBeforeMaxMs,
              afterMaxMs: config.messageTimestampAfterMaxMs,
            },
    };
  }

  get leaderEpoch(): number {
    return LEADER_EPOCH;
  }

  get logStartOffset(): number {
    return this.#segments[0]!.baseOffset;
  }

  /** Offset behind the last readable record; on one node the high watermark too. */
  get logEndOffset(): number {
    return this.#active.nextOffset;
  }

  /** The topic is gone: nothing is read or written any more. */
  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get #active(): Segment {
    return this.#segments.at(-1)!;
  }

  /**
   * Takes one record batch, whose bytes it changes in place and may keep. Returns the outcome when it is known at once,
   * or null: then `appender.appended(slot, outcome)` follows when the batch has reached its durability class. A lease on
   * the memory is kept until the batch is written.
   */
  append(
    batch: Buffer,
    lease: Lease | null,
    highestCodec: number,
    appender: Appender,
    slot: number,
  ): AppendOutcome | null {
    if (this.#isDeleted) return refusal("UNKNOWN_TOPIC_OR_PARTITION", this.logStartOffset);
    const nowMs = this.#options.clock();
    const fault = findBatchFault(batch, highestCodec, this.#limits, nowMs);
    if (fault !== null) return this.#refuseBatch(fault);
    if (!isSequenced(batch, 0)) return this.#enqueue(batch, lease, null, nowMs, appender, slot);
    const sequenced = readSequence(batch, 0);
    const verdict = this.#producers.judge(sequenced);
    if (verdict.kind === "refused") return this.#refuseBatch(verdict.error);
    if (verdict.kind === "duplicate") {
      return this.#repeat(this.#outcome(verdict.baseOffset, verdict.appendTimeMs), appender, slot);
    }
    return this.#enqueue(batch, lease, sequenced, nowMs, appender, slot);
  }

  /** Writes what was gathered. While a write is under way the rest gathers on: that is the group commit. */
  flush(): void {
    while (this.#writing === null && this.#groups.length > 0) {
      const group = this.#groups.shift()!;
      try {
        if (this.#hasRemains) this.#cutRemains();
        if (group.rolls) this.#roll(group.firstOffset);
        if (this.#options.durability === "fsync" || group.bytes >= ASYNC_WRITE_BYTES) {
          this.#writing = group;
          void this.#writeAsync(group);
          return;
        }
        const { tailCache } = this.#options;
        const { file, baseOffset, bytes } = this.#active;
        file.writeSync(tailCache.place(this.tail, baseOffset, bytes, group.batches, group.bytes), bytes);
        tailCache.keep(group.bytes);
      } catch (error) {
        this.#fail(group, error);
        continue;
      }
      this.#complete(group);
    }
    if (this.#writing === null) for (const settled of this.#settled.splice(0)) settled();
  }

  /** Calls `wake` after every append and at deletion, until the returned function is called. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => this.#watchers.delete(wake);
  }

  /**
   * Removes segments from the start while `isExpendable` says so. The last one is rolled before it goes, unless it is
   * being written to: then the next check takes it. Throws what the file system throws.
   */
  deleteOldSegments(isExpendable: (oldest: Segment, totalBytes: number) => boolean): number {
    let totalBytes = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
    let removed = 0;
    while (!this.#isDeleted && totalBytes > 0 && isExpendable(this.#segments[0]!, totalBytes)) {
      if (this.#segments.length === 1) {
        if (this.#writing !== null || this.#groups.length > 0) break;
        this.#roll(this.logEndOffset);
        this.#plan.reset(this.#active);
      }
      const oldest = this.#segments.shift()!;
      totalBytes -= oldest.bytes;
      oldest.remove();
      removed++;
    }
    return removed;
  }

  /** Everything written, synced and summarised, so that the next start scans nothing. */
  async close(): Promise<void> {
    await this.#settle();
    await Promise.all(this.#sealing);
    try {
      if (this.#active.bytes > 0) this.#active.sealSync();
      this.#saveProducers(this.logEndOffset);
    } finally {
      for (const segment of this.#segments) segment.closeWhenUnused();
      this.tail.clear();
    }
  }

  /** The topic is gone: from here on nothing is written by path. What was not confirmed yet is refused. */
  detach(): void {
    this.#isDeleted = true;
    for (const segment of this.#segments) segment.detach();
    this.#refuse(this.#groups.splice(0));
    this.tail.clear();
    this.#wakeWatchers();
  }

  /** After `detach`: closes the files once nobody reads or writes them. */
  async dispose(): Promise<void> {
    await this.#settle();
    for (const segment of this.#segments) segment.closeWhenUnused();
  }

  #refuseBatch(error: AppendError): AppendOutcome {
    this.counters.refusedBatches++;
    return refusal(error, this.logStartOffset);
  }

  #enqueue(
    batch: Buffer,
    lease: Lease | null,
    sequenced: SequencedBatch | null,
    nowMs: number,
    appender: Appender,
    slot: number,
  ): AppendOutcome | null {
    const appendTimeMs = this.#options.config.messageTimestampType === "LogAppendTime" ? nowMs : -1;
    if (appendTimeMs >= 0) stampLogAppendTime(batch, nowMs);
    const baseOffset = this.#plan.nextOffset;
    placeBatch(batch, baseOffset, LEADER_EPOCH);
    if (sequenced !== null) {
      this.#producers.remember(sequenced, baseOffset, appendTimeMs, nowMs, this.logEndOffset);
    }
    const rolls = this.#plan.admit(batch);
    let group = this.#groups.at(-1);
    if (group === undefined || rolls) {
      group = new AppendGroup(baseOffset, rolls);
      this.#groups.push(group);
    }
    group.add(batch, lease);
    this.#options.markDirty(this);
    this.#options.countBacklog(batch.length);
    const outcome = this.#outcome(baseOffset, appendTimeMs);
    if (this.#options.durability === "none") return outcome;
    group.inform(appender, slot, outcome);
    return null;
  }

  /** A retry of a batch that is still being written is confirmed with it. */
  #repeat(outcome: AppendOutcome, appender: Appender, slot: number): AppendOutcome | null {
    if (outcome.baseOffset < this.logEndOffset) return outcome;
    const group =
      this.#groups.findLast((candidate) => candidate.firstOffset <= outcome.baseOffset) ?? this.#writing;
    if (group === null || group === undefined) return outcome;
    group.inform(appender, slot, outcome);
    return null;
  }

  async #writeAsync(group: AppendGroup): Promise<void> {
    const { file, bytes } = this.#active;
    try {
      await file.write(group.batches, bytes);
      if (this.#options.durability === "fsync") await file.sync();
    } catch (error) {
      this.#writing = null;
      this.#fail(group, error);
      this.flush();
      return;
    }
    this.#writing = null;
    this.#complete(group);
    this.flush();
  }

  #complete(group: AppendGroup): void {
    const firstOffset = this.logEndOffset;
    const segment = this.#active;
    if (this.#refusedGroups > 0) this.#reportRecovery();
    for (const batch of group.batches) segment.note(batch, 0, segment.bytes);
    this.counters.writes++;
    this.counters.appendedBatches += group.batches.length;
    this.counters.appendedRecords += this.logEndOffset - firstOffset;
    this.counters.appendedBytes += group.bytes;
    this.#options.countBacklog(-group.bytes);
    group.releaseMemory();
    group.confirm();
    this.#wakeWatchers();
  }

  /** Nothing of this group or of those behind it is in the log; the next append begins where the good bytes end. */
  #fail(group: AppendGroup, error: unknown): void {
    const failed = [group, ...this.#groups.splice(0)];
    this.counters.failedWrites++;
    this.lastError = String(error);
    const { directory, report } = this.#options;
    const isFirst = this.#refusedGroups === 0;
    this.#refusedGroups += failed.length;
    if (isFirst) report("append failed", { directory, error: String(error) });
    try {
      this.#cutRemains();
    } catch (cutError) {
      this.#hasRemains = true;
      if (isFirst) report("truncate failed", { directory, error: String(cutError) });
    }
    this.#plan.reset(this.#active);
    this.#producers.takeBack(this.logEndOffset);
    this.#refuse(failed);
  }

  /** Nothing is written before this has worked: behind a shorter write a start would take the rest for batches. */
  #cutRemains(): void {
    this.#active.file.truncateSync(this.#active.bytes);
    this.#hasRemains = false;
  }

  #reportRecovery(): void {
    const { directory, report } = this.#options;
    report("appends work again", { directory, refusedGroups: this.#refusedGroups });
    this.#refusedGroups = 0;
  }

  #refuse(groups: readonly AppendGroup[]): void {
    for (const group of groups) {
      this.#options.countBacklog(-group.bytes);
      group.releaseMemory();
      // A topic deleted under its producers is unknown to them, whatever became of the write.
      group.fail(this.#isDeleted ? "UNKNOWN_TOPIC_OR_PARTITION" : "KAFKA_STORAGE_ERROR", this.logStartOffset);
    }
  }

  /** Begins a segment. When it cannot be made, the one before stays the active one and the error is thrown. */
  #roll(baseOffset: number): void {
    const { fileSystem, directory, durability } = this.#options;
    const full = this.#active;
    const next = Segment.create(this.#segmentOptions(), baseOffset);
    try {
      if (durability === "fsync") fileSystem.syncDirectory(directory);
    } catch (error) {
      next.closeWhenUnused();
      throw error;
    }
    this.#segments.push(next);
    try {
      this.#saveProducers(baseOffset);
    } catch (error) {
      // The snapshot before it still holds: a restart reads more batches.
      this.#options.report("snapshot failed", { directory, error: String(error) });
    }
    full.retain();
    const sealing = full
      .seal()
      .catch((error) =>
        this.#options.report("seal failed", { segment: full.baseOffset, error: String(error) }),
      )
      .finally(() => {
        full.release();
        this.#sealing.delete(sealing);
      });
    this.#sealing.add(sealing);
  }

  #saveProducers(offset: number): void {
    this.#producers.expire(this.#options.clock(), this.#options.producerIdExpirationMs);
    this.#snapshots.save(this.#producers, offset);
  }

  #segmentOptions(): SegmentOptions {
    const { fileSystem, directory, config, clock } = this.#options;
    return { fileSystem, directory, indexIntervalBytes: config.indexIntervalBytes, nowMs: clock() };
  }

  #outcome(baseOffset: number, appendTimeMs: number): AppendOutcome {
    return { error: null, baseOffset, appendTimeMs, logStartOffset: this.logStartOffset };
  }

  #settle(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled.push(resolve);
      this.flush();
    });
  }

  #wakeWatchers(): void {
    for (const wake of this.#watchers) wake();
  }
}
