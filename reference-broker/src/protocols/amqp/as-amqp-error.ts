import { QueueError } from "../../engines/queues/contract.ts";
import { BrokerError } from "../../errors.ts";
import { FieldSyntaxError } from "../../mechanisms/field-table-errors.ts";
import { AmqpError, REPLY_OF_QUEUE_ERROR } from "./reply-codes.ts";

/** What the client is told about anything that was thrown; `isOurs`: a bug of the broker, not a mistake of the client. */
export function asAmqpError(thrown: unknown): { readonly error: AmqpError; readonly isOurs: boolean } {
  if (thrown instanceof AmqpError) return { error: thrown, isOurs: false };
  if (thrown instanceof QueueError) {
    return { error: new AmqpError(REPLY_OF_QUEUE_ERROR[thrown.code], thrown.message), isOurs: false };
  }
  if (thrown instanceof FieldSyntaxError) {
    return { error: new AmqpError("FRAME_ERROR", thrown.message), isOurs: false };
  }
  if (thrown instanceof BrokerError && thrown.code === "STORAGE_FAILED") {
    const text = `${thrown.message}; the broker's log says why`;
    return { error: new AmqpError("INTERNAL_ERROR", text), isOurs: false };
  }
  return { error: new AmqpError("INTERNAL_ERROR", "the broker failed; its log says more"), isOurs: true };
}
