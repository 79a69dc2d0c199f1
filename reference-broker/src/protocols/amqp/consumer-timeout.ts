/**
 * RabbitMQ's consumer timeout: a delivery that stays unsettled too long closes its channel. Ages are known by marks, one a
 * minute: what has a tag below a mark is at least as old as it. Deliveries themselves carry no time.
 */
import type { TimerTarget, Timers } from "../../mechanisms/timers.ts";
import { integerArgument } from "./arguments.ts";
import type { DeliveryOwner, UnackedDeliveries } from "./unacked-deliveries.ts";

/** As RabbitMQ looks (channel_tick_interval). */
const LOOK_INTERVAL_MS = 60_000;
/** RabbitMQ's consumer_timeout; a queue may have its own. */
const DEFAULT_TIMEOUT_MS = 1_800_000;
const QUEUE_ARGUMENT = "x-consumer-timeout";

interface Mark {
  /** Deliveries below it had happened. */
  readonly tag: number;
  readonly atMs: number;
}

export class ConsumerTimeout implements TimerTarget {
  readonly #timers: Timers;
  readonly #unacked: UnackedDeliveries;
  readonly #nextTag: () => number;
  readonly #expired: (timeoutMs: number) => void;
  /** Oldest first. */
  #marks: Mark[] = [];
  #timer = 0;

  /** `expired` is told the limit that a delivery is beyond. */
  constructor(
    timers: Timers,
    unacked: UnackedDeliveries,
    nextTag: () => number,
    expired: (timeoutMs: number) => void,
  ) {
    this.#timers = timers;
    this.#unacked = unacked;
    this.#nextTag = nextTag;
    this.#expired = expired;
  }

  /** Something unsettled is there. */
  watch(): void {
    if (this.#timer === 0) this.#mark();
  }

  stop(): void {
    this.#timers.cancel(this.#timer);
    this.#timer = 0;
  }

  /** Called by the timers. */
  expired(): void {
    this.#timer = 0;
    const timeoutMs = this.#exceededTimeout(this.#timers.now());
    if (timeoutMs !== null) this.#expired(timeoutMs);
    else if (this.#unacked.count > 0) this.#mark();
    else this.#marks = [];
  }

  #mark(): void {
    const atMs = this.#timers.now();
    this.#marks.push({ tag: this.#nextTag(), atMs });
    this.#timer = this.#timers.schedule(atMs + LOOK_INTERVAL_MS, this, 0);
  }

  #exceededTimeout(nowMs: number): number | null {
    let oldest = Number.POSITIVE_INFINITY;
    let exceeded: number | null = null;
    this.#unacked.forEach((owner, _, tag) => {
      oldest = Math.min(oldest, tag);
      const mark = this.#marks.find((candidate) => candidate.tag > tag);
      if (mark === undefined || exceeded !== null) return;
      const timeoutMs = timeoutOf(owner);
      if (nowMs - mark.atMs >= timeoutMs) exceeded = timeoutMs;
    });
    this.#marks = this.#marks.filter(({ tag }) => tag > oldest);
    return exceeded;
  }
}

function timeoutOf({ queue }: DeliveryOwner): number {
  return integerArgument(queue.arguments, QUEUE_ARGUMENT) ?? DEFAULT_TIMEOUT_MS;
}
