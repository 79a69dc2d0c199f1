import type { ProducerOutcome } from "../load/protocol.ts";
import { Bitmap } from "./bitmap.ts";
import { Examples } from "./examples.ts";
import type { LedgerCounts } from "./ledger.ts";

/** Which confirmed messages a queue may have dropped: none, or any but the newest or the oldest `maxLength`. */
export interface DropRule {
  readonly drops: "none" | "oldest" | "newest" | "any";
  readonly maxLength: number;
}

export const NO_DROPS: DropRule = { drops: "none", maxLength: 0 };

export interface QueueCounts extends LedgerCounts {
  /** Confirmed, never seen, and rightly so by the drop rule. */
  readonly dropped: number;
}

/** The order in which one consumer has seen each producer's messages: the place after the farthest. */
export type ConsumerOrder = Map<number, number>;

/**
 * Which messages a queue has given out, one bit each, by producer and sequence. Consumers of one queue share a ledger,
 * for each message is to reach one of them; order is each consumer's own.
 */
export class QueueLedger {
  readonly #name: string;
  readonly #runId: number;
  readonly #seen = new Map<number, Bitmap>();
  readonly #counts = {
    delivered: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    corrupted: 0,
    foreign: 0,
    dropped: 0,
  };
  readonly #examples = new Examples();

  /** `producers`: those whose messages reach this queue. `name` is for the examples. */
  constructor(runId: number, producers: Iterable<number>, name: string) {
    this.#runId = runId;
    this.#name = name;
    for (const producer of producers) this.#seen.set(producer, new Bitmap());
  }

  get delivered(): number {
    return this.#counts.delivered;
  }

  /** Intact messages [first, first + count) of a producer, one after the other at one consumer. Returns how many are new. */
  deliver(order: ConsumerOrder, runId: number, producer: number, first: number, count: number): number {
    const seen = runId === this.#runId ? this.#seen.get(producer) : undefined;
    if (seen === undefined) {
      this.#counts.foreign += count;
      this.#examples.add(
        "foreign",
        () => `${count} messages in ${this.#name}: run ${runId}, producer ${producer}`,
      );
      return 0;
    }
    const reached = order.get(producer) ?? 0;
    const behind = Math.max(0, Math.min(count, reached - first));
    const late = behind > 0 ? seen.setRange(first, behind) : 0;
    const fresh = late + (count > behind ? seen.setRange(first + behind, count - behind) : 0);
    this.#counts.delivered += fresh;
    if (fresh < count) {
      this.#counts.duplicated += count - fresh;
      this.#examples.add(
        "duplicated",
        () => `${count - fresh} of ${this.#describe(producer, first, count)} again`,
      );
    }
    if (late > 0) {
      this.#counts.reordered += late;
      this.#examples.add(
        "reordered",
        () => `${late} of ${this.#describe(producer, first, count)} after ${reached - 1}`,
      );
    }
    if (first + count > reached) order.set(producer, first + count);
    return fresh;
  }

  /** A message whose checksum does not fit: nobody can tell which it was. */
  corrupt(reason: string): void {
    this.#counts.corrupted++;
    this.#examples.add("corrupted", () => `a message in ${this.#name}: ${reason}`);
  }

  /** Messages that the queue still holds though each was acknowledged: it would deliver them again. */
  leftover(count: number): void {
    this.#counts.duplicated += count;
    this.#examples.add(
      "duplicated",
      () => `${count} messages remain in ${this.#name} after all were acknowledged`,
    );
  }

  /** How many confirmed messages have not been seen. */
  missing(published: readonly ProducerOutcome[]): number {
    return published.reduce((sum, outcome) => sum + this.#missingIn(outcome, 0, outcome.publishedBatches), 0);
  }

  /** After the last message has been read. */
  finish(published: readonly ProducerOutcome[], rule: DropRule): QueueCounts {
    for (const outcome of published) this.#judge(outcome, rule);
    return { ...this.#counts, examples: this.#examples.list };
  }

  #judge(outcome: ProducerOutcome, rule: DropRule): void {
    const { producer, publishedBatches } = outcome;
    const missing = this.#missingIn(outcome, 0, publishedBatches);
    const [from, to] = protectedRange(rule, publishedBatches);
    const lost = this.#missingIn(outcome, from, to);
    this.#counts.lost += lost;
    this.#counts.dropped += missing - lost;
    if (lost > 0) {
      this.#examples.add(
        "lost",
        () =>
          `${lost} of producer ${producer} in ${this.#name}, the first ${this.#firstMissing(outcome, from)}`,
      );
    }
    if (missing > lost) {
      this.#examples.add(
        "dropped",
        () => `${missing - lost} of producer ${producer} by the policy of ${this.#name}`,
      );
    }
  }

  /** Of the confirmed messages [from, to) of a producer. */
  #missingIn(outcome: ProducerOutcome, from: number, to: number): number {
    const seen = this.#seen.get(outcome.producer);
    if (seen === undefined || to <= from) return 0;
    let missing = to - from - seen.countRange(from, to - from);
    for (const sequence of outcome.unconfirmedBatches) {
      if (sequence >= from && sequence < to && !seen.has(sequence)) missing--;
    }
    return missing;
  }

  #firstMissing(outcome: ProducerOutcome, from: number): number {
    const unconfirmed = new Set(outcome.unconfirmedBatches);
    const seen = this.#seen.get(outcome.producer);
    let sequence = from;
    while (sequence < outcome.publishedBatches && (unconfirmed.has(sequence) || seen?.has(sequence)))
      sequence++;
    return sequence;
  }

  #describe(producer: number, first: number, count: number): string {
    const which = count === 1 ? `message ${first}` : `messages ${first} to ${first + count - 1}`;
    return `${which} of producer ${producer} in ${this.#name}`;
  }
}

/** The messages [from, to) that the rule does not let go missing. */
function protectedRange({ drops, maxLength }: DropRule, published: number): readonly [number, number] {
  switch (drops) {
    case "none":
      return [0, published];
    case "oldest":
      return [Math.max(0, published - maxLength), published];
    case "newest":
      return [0, Math.min(published, maxLength)];
    case "any":
      return [0, 0];
  }
}
