import type { Lease } from "../../base/buffer-pool.ts";
import type { BatchFault } from "../../mechanisms/record-batch.ts";

export type AppendError =
  | BatchFault
  | "INVALID_PRODUCER_EPOCH"
  | "OUT_OF_ORDER_SEQUENCE_NUMBER"
  | "KAFKA_STORAGE_ERROR"
  | "UNKNOWN_TOPIC_OR_PARTITION";

export interface AppendOutcome {
  readonly error: AppendError | null;
  /** -1 with an error. */
  readonly baseOffset: number;
  /** -1 unless the topic uses LogAppendTime. */
  readonly appendTimeMs: number;
  readonly logStartOffset: number;
}

/** Who is told; `slot` is the caller's own number for the batch. */
export interface Appender {
  appended(slot: number, outcome: AppendOutcome): void;
}

export function refusal(error: AppendError, logStartOffset: number): AppendOutcome {
  return { error, baseOffset: -1, appendTimeMs: -1, logStartOffset };
}

/** Batches that are written together, all in one segment. */
export class AppendGroup {
  readonly firstOffset: number;
  /** The group begins a new segment. */
  readonly rolls: boolean;
  readonly batches: Buffer[] = [];
  readonly #waiting: {
    readonly appender: Appender;
    readonly slot: number;
    readonly outcome: AppendOutcome;
  }[] = [];
  readonly #leases: Lease[] = [];
  bytes = 0;

  constructor(firstOffset: number, rolls: boolean) {
    this.firstOffset = firstOffset;
    this.rolls = rolls;
  }

  add(batch: Buffer, lease: Lease | null): void {
    this.batches.push(batch);
    if (lease !== null) {
      lease.retain();
      this.#leases.push(lease);
    }
    this.bytes += batch.length;
  }

  /** The appender is told `outcome` when the group is confirmed, or a storage error when its write fails. */
  inform(appender: Appender, slot: number, outcome: AppendOutcome): void {
    this.#waiting.push({ appender, slot, outcome });
  }

  /** The batches' memory may be used again. */
  releaseMemory(): void {
    for (const lease of this.#leases) lease.release();
  }

  confirm(): void {
    for (const { appender, slot, outcome } of this.#waiting) appender.appended(slot, outcome);
  }

  fail(error: AppendError, logStartOffset: number): void {
    const outcome = refusal(error, logStartOffset);
    for (const { appender, slot } of this.#waiting) appender.appended(slot, outcome);
  }
}
