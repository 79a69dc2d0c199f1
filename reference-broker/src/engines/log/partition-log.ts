/**
 * One partition's log: appends are gathered and written once per turn of the event loop, and confirmed when their
 * durability class is reached. Producers' sequences and segment rolls are decided here; reading is `log-reader.ts`.
 * One writer, this thread.
 */
import type { FileSystem } from "../../mechanisms/file-system.ts";
import {
  batchHeader,
  findBatchFault,
  NO_PRODUCER_ID,
  placeBatch,
  stampLogAppendTime,
} from "../../mechanisms/record-batch.ts";
import { Segment, type SegmentOptions } from "../../mechanisms/segment.ts";
import { PartitionTail, type TailCache } from "../../mechanisms/tail-cache.ts";
import { AppendGroup, type Appender, type AppendOutcome, refusal } from "./append-group.ts";
import { recoverLog, recoverProducers } from "./log-recovery.ts";
import { ProducerSnapshots } from "./producer-snapshots.ts";
import { type ProducerState, readSequence, type SequencedBatch } from "./producer-state.ts";
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
const MAX_RELATIVE_OFFSET = 2 ** 31 - 1;

/** Where the next batch will stand once everything gathered before it is written. */
interface Plan {
  segmentBaseOffset: number;
  segmentBytes: number;
  segmentFirstTimestampMs: number;
  nextOffset: number;
}

export class PartitionLog {
  readonly #options: PartitionLogOptions;
  readonly #segments: Segment[];
  readonly #snapshots: ProducerSnapshots;
  readonly #watchers = new Set<() => void>();
  readonly tail = new PartitionTail();
  #producers: ProducerState;
  #plan: Plan;
  #groups: AppendGroup[] = [];
  #writing: AppendGroup | null = null;
  #settled: (() => void)[] = [];
  readonly #sealing = new Set<Promise<void>>();

