import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";
import { AmqpError } from "../reply-codes.ts";

export function basicRecover(channel: Channel, fields: MethodFields["basic.recover"]): void {
  recover(channel, fields.requeue);
  channel.send("basic.recover-ok", {});
}

/** The same without an answer. */
export function basicRecoverAsync(channel: Channel, fields: MethodFields["basic.recover-async"]): void {
  recover(channel, fields.requeue);
}

function recover(channel: Channel, requeue: boolean): void {
  if (!requeue) throw new AmqpError("NOT_IMPLEMENTED", "requeue=false");
  channel.requeueAll();
}
