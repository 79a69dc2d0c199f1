import type { Channel } from "../channel.ts";
import { transactionOf } from "./tx-commit.ts";

/** Published messages are gone; what was settled is unsettled again and stays with the client. */
export function txRollback(channel: Channel): void {
  const transaction = transactionOf(channel);
  channel.rollbackSettlements(transaction);
  transaction.clear();
  channel.send("tx.rollback-ok", {});
}