  constructor(options: PartitionLogOptions) {
    this.#options = options;
    options.fileSystem.makeDirectory(options.directory);
    this.#snapshots = new ProducerSnapshots(options.fileSystem, options.directory);
    const { segments, producers, findings } = recoverLog(this.#segmentOptions());
    for (const finding of findings)
      options.report("log recovered", { directory: options.directory, finding });
    this.#segments = segments;
    this.#producers = producers;
    this.#plan = this.#planFromActive();
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

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get #active(): Segment {
    return this.#segments.at(-1)!;
  }

  /**
   * Takes one record batch, whose bytes it changes in place and may keep. Returns the outcome when it is known at once,
   * or null: then `appender.appended(slot, outcome)` follows when the batch has reached its durability class.
   */
  append(batch: Buffer, highestCodec: number, appender: Appender, slot: number): AppendOutcome | null {
    const { config } = this.#options;
    const nowMs = this.#options.clock();
    const limits = {
      maxMessageBytes: config.maxMessageBytes,
      highestCodec,
      timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
      timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
    };
    const fault = findBatchFault(batch, limits, nowMs);
    if (fault !== null) return refusal(fault, this.logStartOffset);
    if (batchHeader.producerId(batch, 0) === NO_PRODUCER_ID)
      return this.#enqueue(batch, null, nowMs, appender, slot);
    const sequenced = readSequence(batch, 0);
    const verdict = this.#producers.judge(sequenced);
    if (verdict.kind === "refused") return refusal(verdict.error, this.logStartOffset);
    if (verdict.kind === "duplicate") {
      return this.#repeat(this.#outcome(verdict.baseOffset, verdict.appendTimeMs), appender, slot);
    }
    return this.#enqueue(batch, sequenced, nowMs, appender, slot);
  }

  /** Writes what was gathered. While a write is under way the rest gathers on: that is the group commit. */
  flush(): void {
    while (this.#writing === null && this.#groups.length > 0) {
      const group = this.#groups.shift()!;
      if (group.rolls) this.#roll(group.firstOffset);
      if (this.#options.durability === "fsync" || group.bytes >= ASYNC_WRITE_BYTES) {
        this.#writing = group;
        void this.#writeAsync(group);
        return;
      }
      const buffer =
        group.batches.length === 1 ? group.batches[0]! : Buffer.concat(group.batches, group.bytes);
      try {
        this.#active.file.writeSync(buffer, this.#active.bytes);
      } catch (error) {
        this.#fail(group, error);
        break;
      }
      this.#complete(group, [buffer]);
    }
    if (this.#writing === null) for (const settled of this.#settled.splice(0)) settled();
  }

  /** Calls `wake` after every append and at deletion, until the returned function is called. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => this.#watchers.delete(wake);
  }

  /** Removes segments from the start while `isExpendable` says so. The last one is rolled before it goes. */
  async deleteOldSegments(isExpendable: (oldest: Segment, totalBytes: number) => boolean): Promise<number> {
    await this.#settle();
    let totalBytes = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
    let removed = 0;
    while (totalBytes > 0 && isExpendable(this.#segments[0]!, totalBytes)) {
      if (this.#segments.length === 1) this.#roll(this.logEndOffset);
      const oldest = this.#segments.shift()!;
      totalBytes -= oldest.bytes;
      oldest.remove();
      removed++;
    }
    if (removed > 0) this.#plan = this.#planFromActive();
    return removed;
  }

  /** Everything written, synced and summarised, so that the next start scans nothing. */
  async close(): Promise<void> {
    await this.#settle();
    await Promise.all(this.#sealing);
    if (this.#active.bytes > 0) this.#active.sealSync();
    this.#producers.expire(this.#options.clock(), this.#options.producerIdExpirationMs);
    this.#snapshots.save(this.#producers, this.logEndOffset);
    for (const segment of this.#segments) segment.closeWhenUnused();
    this.tail.clear();
  }

  /** The topic is gone: from here on nothing is written by path. What was not confirmed yet is refused. */
  detach(): void {
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

  #enqueue(
    batch: Buffer,
    sequenced: SequencedBatch | null,
    nowMs: number,
    appender: Appender,
    slot: number,
  ): AppendOutcome | null {
    const appendTimeMs = this.#options.config.messageTimestampType === "LogAppendTime" ? nowMs : -1;
    if (appendTimeMs >= 0) stampLogAppendTime(batch, nowMs);
    const baseOffset = this.#plan.nextOffset;
    placeBatch(batch, baseOffset, LEADER_EPOCH);
    if (sequenced !== null) this.#producers.remember(sequenced, baseOffset, appendTimeMs, nowMs);
    const group = this.#groupFor(batch, baseOffset);
    group.add(batch);
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

  /** The group this batch joins, after moving the plan behind it. */
  #groupFor(batch: Buffer, baseOffset: number): AppendGroup {
    const plan = this.#plan;
    const rolls = this.#mustRoll(batch, baseOffset);
    const maxTimestampMs = batchHeader.maxTimestampMs(batch, 0);
    if (rolls) {
      plan.segmentBaseOffset = baseOffset;
      plan.segmentBytes = 0;
    }
    if (plan.segmentBytes === 0) plan.segmentFirstTimestampMs = maxTimestampMs;
    plan.segmentBytes += batch.length;
    plan.nextOffset = baseOffset + batchHeader.recordCount(batch, 0);
    const last = this.#groups.at(-1);
    if (last !== undefined && !rolls) return last;
    const group = new AppendGroup(baseOffset, rolls);
    this.#groups.push(group);
    return group;
  }

  #mustRoll(batch: Buffer, baseOffset: number): boolean {
    const { segmentBaseOffset, segmentBytes, segmentFirstTimestampMs } = this.#plan;
    if (segmentBytes === 0) return false;
    const { config } = this.#options;
    const lastOffset = baseOffset + batchHeader.lastOffsetDelta(batch, 0);
    return (
      segmentBytes + batch.length > config.segmentBytes ||
      lastOffset - segmentBaseOffset > MAX_RELATIVE_OFFSET ||
      batchHeader.maxTimestampMs(batch, 0) - segmentFirstTimestampMs > config.segmentMs
    );
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
    this.#complete(group, group.batches);
    this.flush();
  }

  #complete(group: AppendGroup, written: readonly Buffer[]): void {
    const segment = this.#active;
    let position = segment.bytes;
    for (const buffer of written) {
      this.#options.tailCache.add(this.tail, segment.baseOffset, position, buffer);
      position += buffer.length;
    }
    for (const batch of group.batches) segment.note(batch, 0, segment.bytes);
    this.#options.countBacklog(-group.bytes);
    group.confirm();
    this.#wakeWatchers();
  }

  /** Nothing of this group or of those behind it is in the log; the next append begins where the good bytes end. */
  #fail(group: AppendGroup, error: unknown): void {
    const failed = [group, ...this.#groups.splice(0)];
    this.#options.report("append failed", { directory: this.#options.directory, error: String(error) });
    try {
      this.#active.file.truncateSync(this.#active.bytes);
    } catch (truncateError) {
      // Harmless: the next write overwrites these bytes, and a restart cuts them off by their CRC.
      this.#options.report("truncate failed", { error: String(truncateError) });
    }
    this.#plan = this.#planFromActive();
    this.#producers = recoverProducers(this.#segmentOptions(), this.#segments);
    this.#refuse(failed);
  }

  #refuse(groups: readonly AppendGroup[]): void {
    for (const group of groups) {
      this.#options.countBacklog(-group.bytes);
      group.fail(this.logStartOffset);
    }
  }

  #roll(baseOffset: number): void {
    const full = this.#active;
    this.#producers.expire(this.#options.clock(), this.#options.producerIdExpirationMs);
    this.#segments.push(Segment.create(this.#segmentOptions(), baseOffset));
    this.#snapshots.save(this.#producers, baseOffset);
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

  #planFromActive(): Plan {
    const active = this.#active;
    return {
      segmentBaseOffset: active.baseOffset,
      segmentBytes: active.bytes,
      segmentFirstTimestampMs: active.firstTimestampMs,
      nextOffset: active.nextOffset,
    };
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
