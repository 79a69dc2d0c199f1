/**
 * Large bodies of messages that were routed to several durable queues: stored once, in a store of their own, until the
 * last of the queues has settled its message. Who refers to a body is counted in memory only; a start counts anew.
 */
import type { Message } from "../../../mechanisms/message.ts";
import type { FileQueueStore } from "./file-queue-store.ts";
import { NO_DEADLINE } from "./contract.ts";
import { NOT_SHARED } from "./record.ts";

/** As RabbitMQ's queue_index_embed_msgs_below: smaller ones cost less to copy than to look up. */
export const SHARED_FROM_BYTES = 4096;

export class SharedBodies {
  readonly #store: FileQueueStore;
  /** Number of messages that refer to a body, by the body's number. */
  readonly #references = new Map<number, number>();
  /** Messages are offered by one queue after the other as they are routed: the last one, and who had it first. */
  #message: Message | null = null;
  #firstStore: FileQueueStore | null = null;
  #firstSequence = 0;
  #bodyId = NOT_SHARED;
  #nextId: number;

  constructor(store: FileQueueStore) {
    this.#store = store;
    this.#nextId = store.nextSequence;
  }

  /**
   * A queue is about to store this message. NOT_SHARED: with its body; else the body's number, to which one more message
   * refers now. With the second queue the first one's message, not written yet, comes to refer to it too.
   */
  offer(message: Message, store: FileQueueStore, sequence: number): number {
    if (this.#message !== message || this.#store.hasFailed) {
      this.#remember(message, store, sequence);
      return NOT_SHARED;
    }
    if (this.#bodyId === NOT_SHARED) {
      const id = this.#nextId;
      if (this.#firstStore?.shareBody(this.#firstSequence, id) !== true) {
        this.#remember(message, store, sequence);
        return NOT_SHARED;
      }
      this.#nextId++;
      this.#store.append(message, id, NO_DEADLINE);
      this.#references.set(id, 1);
      this.#bodyId = id;
    }
    this.#references.set(this.#bodyId, this.#references.get(this.#bodyId)! + 1);
    return this.#bodyId;
  }

  /** One message less refers to the body. */
  release(id: number): void {
    const left = this.#references.get(id)! - 1;
    if (left > 0) {
      this.#references.set(id, left);
      return;
    }
    this.#references.delete(id);
    if (id === this.#bodyId) this.#remember(null, null, 0);
    this.#store.settle(id);
  }

  /** A start found a message that refers to this body. False: the body is not there, for all others were settled. */
  claim(id: number): boolean {
    // Never given out again while anything on the disk speaks of it.
    if (id >= this.#nextId) this.#nextId = id + 1;
    if (!this.#store.holds(id)) return false;
    this.#references.set(id, (this.#references.get(id) ?? 0) + 1);
    return true;
  }

  /** After all claims: the bodies that nothing refers to go. */
  settleUnclaimed(): void {
    this.#store.recover((id) => {
      if (!this.#references.has(id)) this.#store.settle(id);
    });
  }

  async read(id: number): Promise<Buffer> {
    return (await this.#store.read(id)).body;
  }

  readSync(id: number): Buffer {
    return this.#store.readSync(id).body;
  }

  isAtHand(id: number): boolean {
    return this.#store.isAtHand(id);
  }

  #remember(message: Message | null, store: FileQueueStore | null, sequence: number): void {
    this.#message = message;
    this.#firstStore = store;
    this.#firstSequence = sequence;
    this.#bodyId = NOT_SHARED;
  }
}
