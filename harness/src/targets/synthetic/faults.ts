/**
 * Which single messages of a partition go wrong, decided by the number of the batch alone: a known truth. Each
 * fault strikes one message in a batch of its own, from the `FIRST_BATCH`th batch of a topic on, every other batch.
 */
import { type BatchRecord, joinRecords, splitRecords, valueRange } from "../wire/record-batch.ts";

export const FAULT_KINDS = ["lose", "duplicate", "reorder", "corrupt"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** How many single messages of each topic. */
export type FaultCounts = Readonly<Record<FaultKind, number>>;

/** Batches before it are left alone, so that a probe or the head of a run does not use the faults up. */
export const FIRST_BATCH = 10;

export function hasFaults(counts: FaultCounts): boolean {
  return FAULT_KINDS.some((kind) => counts[kind] > 0);
}

/**
 * The faults still to come in one topic. `next` is asked once per produced batch of the topic: a batch with fewer than
 * `minimumRecords` records for the fault in turn passes it on to the next batch.
 */
export class FaultSchedule {
  readonly #pending: FaultKind[];
  #batches = 0;

  constructor(counts: FaultCounts) {
    this.#pending = interleave(counts);
  }

  next(recordCount: number): FaultKind | null {
    const number = this.#batches++;
    const kind = this.#pending[0];
    if (kind === undefined || number < FIRST_BATCH || number % 2 !== 0) return null;
    if (recordCount < (kind === "reorder" ? 2 : 1)) return null;
    this.#pending.shift();
    return kind;
  }
}

/**
 * The batch with the fault in it, CRC right again. Offsets: a lost message leaves a gap, as after compaction, so the
 * log end still counts it; a doubled one takes one offset more. Throws RangeError for a malformed batch.
 */
export function spoil(batch: Buffer, kind: FaultKind): Buffer {
  const records = splitRecords(batch);
  const middle = Math.floor((records.length - 1) / 2);
  const last = records.at(-1)?.offsetDelta ?? 0;
  if (kind === "lose") return joinRecords(batch, records.toSpliced(middle, 1), last);
  if (kind === "corrupt") return joinRecords(batch, records.with(middle, corrupted(records[middle]!)), last);
  if (kind === "duplicate") {
    const doubled = records.toSpliced(middle, 0, records[middle]!);
    return joinRecords(batch, renumbered(doubled), last + 1);
  }
  const swapped = records.with(middle, records[middle + 1]!).with(middle + 1, records[middle]!);
  return joinRecords(batch, renumbered(swapped), last);
}

function interleave(counts: FaultCounts): FaultKind[] {
  const kinds: FaultKind[] = [];
  for (let round = 0; FAULT_KINDS.some((kind) => counts[kind] > round); round++) {
    for (const kind of FAULT_KINDS) if (counts[kind] > round) kinds.push(kind);
  }
  return kinds;
}

function renumbered(records: readonly BatchRecord[]): BatchRecord[] {
  return records.map((record, index) => ({ ...record, offsetDelta: index }));
}

/** One bit of the last byte of the value: far from any stamp at its beginning. */
function corrupted(record: BatchRecord): BatchRecord {
  const range = valueRange(record.rest);
  if (range === null || range.start === range.end)
    throw new RangeError("a message without bytes cannot be corrupted");
  const rest = Buffer.from(record.rest);
  rest[range.end - 1]! ^= 1;
  return { ...record, rest };
}
