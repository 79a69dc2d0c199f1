/**
 * Opens a partition's directory. What summaries cover is trusted, the rest is scanned batch by batch; a torn tail is
 * cut off, and a damaged batch is passed over where intact ones or a further segment follow it. A segment that has lost its
 * end, or is missing, ends the log there: what follows would leave a hole, so it is set aside.
 */
import { join } from "node:path";
import { batchHeader, isSequenced } from "../../mechanisms/record-batch.ts";
import { type BatchReplay, Segment, type SegmentOptions } from "../../mechanisms/segment.ts";
import type { DamagedOffsets } from "../../mechanisms/segment-damage.ts";
import { ProducerSnapshots } from "./producer-snapshots.ts";
import { type ProducerSnapshot, ProducerState, readSequence } from "./producer-state.ts";

export interface RecoveredLog {
  readonly segments: Segment[];
  readonly producers: ProducerState;
  readonly findings: readonly string[];
}

export function recoverLog(options: SegmentOptions): RecoveredLog {
  const snapshots = new ProducerSnapshots(options.fileSystem, options.directory);
  const replay = new ProducerReplay(snapshots.newest(Number.POSITIVE_INFINITY), options.nowMs);
  const { segments, findings } = openSegments(options, replay);
  const endOffset = segments.at(-1)!.nextOffset;
  snapshots.removeBehind(endOffset);
  if (replay.fromOffset <= endOffset) return { segments, findings, producers: replay.producers };
  // The log has lost its end, and the snapshot speaks of it.
  const again = new ProducerReplay(snapshots.newest(endOffset), options.nowMs);
  for (const segment of segments) segment.replay(again);
  return { segments, findings, producers: again.producers };
}

function openSegments(
  options: SegmentOptions,
  replay: ProducerReplay,
): { segments: Segment[]; findings: string[] } {
  const { fileSystem, directory } = options;
  const bases = fileSystem
    .list(directory)
    .filter((name) => /^\d{20}\.log$/.test(name))
    .map((name) => Number.parseInt(name, 10));
  const findings: string[] = [];
  const segments: Segment[] = [];
  for (const [index, base] of bases.entries()) {
    const previous = segments.at(-1);
    if (previous !== undefined && base !== previous.nextOffset) {
      findings.push(
        `segment ${base} does not follow offset ${previous.nextOffset}: set aside as ${base}.log.orphan`,
      );
      fileSystem.rename(join(directory, logName(base)), join(directory, `${logName(base)}.orphan`));
      continue;
    }
    const { segment, tornBytes, damages } = Segment.open(options, base, bases[index + 1] ?? null, replay);
    for (const damage of damages) findings.push(describeDamage(base, damage));
    if (tornBytes > 0) findings.push(`cut ${tornBytes} torn bytes behind offset ${segment.nextOffset}`);
    segments.push(segment);
  }
  if (segments.length === 0) segments.push(Segment.create(options, 0));
  return { segments, findings };
}

function describeDamage(base: number, damage: DamagedOffsets): string {
  const { firstOffset, lastOffset, position, bytes, header } = damage;
  const place = `${bytes} bytes at ${position} of segment ${base}`;
  return `offsets ${firstOffset} to ${lastOffset} are damaged and passed over: ${place}; their header was ${header}`;
}

function logName(base: number): string {
  return `${String(base).padStart(20, "0")}.log`;
}

/** What a snapshot holds plus every batch behind it, in the order of their offsets. */
class ProducerReplay implements BatchReplay {
  readonly producers = new ProducerState();
  readonly fromOffset: number;
  readonly #nowMs: number;

  /** null: every batch is needed. */
  constructor(snapshot: ProducerSnapshot | null, nowMs: number) {
    this.#nowMs = nowMs;
    this.fromOffset = snapshot?.offset ?? 0;
    if (snapshot !== null) this.producers.restore(snapshot);
  }

  visit(buffer: Buffer, at: number): void {
    if (!isSequenced(buffer, at)) return;
    const appendTimeMs = batchHeader.isLogAppendTime(buffer, at)
      ? batchHeader.maxTimestampMs(buffer, at)
      : -1;
    const baseOffset = batchHeader.baseOffset(buffer, at);
    if (baseOffset < this.fromOffset) return;
    const sequenced = readSequence(buffer, at);
    this.producers.remember(sequenced, baseOffset, appendTimeMs, this.#nowMs, Number.POSITIVE_INFINITY);
  }
}
