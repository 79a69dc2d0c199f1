/** The segments of one queue, in the order of their sequences. */
import { join } from "node:path";
import type { FileSystem } from "../../../mechanisms/file-system.ts";
import { ACKS_SUFFIX, INDEX_SUFFIX, QueueSegment, RECORDS_SUFFIX } from "./queue-segment.ts";

export interface OpenedSegments {
  readonly segments: QueueSegment[];
  /** Above every sequence that was found, settled ones too. */
  readonly nextSequence: number;
}

/** Opens what a directory holds; segments without a live message and files without a segment are removed. */
export function openSegments(
  fileSystem: FileSystem,
  directory: string,
  report: (event: string, fields: Record<string, unknown>) => void,
): OpenedSegments {
  const names = fileSystem.list(directory);
  const segments: QueueSegment[] = [];
  let nextSequence = 0;
  try {
    for (const name of names) {
      const base = name.endsWith(RECORDS_SUFFIX) ? Number(name.slice(0, -RECORDS_SUFFIX.length)) : -1;
      if (!Number.isSafeInteger(base) || base < 0) continue;
      const { segment, findings } = QueueSegment.open(fileSystem, directory, base);
      if (findings.tornBytes > 0 || findings.tornAckBytes > 0) {
        report("queue segment cut", { directory, segment: base, ...findings });
      }
      nextSequence = Math.max(nextSequence, segment.index.lastSequence + 1);
      if (segment.liveCount > 0) segments.push(segment);
      else segment.remove();
    }
    removeOrphans(fileSystem, directory, names);
  } catch (error) {
    for (const segment of segments) segment.close();
    throw error;
  }
  return { segments, nextSequence };
}

function removeOrphans(fileSystem: FileSystem, directory: string, names: readonly string[]): void {
  const present = new Set(names);
  for (const name of names) {
    const suffix = [ACKS_SUFFIX, INDEX_SUFFIX].find((candidate) => name.endsWith(candidate));
    if (suffix === undefined || present.has(name.slice(0, -suffix.length) + RECORDS_SUFFIX)) continue;
    fileSystem.removeFile(join(directory, name));
  }
}

/** The segment that holds this sequence if any does: the last that begins at or before it. */
export function segmentOf(segments: readonly QueueSegment[], sequence: number): QueueSegment | null {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segments[middle]!.base <= sequence) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : segments[low - 1]!;
}
