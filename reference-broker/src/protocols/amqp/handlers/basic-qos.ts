import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";
import { AmqpError } from "../reply-codes.ts";

/**
 * Not global: for each consumer that is made from now on. Global: shared by all consumers of the channel, at once. As in
 * RabbitMQ the former also lifts the latter.
 */
export function basicQos(channel: Channel, fields: MethodFields["basic.qos"]): void {
  if (fields.prefetchSize !== 0) {
    throw new AmqpError("NOT_IMPLEMENTED", `prefetch_size!=0 (${fields.prefetchSize})`);
  }
  if (fields.global) {
    channel.globalPrefetchCount = fields.prefetchCount;
  } else {
    channel.globalPrefetchCount = 0;
    channel.consumerPrefetchCount = fields.prefetchCount;
  }
  channel.send("basic.qos-ok", {});
}
