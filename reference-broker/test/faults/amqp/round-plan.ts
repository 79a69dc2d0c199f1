/** What one kill round on queues does, drawn from its seed alone. */
import { mulberry32 } from "../round-plan.ts";

export interface QueuePlan {
  readonly name: string;
  /** "": none. Its queue is bound to it under the name of the queue that letters come from. */
  readonly deadLetterExchange: string;
  /** 0: none. */
  readonly messageTtlMs: number;
  /** 0: none. With a dead-letter exchange the head is dropped, else the publish is refused. */
  readonly maxLength: number;
  /** 0: one lane. */
  readonly maxPriority: number;
  readonly consumers: readonly ConsumerPlan[];
}

export interface ConsumerPlan {
  readonly prefetch: number;
  /** Messages for each basic.ack; above 1 with `multiple`. */
  readonly ackEvery: number;
  /** Messages settled between two synchronous calls on the channel. */
  readonly replyEvery: number;
  /** Part of the deliveries that are given back with requeue. */
  readonly requeues: number;
  /** Part of them rejected without requeue; 0 where that would lose them. */
  readonly rejects: number;
}

export interface PublisherPlan {
  /** Queues that get each message: through a fanout exchange when there are several. */
  readonly targets: readonly string[];
  readonly exchange: string;
  /** Publishes that wait for a confirm at most. */
  readonly window: number;
  readonly minBytes: number;
  readonly maxBytes: number;
}

export interface KillPlan {
  readonly afterMs: number;
  /** Further starts that are killed too, each after this part of the time a start takes. */
  readonly startsKilledAt: readonly number[];
}

export interface QueueRoundPlan {
  readonly round: number;
  readonly queues: readonly QueuePlan[];
  readonly publishers: readonly PublisherPlan[];
  readonly kills: readonly KillPlan[];
  /** False: what the queues hold is judged in a later round, after its kills too. */
  readonly drains: boolean;
  readonly seed: number;
}

export const MIN_BODY_BYTES = 10;
const MAX_BODY_BYTES = 200 * 1024;
const MAX_QUEUES = 4;

export function planQueueRound(seed: number, round: number): QueueRoundPlan {
  const random = mulberry32(seed * 7919 + round);
  const between = (low: number, high: number) => Math.floor(low + random() * (high - low + 1));
  const chance = (part: number) => random() < part;
  const queues = Array.from({ length: between(1, MAX_QUEUES) }, (_, at) => planQueue(`${round}.${at}`));
  const kept = queues.filter((queue) => queue.maxLength === 0);
  const publishers = queues.map((queue) => planPublisher([queue.name], ""));
  if (kept.length > 1) {
    publishers.push(
      planPublisher(
        kept.map(({ name }) => name),
        `kill.fanout.${round}`,
      ),
    );
  }
  const kills = Array.from({ length: between(1, 2) }, () => ({
    afterMs: between(50, 900),
    startsKilledAt: chance(0.4) ? Array.from({ length: between(1, 2) }, () => 0.4 + random() * 0.6) : [],
  }));
  return { round, queues, publishers, kills, drains: chance(0.65), seed: between(0, 2 ** 31) };

  function planQueue(id: string): QueuePlan {
    const hasDeadLetters = chance(0.5);
    return {
      name: `kill.${id}`,
      deadLetterExchange: hasDeadLetters ? `kill.dead.${id}` : "",
      messageTtlMs: hasDeadLetters && chance(0.5) ? between(50, 3000) : 0,
      maxLength: chance(0.3) ? between(1, 500) : 0,
      maxPriority: chance(0.3) ? between(1, 5) : 0,
      consumers: Array.from({ length: between(0, 2) }, () => planConsumer(hasDeadLetters)),
    };
  }

  function planConsumer(hasDeadLetters: boolean): ConsumerPlan {
    const prefetch = chance(0.2) ? between(1, 5) : between(6, 300);
    return {
      prefetch,
      ackEvery: chance(0.5) ? 1 : between(1, prefetch),
      replyEvery: between(1, 100),
      requeues: chance(0.5) ? random() * 0.2 : 0,
      rejects: hasDeadLetters && chance(0.5) ? random() * 0.3 : 0,
    };
  }

  function planPublisher(targets: readonly string[], exchange: string): PublisherPlan {
    const [minBytes, maxBytes] = chance(0.6)
      ? [MIN_BODY_BYTES, between(MIN_BODY_BYTES, 2000)]
      : [between(MIN_BODY_BYTES, 1000), between(2000, MAX_BODY_BYTES)];
    return {
      targets,
      exchange,
      window: chance(0.3) ? between(1, 10) : between(11, 1000),
      minBytes,
      maxBytes,
    };
  }
}
