import type { Message } from "../../../mechanisms/message.ts";
import type { FileQueueStore } from "./file-queue-store.ts";
import { NOT_SHARED } from "./record.ts";
import { SHARED_FROM_BYTES, type SharedBodies } from "./shared-bodies.ts";

/** The stored bodies that messages of one queue refer to, by their sequences. Most messages have their own. */
export class BodyReferences {
  /** null: bodies stand with their messages. */
  readonly #sharedBodies: SharedBodies | null;
  /** Only of messages that are not settled. */
  readonly #bodyIds = new Map<number, number>();

  constructor(sharedBodies: SharedBodies | null) {
    this.#sharedBodies = sharedBodies;
  }

  /** The number of the body if it is stored elsewhere, and then referred to; else NOT_SHARED. */
  offer(message: Message, store: FileQueueStore, sequence: number): number {
    if (message.bodyBytes < SHARED_FROM_BYTES || this.#sharedBodies === null) return NOT_SHARED;
    const bodyId = this.#sharedBodies.offer(message, store, sequence);
    if (bodyId !== NOT_SHARED) this.#bodyIds.set(sequence, bodyId);
    return bodyId;
  }

  /** The body of this message came to be stored elsewhere, and is referred to already. */
  add(sequence: number, bodyId: number): void {
    this.#bodyIds.set(sequence, bodyId);
  }

  /** A start found the message. False: its body is gone. */
  claim(sequence: number, bodyId: number): boolean {
    if (!this.#sharedBodies?.claim(bodyId)) return false;
    this.#bodyIds.set(sequence, bodyId);
    return true;
  }

  /** The message is settled. */
  release(sequence: number): void {
    if (this.#bodyIds.size === 0) return;
    const bodyId = this.#bodyIds.get(sequence);
    if (bodyId === undefined) return;
    this.#bodyIds.delete(sequence);
    this.#sharedBodies!.release(bodyId);
  }

  releaseAll(): void {
    for (const bodyId of this.#bodyIds.values()) this.#sharedBodies!.release(bodyId);
    this.#bodyIds.clear();
  }

  /** null: the body stands with its message. */
  read(sequence: number): Promise<Buffer> | null {
    const bodyId = this.#bodyIds.get(sequence);
    return bodyId === undefined ? null : this.#sharedBodies!.read(bodyId);
  }

  /** null: the body stands with its message. */
  readSync(sequence: number): Buffer | null {
    const bodyId = this.#bodyIds.get(sequence);
    return bodyId === undefined ? null : this.#sharedBodies!.readSync(bodyId);
  }

  isAtHand(sequence: number): boolean {
    const bodyId = this.#bodyIds.get(sequence);
    return bodyId === undefined || this.#sharedBodies!.isAtHand(bodyId);
  }
}
