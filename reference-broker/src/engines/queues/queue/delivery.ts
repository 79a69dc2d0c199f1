import type { Message } from "../../../mechanisms/message.ts";
import { PUBLISHED, type Subscription, type Taken } from "../contract.ts";
import type { QueueEnvironment } from "../queue-environment.ts";
import type { Consumers } from "./consumers.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { QueueMessages } from "./messages.ts";

/** With noAck the message is settled, and has no position that means anything. */
const NO_POSITION = 0;

/** What a queue does around deliveries. */
export interface DeliveryQueue {
  /** There is more than one turn's work. */
  askForTurn(): void;
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
  /** A head that is paged out is being read. */
  #fetching = false;

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
  }

  stop(): void {
    this.#isStopped = true;
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

  /** The head, for who asked; null: there is none. */
  take(noAck: boolean): Taken | null {
    const messages = this.#messages;
    const nowMs = messages.hasDeadlines ? this.#environment.now() : 0;
    while (messages.findHead()) {
      if (messages.headDeadlineMs <= nowMs) {
        this.#deadLetters.dropHead("expired");
        continue;
      }
      const message = messages.headMessage ?? messages.loadHead();
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

  /** Delivers or drops the head. False: it must be read from the disk first. */
  #deliverHead(subscription: Subscription, nowMs: number): boolean {
    const messages = this.#messages;
    messages.findHead();
    if (messages.hasDeadlines && messages.headDeadlineMs <= nowMs) {
      this.#deadLetters.dropHead("expired");
      return true;
    }
    const held = messages.headMessage;
    if (held !== null) messages.counters.cacheHits++;
    const message = held ?? this.#loadHead();
    if (message === null) return !this.#fetching;
    const position = messages.headPosition;
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

  /** null: it is damaged and gone, or, `#fetching`, delivery goes on when it has been read. */
  #loadHead(): Message | null {
    if (this.#fetching) return null;
    if (this.#messages.isHeadAtHand) return this.#messages.loadHead();
    this.#fetching = true;
    void this.#messages.fetchHead().then(() => {
      this.#fetching = false;
      this.run();
    });
    return null;
  }
}
