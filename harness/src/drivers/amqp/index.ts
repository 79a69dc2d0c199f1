import type { PrepareQueueLoad } from "../../load/protocol.ts";
import type { PreparedProducers } from "../driver.ts";
import { type Address, MessageRing } from "./message-ring.ts";
import { exchangeName, queueName } from "./names.ts";
import { AmqpPublishSession, shapeOf } from "./publish-session.ts";

export async function prepareAmqpProducers(prepare: PrepareQueueLoad): Promise<PreparedProducers> {
  const { endpoint, parameters, runId, seed } = prepare;
  const [first] = prepare.producers;
  const ring = new MessageRing(1, parameters, addressOf(prepare, first ?? 0), seed);
  return {
    batch: shapeOf(ring, parameters.payloadBytes),
    open: async (producer, events) =>
      await AmqpPublishSession.open(
        { endpoint, load: parameters, address: addressOf(prepare, producer), runId, producer, seed },
        events,
      ),
  };
}

/** Fan-out: the exchange, with the topic for a key; direct: the default exchange, with the queue's name. */
export function addressOf({ topic, parameters }: PrepareQueueLoad, producer: number): Address {
  const { routing, queues } = parameters;
  return routing === "fan-out"
    ? { exchange: exchangeName(topic), routingKey: "" }
    : { exchange: "", routingKey: queueName(topic, producer % queues) };
}
