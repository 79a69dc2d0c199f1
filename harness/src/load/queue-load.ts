/** What load processes are told of a load on queues, whatever workload it comes from. */
import type { OverflowPolicy, PayloadKind } from "../scenario/plan.ts";
import type { Deadlines } from "./deadlines.ts";

export interface QueueLoad {
  readonly producers: number;
  /** fan-out: a direct exchange whose every routing key is bound to every queue; direct: producer p to queue p % queues. */
  readonly routing: "fan-out" | "direct";
  /** Routing keys that the publishers take in turn; 1 with direct routing. */
  readonly topics: number;
  readonly queues: number;
  readonly consumersPerQueue: number;
  readonly payloadBytes: number;
  readonly payloadKind: PayloadKind;
  readonly persistent: boolean;
  /** Messages without a confirmation per producer. */
  readonly confirmWindow: number;
  /** Over all producers; null in closed loop. */
  readonly ratePerSecond: number | null;
  /** 0: consumers take messages without acks and without a limit. */
  readonly prefetch: number;
  readonly ackEvery: number;
  /** The last queue's consumer reads slowly. */
  readonly slow: SlowSubscriber | null;
  /** Messages fall due; what their stamp calls the intended time is then their deadline. */
  readonly deadlines?: Deadlines;
  /** Until reading is to be finished each queue's consumers take no more than this, all together. */
  readonly readPerSecond?: number;
}

export interface SlowSubscriber {
  readonly policy: OverflowPolicy;
  /** Of its queue, messages. */
  readonly maxLength: number;
  /** Reads nothing for this long, then for a tenth of it; 0: nothing until the end. */
  readonly pauseMs: number;
}

/** The queues that a producer's messages reach. */
export function queuesOf({ routing, queues }: QueueLoad, producer: number): readonly number[] {
  return routing === "direct" ? [producer % queues] : Array.from({ length: queues }, (_, queue) => queue);
}

export function isSlow({ queues, slow }: QueueLoad, queue: number): boolean {
  return slow !== null && queue === queues - 1;
}

/** Whether its messages carry a time that their arrival is to be measured from: of their schedule, or their deadline. */
export function hasTimes({ ratePerSecond, deadlines }: QueueLoad): boolean {
  return ratePerSecond !== null || deadlines !== undefined;
}
