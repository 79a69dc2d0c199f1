import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";
import { AmqpError } from "../reply-codes.ts";

/** RabbitMQ does not let a client stop its deliveries; prefetch does that. */
export function channelFlow(channel: Channel, { active }: MethodFields["channel.flow"]): void {
  if (!active) throw new AmqpError("NOT_IMPLEMENTED", "active=false");
  channel.send("channel.flow-ok", { active: true });
}
