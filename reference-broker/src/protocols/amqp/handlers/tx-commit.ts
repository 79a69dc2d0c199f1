import { PUBLISHED } from "../../../engines/queues/contract.ts";
import type { Channel } from "../channel.ts";
import { publishMessage } from "../publish-message.ts";
import { AmqpError } from "../reply-codes.ts";
import type { Transaction } from "../transaction.ts";

/**
 * Publishes and settles what the transaction holds, then answers when all is stored; the connection reads no further
 * until then. As in RabbitMQ it is not atomic: with a queue that refuses, the others keep theirs.
 */
export async function txCommit(channel: Channel): Promise<void> {
  const transaction = transactionOf(channel);
  const { messages } = transaction;
  let outcome = 0;
  for (const { message, mandatory } of messages) outcome |= publishMessage(channel, message, mandatory);
  channel.commitSettlements(transaction);
  transaction.clear();
  const stored = await whenStored(channel);
  if (!stored || (outcome & PUBLISHED.refused) !== 0) {
    throw new AmqpError("PRECONDITION_FAILED", "partial tx completion");
  }
  channel.send("tx.commit-ok", {});
}

export function transactionOf(channel: Channel): Transaction {
  if (channel.transaction !== null) return channel.transaction;
  throw new AmqpError("PRECONDITION_FAILED", "channel is not transactional");
}

function whenStored(channel: Channel): Promise<boolean> {
  return new Promise((resolve) => channel.session.environment.engine.whenStored(resolve));
}
