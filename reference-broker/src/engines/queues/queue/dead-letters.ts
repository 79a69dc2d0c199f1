import type { Message } from "../../../mechanisms/message.ts";
import type { DeadLetterReason, EngineQueue, QueueEnvironment } from "../queue-environment.ts";
import { MessageReads } from "./message-reads.ts";
import type { QueueMessages } from "./messages.ts";
import { PendingDeaths } from "./pending-deaths.ts";

/** Messages handed to the engine before other queues have their turn. */
const WORK_PER_TURN = 512;

/**
 * The ways out of a queue other than a consumer's acknowledgement: to the dead-letter exchange if it has one, else gone. What
 * the engine cannot take now, or must be read from the disk first, waits, and all that dies later waits behind it.
 */
export class DeadLetters {
  readonly #queue: EngineQueue;
  readonly #messages: QueueMessages;
  readonly #environment: QueueEnvironment;
  readonly #hasExchange: boolean;
  readonly #pending = new PendingDeaths();
  readonly #reads: MessageReads;

  constructor(queue: EngineQueue, messages: QueueMessages, environment: QueueEnvironment) {
    this.#queue = queue;
    this.#messages = messages;
    this.#environment = environment;
    this.#hasExchange = queue.deadLetterExchange !== null;
    this.#reads = new MessageReads(queue.name, messages, environment, () => queue.turn());
  }

  /** Who drops many at a time is to wait: the queue has a turn when it may go on. */
  get areHeld(): boolean {
    return this.#hasExchange && (this.#pending.length > 0 || this.#environment.holdsDeadLetters(this.#queue));
  }

  /** Of the head that findHead() found. */
  dropHead(reason: DeadLetterReason): void {
    this.#count(reason);
    if (this.#hasExchange) this.#die(this.#messages.headPosition, reason);
    else this.#messages.settleHead();
  }

  /** Of a ready message that need not be the head. */
  drop(position: number, reason: DeadLetterReason): void {
    this.#count(reason);
    if (this.#hasExchange) this.#die(position, reason);
    else this.#messages.discard(position);
  }

  /** Of unacknowledged messages. */
  reject(positions: readonly number[]): void {
    if (!this.#hasExchange) {
      for (const position of positions) this.#messages.settle(position);
    } else if (positions.length <= WORK_PER_TURN) {
      for (const position of positions) this.#die(position, "rejected");
    } else {
      // They count as unacknowledged until their turn comes.
      this.#pending.addAll(positions, "rejected");
      this.#environment.requestTurn(this.#queue);
    }
  }

  /** Of a message that was never in the queue. */
  refuse(message: Message): void {
    if (this.#hasExchange) this.#environment.deadLetter(this.#queue, message, "maxlen", -1);
  }

  /** Hands on those that wait, a turn's share. */
  work(): void {
    let work = WORK_PER_TURN;
    while (this.#pending.length > 0) {
      if (this.#environment.holdsDeadLetters(this.#queue)) return;
      if (work-- === 0) {
        this.#environment.requestTurn(this.#queue);
        return;
      }
      const { firstPosition: position, firstReason: reason } = this.#pending;
      if (!this.#messages.isAtHand(position)) {
        this.#reads.begin(position);
        return;
      }
      this.#pending.removeFirst();
      this.#send(position, reason);
    }
  }

  /** What waits is forgotten; the store has it still. */
  stop(): void {
    this.#pending.clear();
    this.#reads.stop();
  }

  #count(reason: DeadLetterReason): void {
    const { counters } = this.#messages;
    if (reason === "expired") counters.expiredMessages++;
    else if (reason === "maxlen") counters.droppedMessages++;
  }

  #die(position: number, reason: DeadLetterReason): void {
    if (!this.areHeld && this.#messages.isAtHand(position)) {
      this.#send(position, reason);
      return;
    }
    this.#messages.doom(position);
    this.#pending.add(position, reason);
    // Not when the engine holds them: it gives the queue a turn itself.
    if (this.#pending.length === 1) this.#environment.requestTurn(this.#queue);
  }

  #send(position: number, reason: DeadLetterReason): void {
    const message = this.#messages.kill(position);
    if (message === null) return;
    this.#environment.deadLetter(this.#queue, message, reason, this.#messages.killedPosition);
  }
}
