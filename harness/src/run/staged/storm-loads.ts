/** The two loads of a TTL storm: messages that nobody reads before they are due, and live traffic. Pure. */
import type { Load } from "../../load/load-of-plan.ts";
import type { TtlStormParameters } from "../../scenario/plan.ts";

/** Published as fast as confirms allow, one producer a queue; consumers only where dead letters arrive. */
export function stormLoad(p: TtlStormParameters): Load {
  const { stormQueues, stormMessages, spreadMs, due, leadMs, deadLetter } = p;
  return queues({
    ...messagesOf(p),
    producers: stormQueues,
    queues: stormQueues,
    ratePerSecond: null,
    deadlines: { due, leadMs, deadLetter, stepUs: (spreadMs * 1e3 * stormQueues) / stormMessages },
  });
}

/** A publisher and a consumer for each queue, at the plan's rate. */
export function liveLoad(p: TtlStormParameters): Load {
  const { liveQueues, ratePerSecond } = p;
  return queues({ ...messagesOf(p), producers: liveQueues, queues: liveQueues, ratePerSecond });
}

type QueueParameters = Extract<Load, { kind: "queues" }>["parameters"];

function messagesOf({ payloadBytes, payloadKind, persistent, confirmWindow }: TtlStormParameters) {
  return {
    ...{ payloadBytes, payloadKind, persistent, confirmWindow },
    ...({
      routing: "direct",
      topics: 1,
      consumersPerQueue: 1,
      prefetch: 0,
      ackEvery: 0,
      slow: null,
    } as const),
  };
}

function queues(parameters: QueueParameters): Load {
  return { kind: "queues", parameters, readsAlong: true, deliveriesPerMessage: 1, endsWithDelivery: true };
}
