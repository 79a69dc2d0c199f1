import { checkBindingAccess, exchangeBinding } from "../binding.ts";
import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";

export async function exchangeUnbind(
  channel: Channel,
  fields: MethodFields["exchange.unbind"],
): Promise<void> {
  const { session } = channel;
  const binding = exchangeBinding(fields);
  checkBindingAccess(session, "exchange", binding);
  await session.virtualHost.unbindExchange(binding);
  if (!fields.noWait) channel.send("exchange.unbind-ok", {});
}
