import type { QueueLoad } from "../../load/queue-load.ts";

/** Names of what a load is carried over, from the name of its run. */
export const exchangeName = (run: string): string => `${run}.x`;
export const queueName = (run: string, queue: number): string => `${run}.q${queue}`;
/** Where messages go that expired in that queue. */
export const deadLetterQueueName = (run: string, queue: number): string => `${run}.d${queue}`;
/** Where consumers wait for what is published to that queue. */
export const readQueueName = (
  run: string,
  queue: number,
  { deadlines }: Pick<QueueLoad, "deadlines">,
): string => (deadlines?.deadLetter ? deadLetterQueueName(run, queue) : queueName(run, queue));

/** All as long as each other, so that a frame's key can be overwritten. Below 1,000 topics. */
export const ROUTING_KEY_BYTES = 4;
export const routingKey = (topic: number): string => `t${String(topic).padStart(ROUTING_KEY_BYTES - 1, "0")}`;
