import { BrokerError } from "../../../errors.ts";
import type { Message } from "../../../mechanisms/message.ts";
import { PUBLISHED, type Subscription, type Taken } from "../contract.ts";
import type { QueueEnvironment } from "../queue-environment.ts";
import type { Consumers } from "./consumers.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { isStorageError, MessageReads } from "./message-reads.ts";
import type { QueueMessages } from "./messages.ts";

/** With noAck the message is settled, and has no position that means anything. */
const NO_POSITION = 0;

/** What a queue does around deliveries. */
export interface DeliveryQueue {
  readonly name: string;
  /** There is more than one turn's work. */
  askForTurn(): void;
  /** The turn itself. */
  turn(): void;
  /** The head is another one, and there are fewer. */
  afterTaking(): void;
}

/** How messages leave a queue for consumers: handed over as they come, from the head in turns, or taken one by one. */
export class Delivery {
  readonly #queue: DeliveryQueue;
  readonly #messages: QueueMessages;
  readonly #consumers: Consumers;
  readonly #deadLetters: DeadLetters;
  readonly #environment: QueueEnvironment;
  readonly #maxBatch: number;
  #isStopped = false;
  #delivering = false;
  /** Of heads that are paged out. */
  readonly #reads: MessageReads;

  constructor(
    queue: DeliveryQueue,
    messages: QueueMessages,
    consumers: Consumers,
    deadLetters: DeadLetters,
    environment: QueueEnvironment,
    maxBatch: number,
  ) {
    this.#queue = queue;
    this.#messages = messages;
    this.#consumers = consumers;
    this.#deadLetters = deadLetters;
    this.#environment = environment;
    this.#maxBatch = maxBatch;
    this.#reads = new MessageReads(queue.name, messages, environment, () => queue.turn());
  }

  stop(): void {
    this.#isStopped = true;
    this.#reads.stop();
  }

  /** As in RabbitMQ a message that a consumer takes at once is never too much and never too late. */
  handOver(message: Message, deadlineMs: number, subscription: Subscription): number {
    this.#consumers.pass();
    this.#messages.counters.deliveredMessages++;
    if (subscription.noAck) {
      subscription.deliver(message, NO_POSITION, false);
      return 0;
    }
    const position = this.#messages.appendUnacknowledged(message, deadlineMs);
    subscription.deliver(message, position, false);
    return this.#messages.stores(message) ? PUBLISHED.storing : 0;
  }

  /** The head, for who asked, who waits for the disk if need be; null: there is none. Throws BrokerError STORAGE_FAILED. */
  take(noAck: boolean): Taken | null {
    const messages = this.#messages;
    const nowMs = messages.hasDeadlines ? this.#environment.now() : 0;
    while (messages.findHead()) {
      if (messages.headDeadlineMs <= nowMs) {
        this.#deadLetters.dropHead("expired");
        continue;
      }
      const message = messages.headMessage ?? this.#readHead();
      if (message === null) continue;
      message.keep();
      const taken = { message, position: messages.headPosition, redelivered: messages.isHeadRedelivered };
      if (noAck) messages.settleHead();
      else messages.deliverHead();
      messages.counters.fetchedMessages++;
      return taken;
    }
    return null;
  }

  /** null: it is damaged and gone. */
  #readHead(): Message | null {
    try {
      return this.#messages.loadHead();
    } catch (error) {
      if (!isStorageError(error)) throw error;
      const { virtualHost, report } = this.#environment;
      const { name } = this.#queue;
      const message = this.#messages.storedNumber(this.#messages.headPosition);
      report("stored message unreadable", { virtualHost, queue: name, message, error: String(error) });
      const text = `the first message of queue '${name}' in vhost '${virtualHost}' cannot be read from the disk`;
      throw new BrokerError("STORAGE_FAILED", text, error);
    }
  }

  /** Gives ready messages to ready consumers, a turn's work at most. */
  run(): void {
    if (this.#delivering || this.#isStopped || this.#messages.readyCount === 0) return;
    this.#delivering = true;
    const nowMs = this.#messages.hasDeadlines ? this.#environment.now() : 0;
    let work = this.#maxBatch;
    while (!this.#isStopped && this.#messages.readyCount > 0) {
      const subscription = this.#consumers.peek();
      if (subscription === null) break;
      if (work-- === 0) {
        this.#queue.askForTurn();
        break;
      }
      if (!this.#deliverHead(subscription, nowMs)) break;
    }
    this.#delivering = false;
    if (!this.#isStopped) this.#queue.afterTaking();
  }

  /** Delivers or drops the head. False: it must be read from the disk first, or dead letters wait; the queue has a turn then. */
  #deliverHead(subscription: Subscription, nowMs: number): boolean {
    const messages = this.#messages;
    messages.findHead();
    if (messages.hasDeadlines && messages.headDeadlineMs <= nowMs) {
      if (this.#deadLetters.areHeld) return false;
      this.#deadLetters.dropHead("expired");
      return true;
    }
    const position = messages.headPosition;
    let message = messages.headMessage;
    if (message !== null) messages.counters.cacheHits++;
    else {
      if (!messages.isHeadAtHand) {
        this.#reads.begin(position);
        return false;
      }
      message = messages.loadHead();
      // Damaged, and gone.
      if (message === null) return true;
    }
    const redelivered = messages.isHeadRedelivered;
    messages.counters.deliveredMessages++;
    if (redelivered) messages.counters.redeliveredMessages++;
    this.#consumers.pass();
    if (subscription.noAck) {
      messages.settleHead();
      subscription.deliver(message, NO_POSITION, redelivered);
    } else {
      messages.deliverHead();
      subscription.deliver(message, position, redelivered);
    }
    return true;
  }
}
