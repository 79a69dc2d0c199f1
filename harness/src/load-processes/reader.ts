import type { FinishReading } from "../load/protocol.ts";
import type { QueueCounts } from "../integrity/queue-ledger.ts";

/** What one reader found in the end. */
export interface ReaderOutcome extends QueueCounts {
  readonly timedOut: boolean;
  readonly slow: boolean;
  /** Why the broker ended a slow reader; null when it did not. */
  readonly ended: string | null;
}

/** Reads one thing to its end: the partitions of a topic, or a queue. Several live in a consumer process. */
export interface Reader {
  /** Intact messages so far; of a slow reader they do not count. */
  readonly delivered: number;
  /** Connects. Throws HarnessError. */
  open(): Promise<void>;
  start(): void;
  /** Reads on until all that was published is there, or can no longer come. Throws HarnessError. */
  finish(message: FinishReading): Promise<ReaderOutcome>;
  /** Ends the connections without a report. */
  close(): void;
}
