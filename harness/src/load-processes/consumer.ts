import { type RecordSink, readBatches } from "../drivers/kafka/batch-reader.ts";
import { KnownBatches } from "../drivers/kafka/known-batches.ts";
import { KafkaFetchSession } from "../drivers/kafka/fetch-session.ts";
import { Ledger } from "../integrity/ledger.ts";
import type { Stamp } from "../integrity/message.ts";
import type { FinishReading, PrepareLogLoad } from "../load/protocol.ts";
import { messageIntervalUs } from "../load/schedule.ts";
import type { DeliveryRecorder } from "./delivery-recorder.ts";
import type { Reader, ReaderOutcome } from "./reader.ts";

/** Where more may still arrive, this long without anything new means that nothing will. */
const SETTLED_AFTER_US = 2e6;

export interface ReadingState {
  readonly atEnd: boolean;
  readonly missing: number;
  /** Nothing can be appended any more: every batch was confirmed. */
  readonly final: boolean;
  readonly quietUs: number;
}

export function isReadingDone(state: ReadingState): boolean {
  const { atEnd, missing, final, quietUs } = state;
  // With acks 0, or batches in doubt, the log may still grow, by lost ones or by duplicates.
  return atEnd && (final || (missing === 0 && quietUs > 0) || quietUs >= SETTLED_AFTER_US);
}

/** Reads partitions from their start, checks every record, and in open loop measures how late each message came. */
export class Consumer implements RecordSink, Reader {
  readonly #prepare: PrepareLogLoad;
  readonly #nowUs: () => number;
  readonly #ledger: Ledger;
  readonly #intervalUs: number | null;
  /** Messages of producers from this number on have latencies: in a backlog those of the live ones. */
  readonly #timedFrom: number;
  readonly #recorder: DeliveryRecorder;
  readonly #known = new KnownBatches();
  #session: KafkaFetchSession | null = null;
  #finish: (FinishReading & { readonly afterRequest: number }) | null = null;
  #ended: ((outcome: "done" | "timedOut" | Error) => void) | null = null;
  #failure: Error | null = null;
  #partition = 0;
  #arrivedUs = 0;
  #lastArrivalUs: number;

  constructor(prepare: PrepareLogLoad, nowUs: () => number, recorder: DeliveryRecorder) {
    const { parameters, runId, producers, recordsPerBatch, live } = prepare;
    const { partitions, ratePerSecond } = parameters;
    const paced = live === undefined ? parameters : { ...parameters, producers: live.producers.length };
    this.#prepare = prepare;
    this.#nowUs = nowUs;
    this.#recorder = recorder;
    this.#lastArrivalUs = nowUs();
    this.#intervalUs = ratePerSecond === null ? null : messageIntervalUs({ ...paced, ratePerSecond });
    this.#timedFrom = live === undefined ? 0 : Math.min(...live.producers);
    const writers = (all: readonly number[], batchMessages: number) =>
      all.map((producer) => ({ producer, partition: producer % partitions, batchMessages }));
    const beside = live === undefined ? [] : writers(live.producers, live.recordsPerBatch);
    this.#ledger = new Ledger(runId, [...writers(producers, recordsPerBatch), ...beside]);
  }

  get delivered(): number {
    return this.#ledger.delivered;
  }

  async open(): Promise<void> {
    const { endpoint, topic, partitions } = this.#prepare;
    this.#session = await KafkaFetchSession.open(endpoint, topic, partitions, {
      records: (partition, records, arrivedUs) => {
        this.#partition = partition;
        this.#arrivedUs = arrivedUs;
        this.#lastArrivalUs = arrivedUs;
        readBatches(records, this, this.#known);
      },
      answered: (request, atEnd) => this.#answered(request, atEnd),
      failed: (error) => this.#fail(error),
    });
  }

  start(): void {
    this.#session?.start();
  }

  /** Ends the connection without a report. */
  close(): void {
    this.#session?.close();
  }

  /** Reads on until all that was published is there, or can no longer come. Throws HarnessError. */
  async finish(message: FinishReading): Promise<ReaderOutcome> {
    this.start();
    const mine = message.published.filter((each) => this.#prepare.partitions.includes(each.partition));
    const outcome = await new Promise<"done" | "timedOut" | Error>((resolve) => {
      const timer = setTimeout(() => resolve("timedOut"), message.timeoutMs);
      this.#ended = (end) => {
        clearTimeout(timer);
        resolve(end);
      };
      this.#finish = { ...message, published: mine, afterRequest: this.#session?.requests ?? 0 };
      if (this.#failure) this.#ended(this.#failure);
    });
    this.#session?.close();
    if (outcome instanceof Error) throw outcome;
    // A log drops nothing, and waits for slow readers.
    const counts = { ...this.#ledger.finish(mine), dropped: 0 };
    return { ...counts, timedOut: outcome === "timedOut", slow: false, ended: null };
  }

  intact(stamp: Stamp, first: number, count: number): void {
    const fresh = this.#ledger.deliver(this.#partition, stamp, first, count);
    if (fresh === 0) return;
    this.#recorder.delivered(this.#arrivedUs, fresh);
    if (stamp.producer < this.#timedFrom) {
      this.#recorder.backlogDelivered(this.#arrivedUs);
      return;
    }
    // A run that is partly a repetition has no one delivery time.
    if (this.#intervalUs === null || fresh !== count) return;
    this.#recorder.service(this.#arrivedUs, this.#arrivedUs - stamp.sentUs, count);
    for (let index = first; index < first + count; index++) {
      this.#recorder.response(this.#arrivedUs - stamp.intendedUs - index * this.#intervalUs);
    }
  }

  corrupted(stamp: Stamp | null, first: number, count: number, reason: string): void {
    this.#ledger.corrupt(this.#partition, stamp, first, count, reason);
  }

  #answered(request: number, atEnd: boolean): void {
    const finish = this.#finish;
    if (finish === null || request < finish.afterRequest || !atEnd) return;
    const { acks } = this.#prepare.parameters;
    const final = acks !== 0 && finish.published.every((each) => each.unconfirmedBatches.length === 0);
    const missing = final ? 0 : this.#ledger.missing(finish.published);
    const quietUs = this.#nowUs() - this.#lastArrivalUs;
    if (isReadingDone({ atEnd, missing, final, quietUs })) this.#ended?.("done");
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#ended?.(error);
  }
}
