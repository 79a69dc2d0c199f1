import type { Queue, Subscription } from "../../engines/queues/contract.ts";
import type { Message } from "../../mechanisms/message.ts";
import type { Channel } from "./channel.ts";
import type { DeliveryOwner } from "./unacked-deliveries.ts";

export interface ConsumerOptions {
  readonly consumerTag: string;
  readonly noAck: boolean;
  readonly exclusive: boolean;
  readonly priority: number;
  /** Unacknowledged deliveries it may have, 0 for no limit; that of the channel when it was made. */
  readonly prefetchCount: number;
}

/** One basic.consume: what a queue delivers to, and what owns those deliveries until they are settled. */
export class Consumer implements Subscription, DeliveryOwner {
  readonly consumerTag: string;
  readonly noAck: boolean;
  readonly exclusive: boolean;
  readonly priority: number;
  readonly queue: Queue;
  readonly #channel: Channel;
  readonly #prefetchCount: number;
  #unackedCount = 0;
  #isCancelled = false;
  #isStarted = false;
  /** It stands in the connection's list of those to be resumed. */
  isToBeResumed = false;

  constructor(channel: Channel, queue: Queue, options: ConsumerOptions) {
    this.consumerTag = options.consumerTag;
    this.noAck = options.noAck;
    this.exclusive = options.exclusive;
    this.priority = options.priority;
    this.queue = queue;
    this.#channel = channel;
    this.#prefetchCount = options.prefetchCount;
  }

  get isReady(): boolean {
    if (!this.#isStarted || this.#isCancelled || !this.#channel.takesDeliveries) return false;
    if (this.noAck) return true;
    return (
      (this.#prefetchCount === 0 || this.#unackedCount < this.#prefetchCount) && this.#channel.hasPrefetchLeft
    );
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Deliveries may begin: consume-ok has been written before them. */
  start(): void {
    this.#isStarted = true;
    if (!this.#isCancelled) this.queue.resume(this);
  }

  deliver(message: Message, position: number, redelivered: boolean): void {
    if (!this.noAck) this.#unackedCount++;
    this.#channel.deliver(this, message, position, redelivered);
  }

  settled(count: number): void {
    const wasFull = this.#prefetchCount > 0 && this.#unackedCount >= this.#prefetchCount;
    this.#unackedCount -= count;
    this.#channel.consumerSettled(count);
    if (wasFull && !this.#isCancelled) this.#channel.resumeLater(this);
  }

  /** Takes no more; what it has delivered stays with the client. */
  cancel(): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.queue.unsubscribe(this);
  }

  /** Called by the queue, which has forgotten it. */
  cancelled(): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#channel.consumerCancelled(this);
  }

  /** Called by the queue, in the middle of a publish: the connection gives its deliveries back after that. */
  disconnect(reason: string): void {
    queueMicrotask(() => this.#channel.disconnectClient(reason));
  }
}

/** Owner of what basic.get took: no prefetch applies to it. */
export class GetOwner implements DeliveryOwner {
  readonly queue: Queue;

  constructor(queue: Queue) {
    this.queue = queue;
  }

  settled(): void {}
}
