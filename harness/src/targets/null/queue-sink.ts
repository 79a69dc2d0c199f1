/**
 * What the AMQP side of the null target knows: which queues hang on which exchange and who consumes them. Messages are
 * not kept: what nobody consumes is counted and gone, what somebody consumes is written on at once.
 */

/** Where deliveries to one consumer go. */
export interface Subscriber {
  /** Bytes of whole frames, not changed afterwards. */
  deliver(frames: Buffer): void;
  /** How much the kernel has not taken yet. */
  readonly backlogBytes: number;
  /** Messages handed to it, which is its last delivery tag. */
  tag: number;
}

export class QueueSink {
  readonly #bound = new Map<string, Set<string>>();
  readonly #consumers = new Map<string, Subscriber[]>();
  #turn = 0;

  bind(exchange: string, queue: string): void {
    const queues = this.#bound.get(exchange) ?? new Set();
    this.#bound.set(exchange, queues.add(queue));
  }

  deleteQueue(queue: string): void {
    this.#consumers.delete(queue);
    for (const queues of this.#bound.values()) queues.delete(queue);
  }

  deleteExchange(exchange: string): void {
    this.#bound.delete(exchange);
  }

  consume(queue: string, subscriber: Subscriber): void {
    this.#consumers.set(queue, [...(this.#consumers.get(queue) ?? []), subscriber]);
  }

  forget(subscriber: Subscriber): void {
    for (const [queue, subscribers] of this.#consumers) {
      this.#consumers.set(
        queue,
        subscribers.filter((each) => each !== subscriber),
      );
    }
  }

  /** Of a fan-out exchange: everybody, of each queue the first. */
  subscribersOf(exchange: string): readonly Subscriber[] {
    const queues = [...(this.#bound.get(exchange) ?? [])];
    return queues.flatMap((queue) => this.#consumers.get(queue)?.slice(0, 1) ?? []);
  }

  /** The consumers of a queue take turns; null when there are none. */
  nextConsumer(queue: string): Subscriber | null {
    const consumers = this.#consumers.get(queue);
    return consumers?.[this.#turn++ % consumers.length] ?? null;
  }
}
