import { countersOf } from "../../../../src/base/statistics.ts";
import { STORE_COUNTERS } from "../../../../src/engines/queues/statistics.ts";
import type { Message } from "../../../../src/mechanisms/message.ts";
import {
  type QueueStore,
  type RecoveredVisitor,
  StoredMessageError,
} from "../../../../src/engines/queues/store/contract.ts";

interface Stored {
  readonly message: Message;
  readonly deadlineMs: number;
}

/** A queue's storage that outlives the queue but not the test, to see what a queue says to it. */
export class MemoryStore implements QueueStore {
  readonly entries = new Map<number, Stored>();
  /** Numbers that must be read from the "disk". */
  readonly onDisk = new Set<number>();
  readonly damaged = new Set<number>();
  /** The disk does not give them. */
  readonly unreadable = new Set<number>();
  readonly settled: number[] = [];
  readonly ranges: [first: number, last: number][] = [];
  nextSequence = 0;
  fileBytes = 0;
  segmentCount = 0;
  readonly counters = countersOf(STORE_COUNTERS);
  removed = false;
  #reads: (() => void)[] = [];

  get messageCount(): number {
    return this.entries.size;
  }

  get bodies(): string[] {
    return [...this.entries.values()].map(({ message }) => message.body.toString());
  }

  append(message: Message, sequence: number, deadlineMs: number): boolean {
    if (sequence < this.nextSequence) throw new Error(`${sequence} does not rise`);
    this.nextSequence = sequence + 1;
    this.entries.set(sequence, { message, deadlineMs });
    return true;
  }

  settle(sequence: number): void {
    this.settled.push(sequence);
    if (!this.entries.delete(sequence)) throw new Error(`${sequence} is not stored`);
  }

  settleRange(first: number, last: number): void {
    this.ranges.push([first, last]);
    for (let sequence = first; sequence <= last; sequence++) this.entries.delete(sequence);
  }

  async read(sequence: number): Promise<Message> {
    await new Promise<void>((resolve) => this.#reads.push(resolve));
    if (!this.unreadable.has(sequence)) this.onDisk.clear();
    return this.readSync(sequence);
  }

  /** The disk answers all reads; what follows in the files comes with them. */
  async answerReads(): Promise<number> {
    const reads = this.#reads;
    this.#reads = [];
    for (const resolve of reads) resolve();
    await new Promise((resolve) => setImmediate(resolve));
    return reads.length;
  }

  readSync(sequence: number): Message {
    const stored = this.entries.get(sequence);
    if (this.unreadable.has(sequence)) throw Object.assign(new Error("EIO: injected"), { code: "EIO" });
    if (stored === undefined || this.damaged.has(sequence)) throw new StoredMessageError(`no ${sequence}`);
    return stored.message;
  }

  isAtHand(sequence: number): boolean {
    return !this.onDisk.has(sequence) && !this.unreadable.has(sequence);
  }

  recover(visit: RecoveredVisitor): void {
    for (const [sequence, { message, deadlineMs }] of this.entries) {
      visit(sequence, deadlineMs, message.priority, message.body.length);
    }
  }

  remove(): void {
    this.removed = true;
    this.entries.clear();
  }

  async close(): Promise<void> {}
}
