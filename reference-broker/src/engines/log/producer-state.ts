/**
 * Idempotence of one partition (KIP-98): for every producer its epoch and its last five batches. A batch that is among
 * them is a retry and answered with the offset it got the first time; a gap or an older epoch is refused.
 */
import { batchHeader } from "../../mechanisms/record-batch.ts";

const WINDOW_BATCHES = 5;
const SEQUENCE_MODULUS = 2 ** 31;

interface RememberedBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly appendTimeMs: number;
}

interface ProducerEntry {
  epoch: number;
  lastSeenMs: number;
  /** Oldest first: the last five that are written and all that are not written yet. */
  readonly batches: RememberedBatch[];
  /** The epoch before, while no batch of this one is known to be written. */
  former: ProducerEntry | null;
}

export interface SequencedBatch {
  readonly producerId: number;
  readonly epoch: number;
  readonly firstSequence: number;
  readonly recordCount: number;
}

export type SequenceVerdict =
  | { readonly kind: "new" }
  | { readonly kind: "duplicate"; readonly baseOffset: number; readonly appendTimeMs: number }
  | { readonly kind: "refused"; readonly error: "INVALID_PRODUCER_EPOCH" | "OUT_OF_ORDER_SEQUENCE_NUMBER" };

/** What a snapshot file holds; `offset` is the log end it was taken at. */
export interface ProducerSnapshot {
  readonly offset: number;
  readonly producers: readonly (readonly [
    id: number,
    epoch: number,
    lastSeenMs: number,
    batches: RememberedBatch[],
  ])[];
}

export function readSequence(buffer: Buffer, at: number): SequencedBatch {
  return {
    producerId: batchHeader.producerId(buffer, at),
    epoch: batchHeader.producerEpoch(buffer, at),
    firstSequence: batchHeader.baseSequence(buffer, at),
    recordCount: batchHeader.recordCount(buffer, at),
  };
}

const NEW: SequenceVerdict = { kind: "new" };

function advance(sequence: number, by: number): number {
  return (sequence + by) % SEQUENCE_MODULUS;
}

export class ProducerState {
  readonly #producers = new Map<number, ProducerEntry>();

  get size(): number {
    return this.#producers.size;
  }

  judge(batch: SequencedBatch): SequenceVerdict {
    const entry = this.#producers.get(batch.producerId);
    // An id never seen here may begin anywhere: its earlier batches can have been deleted by retention.
    if (entry === undefined) return NEW;
    if (batch.epoch < entry.epoch) return { kind: "refused", error: "INVALID_PRODUCER_EPOCH" };
    if (batch.epoch > entry.epoch) {
      return batch.firstSequence === 0 ? NEW : { kind: "refused", error: "OUT_OF_ORDER_SEQUENCE_NUMBER" };
    }
    const lastSequence = advance(batch.firstSequence, batch.recordCount - 1);
    const { batches } = entry;
    for (let i = Math.max(0, batches.length - WINDOW_BATCHES); i < batches.length; i++) {
      const known = batches[i]!;
      if (known.firstSequence === batch.firstSequence && known.lastSequence === lastSequence) {
        return { kind: "duplicate", baseOffset: known.baseOffset, appendTimeMs: known.appendTimeMs };
      }
    }
    const last = batches.at(-1);
    if (last === undefined || batch.firstSequence === advance(last.lastSequence, 1)) return NEW;
    return { kind: "refused", error: "OUT_OF_ORDER_SEQUENCE_NUMBER" };
  }

  /** `writtenEnd`: everything before it is in the log for good; what is behind it can still be taken back. */
  remember(
    batch: SequencedBatch,
    baseOffset: number,
    appendTimeMs: number,
    nowMs: number,
    writtenEnd: number,
  ): void {
    let entry = this.#producers.get(batch.producerId);
    if (entry === undefined || entry.epoch !== batch.epoch) {
      entry = { epoch: batch.epoch, lastSeenMs: nowMs, batches: [], former: entry ?? null };
      this.#producers.set(batch.producerId, entry);
    }
    entry.lastSeenMs = nowMs;
    const { batches } = entry;
    batches.push({
      firstSequence: batch.firstSequence,
      lastSequence: advance(batch.firstSequence, batch.recordCount - 1),
      baseOffset,
      appendTimeMs,
    });
    while (batches.length > WINDOW_BATCHES && batches[WINDOW_BATCHES]!.baseOffset < writtenEnd)
      batches.shift();
    if (batches[0]!.baseOffset < writtenEnd) entry.former = null;
  }

  /** Forgets the batches from `offset` on, whose write failed: all is as if they had never come. */
  takeBack(offset: number): void {
    for (const [id, newest] of this.#producers) {
      let entry: ProducerEntry | null = newest;
      while (entry !== null) {
        const { batches }: ProducerEntry = entry;
        while (batches.length > 0 && batches.at(-1)!.baseOffset >= offset) batches.pop();
        if (batches.length > 0) break;
        entry = entry.former;
      }
      if (entry === null) this.#producers.delete(id);
      else this.#producers.set(id, entry);
    }
  }

  /** Producers silent for longer than `maxIdleMs` are forgotten (producer.id.expiration.ms). */
  expire(nowMs: number, maxIdleMs: number): void {
    for (const [id, entry] of this.#producers) {
      if (nowMs - entry.lastSeenMs > maxIdleMs) this.#producers.delete(id);
    }
  }

  /** As it was when the log ended at `offset`: batches behind it may still fail to be written. */
  snapshot(offset: number): ProducerSnapshot {
    const producers: ProducerSnapshot["producers"][number][] = [];
    for (const [id, newest] of this.#producers) {
      for (let entry: ProducerEntry | null = newest; entry !== null; entry = entry.former) {
        const batches = entry.batches.filter(({ baseOffset }) => baseOffset < offset).slice(-WINDOW_BATCHES);
        if (batches.length === 0) continue;
        producers.push([id, entry.epoch, entry.lastSeenMs, batches]);
        break;
      }
    }
    return { offset, producers };
  }

  restore(snapshot: ProducerSnapshot): void {
    this.#producers.clear();
    for (const [id, epoch, lastSeenMs, batches] of snapshot.producers) {
      this.#producers.set(id, { epoch, lastSeenMs, batches: [...batches], former: null });
    }
  }
}
