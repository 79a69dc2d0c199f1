/** Judges what was acknowledged against what is in the log. Pure. */

/** A message as the log holds it, or as it was acknowledged: which number, at which offset. */
export interface Entry {
  readonly partition: number;
  readonly offset: number;
  readonly sequence: number;
}

export interface Verdict {
  readonly stored: number;
  /** Acknowledged, but not in the log. */
  readonly lost: number;
  /** Further copies of a message in its partition. */
  readonly duplicated: number;
  /** First copies whose number is below one that came before. */
  readonly reordered: number;
  /** Acknowledged at an offset where the log holds something else. */
  readonly misplaced: number;
  /** Offsets missing between log start 0 and the last record. */
  readonly holes: number;
}

/** Lines "partition offset sequence", as both readers write them. */
export function parseEntries(text: string): Entry[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [partition, offset, sequence] = line.split(" ").map(Number);
      return { partition: partition!, offset: offset!, sequence: sequence! };
    });
}

/** `stored` in reading order; `acknowledged` offsets below zero are unknown and not compared. */
export function judge(acknowledged: readonly Entry[], stored: readonly Entry[]): Verdict {
  const result = { stored: stored.length, lost: 0, duplicated: 0, reordered: 0, misplaced: 0, holes: 0 };
  const partitions = new Set([...stored, ...acknowledged].map(({ partition }) => partition));
  for (const partition of partitions) {
    const log = stored.filter((entry) => entry.partition === partition);
    const at = new Map<number, Set<number>>();
    let highest = -1;
    for (const [index, { offset, sequence }] of log.entries()) {
      if (offset !== (index === 0 ? 0 : log[index - 1]!.offset + 1)) result.holes += 1;
      const offsets = at.get(sequence);
      if (offsets !== undefined) {
        result.duplicated += 1;
        offsets.add(offset);
        continue;
      }
      at.set(sequence, new Set([offset]));
      if (sequence < highest) result.reordered += 1;
      highest = Math.max(highest, sequence);
    }
    for (const ack of acknowledged.filter((entry) => entry.partition === partition)) {
      const offsets = at.get(ack.sequence);
      if (offsets === undefined) result.lost += 1;
      else if (ack.offset >= 0 && !offsets.has(ack.offset)) result.misplaced += 1;
    }
  }
  return result;
}
