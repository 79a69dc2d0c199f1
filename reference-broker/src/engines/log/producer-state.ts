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
  /** Oldest first, at most five. */
  batches: RememberedBatch[];
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
    for (const known of entry.batches) {
      if (known.firstSequence === batch.firstSequence && known.lastSequence === lastSequence) {
        return { kind: "duplicate", baseOffset: known.baseOffset, appendTimeMs: known.appendTimeMs };
      }
    }
    const last = entry.batches.at(-1);
    if (last === undefined || batch.firstSequence === advance(last.lastSequence, 1)) return NEW;
    return { kind: "refused", error: "OUT_OF_ORDER_SEQUENCE_NUMBER" };
  }

  remember(batch: SequencedBatch, baseOffset: number, appendTimeMs: number, nowMs: number): void {
    let entry = this.#producers.get(batch.producerId);
    if (entry === undefined || entry.epoch !== batch.epoch) {
      entry = { epoch: batch.epoch, lastSeenMs: nowMs, batches: [] };
      this.#producers.set(batch.producerId, entry);
    }
    entry.lastSeenMs = nowMs;
    if (entry.batches.length === WINDOW_BATCHES) entry.batches.shift();
    entry.batches.push({
      firstSequence: batch.firstSequence,
      lastSequence: advance(batch.firstSequence, batch.recordCount - 1),
      baseOffset,
      appendTimeMs,
    });
  }

  /** Producers silent for longer than `maxIdleMs` are forgotten (producer.id.expiration.ms). */
  expire(nowMs: number, maxIdleMs: number): void {
    for (const [id, entry] of this.#producers) {
      if (nowMs - entry.lastSeenMs > maxIdleMs) this.#producers.delete(id);
    }
  }

  clear(): void {
    this.#producers.clear();
  }

  /** Only what stands before `offset`: batches behind it may still fail to be written. */
  snapshot(offset: number): ProducerSnapshot {
    const producers = [...this.#producers].map(([id, { epoch, lastSeenMs, batches }]) => {
      return [id, epoch, lastSeenMs, batches.filter(({ baseOffset }) => baseOffset < offset)] as const;
    });
    return { offset, producers };
  }

  restore(snapshot: ProducerSnapshot): void {
    this.#producers.clear();
    for (const [id, epoch, lastSeenMs, batches] of snapshot.producers) {
      this.#producers.set(id, { epoch, lastSeenMs, batches: [...batches] });
    }
  }
}
