import type { ProducerOutcome } from "../load/protocol.ts";
import { Bitmap } from "./bitmap.ts";
import { Examples } from "./examples.ts";
import type { Stamp } from "./message.ts";

export interface LedgerProducer {
  readonly producer: number;
  readonly partition: number;
  /** In a full batch of its, as published, whatever arrives. */
  readonly batchMessages: number;
}

interface Expected {
  readonly partition: number;
  readonly batchMessages: number;
  readonly seen: Bitmap;
  /** Position after the last message in the order of sending that has arrived so far. */
  reached: number;
}

export interface LedgerCounts {
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly corrupted: number;
  readonly foreign: number;
  readonly examples: readonly string[];
}

/**
 * Which of the run's messages have been seen, one bit each. A message's position is its batch's sequence times the
 * messages per batch, plus its index. Each message that arrives is exactly one of: delivered for the first time
 * (and then perhaps reordered), duplicated, corrupted, foreign. One that is corrupted but known by its place in a
 * stamped batch counts as seen, so that it is not lost as well.
 */
export class Ledger {
  readonly #runId: number;
  readonly #producers = new Map<number, Expected>();
  readonly #counts = { delivered: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, foreign: 0 };
  readonly #examples = new Examples();

  /** Producers of the run with the partition each writes to. */
  constructor(runId: number, producers: Iterable<LedgerProducer>) {
    this.#runId = runId;
    for (const { producer, partition, batchMessages } of producers) {
      this.#producers.set(producer, { partition, batchMessages, seen: new Bitmap(), reached: 0 });
    }
  }

  get delivered(): number {
    return this.#counts.delivered;
  }

  /** Intact messages [first, first + count) of a batch, in that order. Returns how many arrived for the first time. */
  deliver(partition: number, stamp: Stamp, first: number, count: number): number {
    const expected = this.#expected(partition, stamp, count);
    if (expected === null) return 0;
    const { batchMessages } = expected;
    if (first + count > batchMessages) {
      this.corrupt(partition, null, 0, count, `index beyond the ${batchMessages} messages of a batch`);
      return 0;
    }
    const from = stamp.sequence * batchMessages + first;
    const { reached } = expected;
    // Only what lies before the farthest message so far came too late.
    const behind = Math.max(0, Math.min(count, reached - from));
    const late = behind > 0 ? expected.seen.setRange(from, behind) : 0;
    const fresh = late + (count > behind ? expected.seen.setRange(from + behind, count - behind) : 0);
    this.#counts.delivered += fresh;
    const repeated = count - fresh;
    if (repeated > 0) {
      this.#counts.duplicated += repeated;
      this.#examples.add(
        "duplicated",
        () => `${repeated} of ${describe(partition, stamp, first, count)} again`,
      );
    }
    if (late > 0) {
      this.#counts.reordered += late;
      const after = Math.floor((reached - 1) / batchMessages);
      this.#examples.add(
        "reordered",
        () => `${late} of ${describe(partition, stamp, first, count)} after batch ${after}`,
      );
    }
    expected.reached = Math.max(reached, from + count);
    return fresh;
  }

  /** Damaged messages; `stamp` is null where the batch they belong to cannot be told. */
  corrupt(partition: number, stamp: Stamp | null, first: number, count: number, reason: string): void {
    this.#counts.corrupted += count;
    const expected = stamp === null ? undefined : this.#producers.get(stamp.producer);
    if (stamp !== null && expected !== undefined) {
      expected.seen.setRange(stamp.sequence * expected.batchMessages + first, count);
    }
    const what =
      stamp === null
        ? `${count} messages in partition ${partition}`
        : describe(partition, stamp, first, count);
    this.#examples.add("corrupted", () => `${what}: ${reason}`);
  }

  foreign(partition: number, count: number, reason: string): void {
    this.#counts.foreign += count;
    this.#examples.add("foreign", () => `${count} messages in partition ${partition}: ${reason}`);
  }

  /** How many confirmed messages (acks 0: published) have not been seen. */
  missing(published: readonly ProducerOutcome[]): number {
    let missing = 0;
    for (const outcome of published) missing += this.#missingOf(outcome);
    return missing;
  }

  /** After the last message has been read. */
  finish(published: readonly ProducerOutcome[]): LedgerCounts {
    for (const outcome of published) {
      const lost = this.#missingOf(outcome);
      this.#counts.lost += lost;
      if (lost > 0) this.#examples.add("lost", () => this.#describeLost(outcome, lost));
    }
    return { ...this.#counts, examples: this.#examples.list };
  }

  #expected(partition: number, stamp: Stamp, count: number): Expected | null {
    const expected = this.#producers.get(stamp.producer);
    if (stamp.runId !== this.#runId || expected === undefined) {
      this.foreign(partition, count, `run ${stamp.runId}, producer ${stamp.producer}`);
      return null;
    }
    if (expected.partition !== partition) {
      this.foreign(partition, count, `producer ${stamp.producer} writes to partition ${expected.partition}`);
      return null;
    }
    return expected;
  }

  #missingOf(outcome: ProducerOutcome): number {
    const { producer, publishedBatches, recordsPerBatch, unconfirmedBatches } = outcome;
    const confirmed = (publishedBatches - unconfirmedBatches.length) * recordsPerBatch;
    const expected = this.#producers.get(producer);
    if (expected === undefined) return confirmed;
    let seen = expected.seen.countRange(0, publishedBatches * recordsPerBatch);
    for (const sequence of unconfirmedBatches) {
      seen -= expected.seen.countRange(sequence * recordsPerBatch, recordsPerBatch);
    }
    return confirmed - seen;
  }

  #describeLost(outcome: ProducerOutcome, lost: number): string {
    const { producer, partition, publishedBatches, recordsPerBatch } = outcome;
    const seen = this.#producers.get(producer)?.seen;
    const unconfirmed = new Set(outcome.unconfirmedBatches);
    let sequence = 0;
    while (
      sequence < publishedBatches &&
      (unconfirmed.has(sequence) ||
        seen?.countRange(sequence * recordsPerBatch, recordsPerBatch) === recordsPerBatch)
    ) {
      sequence++;
    }
    return `${lost} of producer ${producer} in partition ${partition}, the first in batch ${sequence} of ${publishedBatches}`;
  }
}

function describe(partition: number, stamp: Stamp, first: number, count: number): string {
  const which = count === 1 ? `message ${first}` : `messages ${first} to ${first + count - 1}`;
  return `${which} of batch ${stamp.sequence} of producer ${stamp.producer} in partition ${partition}`;
}
