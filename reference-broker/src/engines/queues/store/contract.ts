/**
 * Durable storage of queues as the queue sees it. A message is known by its queue and its sequence there, a number below
 * 2^53 that the queue gives out in rising order; those of messages that are not stored may be left out.
 */
import type { Message } from "../../../mechanisms/message.ts";
import type { StoreCounters } from "../statistics.ts";

/** Deadline of a message that does not expire. */
export const NO_DEADLINE = -1;

/** One message that a start found, not loaded yet: `read` and `readSync` do that. */
export type RecoveredVisitor = (
  sequence: number,
  /** Milliseconds since 1970 or NO_DEADLINE. */
  deadlineMs: number,
  priority: number,
  bodyBytes: number,
) => void;

/**
 * Storage of one queue. Nothing here waits for the disk: the commit group's `whenStored` says when what was called
 * before has reached the durability class.
 */
export interface QueueStore {
  /** Above every sequence that is stored: the first one the queue may give out. */
  readonly nextSequence: number;
  /** Messages stored or about to be, and not settled. */
  readonly messageCount: number;
  /** Of segment files, settled messages in them included. */
  readonly fileBytes: number;
  readonly segmentCount: number;
  readonly counters: StoreCounters;

  /**
   * Keeps a persistent message. The caller leaves out transient ones. `sequence` is above all before. `deadlineMs`:
   * milliseconds since 1970 or NO_DEADLINE. What is settled in the same turn is never written. False: nothing can be stored
   * any more, and the caller alone has the message. `isKept`: the caller keeps the message in memory, for now at least.
   */
  append(message: Message, sequence: number, deadlineMs: number, isKept?: boolean): boolean;
  /** The message is gone from the queue: acknowledged, expired, dead-lettered, dropped. One not stored is ignored. */
  settle(sequence: number): void;
  /** Settles all from `first` to `last`, both included: purge. */
  settleRange(first: number, last: number): void;

  /**
   * Loads a message that is not settled. Sequential reads take one system call for many messages, and begin the next one
   * before it is needed. Rejects (throws) with a StoredMessageError when it is not there intact: the disk changed it, or it
   * never was stored. What `readSync` returns is lent until the next call of any store: see Message.keep.
   */
  read(sequence: number): Promise<Message>;
  readSync(sequence: number): Message;
  /** Whether `readSync` of this message needs no disk access. */
  isAtHand(sequence: number): boolean;

  /** Once, before anything else: visits the messages that were there when the store was opened, in order. */
  recover(visit: RecoveredVisitor): void;
  /** The queue is deleted: its files are gone by name when this returns, from the disk a little later. */
  remove(): void;
  /**
   * Writes what is gathered and summaries, so that the next start scans nothing. To be called when the commit group is
   * drained. Rejects with what the file system throws; the files are closed then too.
   */
  close(): Promise<void>;
}

export class StoredMessageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "StoredMessageError";
  }
}

/** The stores of all durable queues of a shard. */
export interface QueueStores {
  /**
   * Opens the store in the directory of this name, made when it is missing. The name must be a plain file name that no
   * other queue has, nor "bodies"; what was removed under it before does not come back.
   */
  open(directoryName: string): QueueStore;
  /** Names of the directories that stores were left in. Those of no declared queue are to be opened and removed. */
  list(): string[];
  /**
   * Removes a store that no queue is declared for. With `keepsMessages` one that holds messages is closed instead and gets a
   * name that `list` leaves out: returns that path, else null. Throws what the file system throws.
   */
  discard(directoryName: string, keepsMessages: boolean): string | null;
  /** After all stores are closed. Rejects with what the file system throws. */
  close(): Promise<void>;
}
