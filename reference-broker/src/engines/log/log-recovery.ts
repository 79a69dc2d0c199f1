/**
 * Opens a partition's directory. What summaries cover is trusted, the rest is scanned batch by batch; a torn tail is
 * cut off, and a damaged batch between intact ones is passed over. A segment that has lost its end, or is missing, ends
 * the log there: what follows would leave a hole, so it is set aside.
 */
import { join } from "node:path";
import { batchHeader, isSequenced } from "../../mechanisms/record-batch.ts";
import { Segment, type SegmentOptions } from "../../mechanisms/segment.ts";
import type { DamagedOffsets } from "../../mechanisms/segment-damage.ts";
import { scanBatches } from "../../mechanisms/segment-scan.ts";
import { ProducerSnapshots } from "./producer-snapshots.ts";
import { ProducerState, readSequence } from "./producer-state.ts";

export interface RecoveredLog {
  readonly segments: Segment[];
  readonly producers: ProducerState;
  readonly findings: readonly string[];
}

export function recoverLog(options: SegmentOptions): RecoveredLog {
  const { fileSystem, directory } = options;
  const bases = fileSystem
    .list(directory)
    .filter((name) => /^\d{20}\.log$/.test(name))
    .map((name) => Number.parseInt(name, 10));
  const findings: string[] = [];
  const segments: Segment[] = [];
  for (const base of bases) {
    const previous = segments.at(-1);
    if (previous !== undefined && base !== previous.nextOffset) {
      findings.push(
        `segment ${base} does not follow offset ${previous.nextOffset}: set aside as ${base}.log.orphan`,
      );
      fileSystem.rename(join(directory, logName(base)), join(directory, `${logName(base)}.orphan`));
      continue;
    }
    const { segment, tornBytes, damages } = Segment.open(options, base);
    for (const damage of damages) findings.push(describeDamage(base, damage));
    if (tornBytes > 0) findings.push(`cut ${tornBytes} torn bytes behind offset ${segment.nextOffset}`);
    segments.push(segment);
  }
  if (segments.length === 0) segments.push(Segment.create(options, 0));
  return { segments, producers: recoverProducers(options, segments), findings };
}

function describeDamage(base: number, damage: DamagedOffsets): string {
  const { firstOffset, lastOffset, position, bytes, header } = damage;
  const place = `${bytes} bytes at ${position} of segment ${base}`;
  return `offsets ${firstOffset} to ${lastOffset} are damaged and passed over: ${place}; their header was ${header}`;
}

function logName(base: number): string {
  return `${String(base).padStart(20, "0")}.log`;
}

/** The newest snapshot plus every batch behind it. */
function recoverProducers(options: SegmentOptions, segments: readonly Segment[]): ProducerState {
  const state = new ProducerState();
  const endOffset = segments.at(-1)!.nextOffset;
  const snapshots = new ProducerSnapshots(options.fileSystem, options.directory);
  snapshots.removeBehind(endOffset);
  const snapshot = snapshots.newest(endOffset);
  if (snapshot !== null) state.restore(snapshot);
  const from = snapshot?.offset ?? segments[0]!.baseOffset;
  for (const segment of segments) {
    if (segment.nextOffset <= from) continue;
    const position = segment.positionBefore(Math.max(from, segment.baseOffset));
    scanBatches(segment.file, position, segment.bytes, null, (buffer, at) => {
      if (batchHeader.baseOffset(buffer, at) >= from) replay(state, buffer, at, options.nowMs);
    });
  }
  return state;
}

function replay(state: ProducerState, buffer: Buffer, at: number, nowMs: number): void {
  if (!isSequenced(buffer, at)) return;
  const appendTimeMs = batchHeader.isLogAppendTime(buffer, at) ? batchHeader.maxTimestampMs(buffer, at) : -1;
  const baseOffset = batchHeader.baseOffset(buffer, at);
  state.remember(readSequence(buffer, at), baseOffset, appendTimeMs, nowMs, Number.POSITIVE_INFINITY);
}
