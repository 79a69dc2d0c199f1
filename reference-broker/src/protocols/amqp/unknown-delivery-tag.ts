import { AmqpError } from "./reply-codes.ts";

/** A tag that was never given on this channel, or is settled already. */
export function unknownDeliveryTag(tag: number): AmqpError {
  return new AmqpError("PRECONDITION_FAILED", `unknown delivery tag ${tag}`);
}
