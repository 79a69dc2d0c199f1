import { checkBindingAccess, exchangeBinding } from "../binding.ts";
import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";

export async function exchangeBind(channel: Channel, fields: MethodFields["exchange.bind"]): Promise<void> {
  const { session } = channel;
  const binding = exchangeBinding(fields);
  checkBindingAccess(session, "exchange", binding);
  await session.virtualHost.bindExchange(binding);
  if (!fields.noWait) channel.send("exchange.bind-ok", {});
}
