import type { Channel } from "../channel.ts";
import { AmqpError } from "../reply-codes.ts";
import { Transaction } from "../transaction.ts";

export function txSelect(channel: Channel): void {
  if (channel.confirms !== null) {
    throw new AmqpError("PRECONDITION_FAILED", "cannot switch from confirm to tx mode");
  }
  channel.transaction ??= new Transaction(channel.session.environment.contentBudget);
  channel.send("tx.select-ok", {});
}
