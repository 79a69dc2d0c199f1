/** The segments of one queue, in the order of their sequences. */
import { join } from "node:path";
import type { FileSystem } from "../../../mechanisms/file-system.ts";
import { parseRecordsName, QueueSegment, recordsNameOf } from "./queue-segment.ts";
import type { SpareFiles } from "./spare-files.ts";

export interface OpenedSegments {
  readonly segments: QueueSegment[];
  /** Above every sequence that was found, settled ones too. */
  readonly nextSequence: number;
}

/** Opens what a directory holds; segments without a live message and files without a segment are removed. */
export function openSegments(
  fileSystem: FileSystem,
  directory: string,
  spareFiles: SpareFiles,
  report: (event: string, fields: Record<string, unknown>) => void,
): OpenedSegments {
  const names = fileSystem.list(directory);
  const segments: QueueSegment[] = [];
  let nextSequence = 0;
  try {
    for (const name of names) {
      const parsed = parseRecordsName(name);
      if (parsed === null) continue;
      const { base, stamp } = parsed;
      const { segment, findings } = QueueSegment.open(fileSystem, directory, base, stamp);
      if (findings.tornBytes > 0 || findings.tornAckBytes > 0) {
        report("queue segment cut", { directory, segment: base, ...findings });
      }
      nextSequence = Math.max(nextSequence, segment.index.lastSequence + 1);
      if (segment.liveCount > 0) segments.push(segment);
      else segment.remove(spareFiles);
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
    const recordsName = recordsNameOf(name);
    if (recordsName === null || present.has(recordsName)) continue;
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
