import type { TimerTarget } from "../../../mechanisms/timers.ts";
import type { EngineQueue, QueueEnvironment } from "../queue-environment.ts";

/** x-expires: the queue goes when for so long it had no consumer and nobody declared it or got from it. */
export class Lease implements TimerTarget {
  readonly #queue: EngineQueue;
  readonly #environment: QueueEnvironment;
  readonly #expiresMs: number;
  #timer = 0;

  constructor(queue: EngineQueue, environment: QueueEnvironment, expiresMs: number) {
    this.#queue = queue;
    this.#environment = environment;
    this.#expiresMs = expiresMs;
  }

  /** The queue is used now. A queue with consumers is in use anyway; its time begins when the last one goes. */
  renew(): void {
    const { timers, now } = this.#environment;
    timers.cancel(this.#timer);
    this.#timer = timers.schedule(now() + this.#expiresMs, this, 0);
  }

  expired(): void {
    this.#timer = 0;
    if (this.#queue.consumerCount === 0) this.#environment.expired(this.#queue);
  }

  stop(): void {
    this.#environment.timers.cancel(this.#timer);
  }
}
