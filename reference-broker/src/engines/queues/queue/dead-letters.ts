import type { Message } from "../../../mechanisms/message.ts";
import type { DeadLetterReason, EngineQueue, QueueEnvironment } from "../queue-environment.ts";
import type { QueueMessages } from "./messages.ts";

/** The ways out of a queue other than a consumer's acknowledgement: to the dead-letter exchange if it has one, else gone. */
export class DeadLetters {
  readonly #queue: EngineQueue;
  readonly #messages: QueueMessages;
  readonly #environment: QueueEnvironment;
  readonly #hasExchange: boolean;

  constructor(queue: EngineQueue, messages: QueueMessages, environment: QueueEnvironment) {
    this.#queue = queue;
    this.#messages = messages;
    this.#environment = environment;
    this.#hasExchange = queue.deadLetterExchange !== null;
  }

  /** Of the head that findHead() found. */
  dropHead(reason: DeadLetterReason): void {
    this.#count(reason);
    if (this.#hasExchange) this.#send(this.#messages.headPosition, reason);
    else this.#messages.settleHead();
  }

  /** Of a ready message that need not be the head. */
  drop(position: number, reason: DeadLetterReason): void {
    this.#count(reason);
    if (this.#hasExchange) this.#send(position, reason);
    else this.#messages.discard(position);
  }

  /** Of an unacknowledged message. */
  reject(position: number): void {
    if (this.#hasExchange) this.#send(position, "rejected");
    else this.#messages.settle(position);
  }

  /** Of a message that was never in the queue. */
  refuse(message: Message): void {
    if (this.#hasExchange) this.#environment.deadLetter(this.#queue, message, "maxlen", -1);
  }

  #count(reason: DeadLetterReason): void {
    const { counters } = this.#messages;
    if (reason === "expired") counters.expiredMessages++;
    else if (reason === "maxlen") counters.droppedMessages++;
  }

  #send(position: number, reason: DeadLetterReason): void {
    const message = this.#messages.kill(position);
    if (message === null) return;
    this.#environment.deadLetter(this.#queue, message, reason, this.#messages.killedPosition);
  }
}
