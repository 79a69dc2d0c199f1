import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";
import { PublisherConfirms } from "../publisher-confirms.ts";
import { AmqpError } from "../reply-codes.ts";

/** Tags count from the first publish after it; a second select changes nothing. */
export function confirmSelect(channel: Channel, fields: MethodFields["confirm.select"]): void {
  if (channel.transaction !== null) {
    throw new AmqpError("PRECONDITION_FAILED", "cannot switch from tx to confirm mode");
  }
  channel.confirms ??= new PublisherConfirms();
  if (!fields.noWait) channel.send("confirm.select-ok", {});
}
