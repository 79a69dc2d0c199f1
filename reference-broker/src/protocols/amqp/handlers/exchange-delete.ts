import { checkAccess } from "../access.ts";
import { checkNotDefaultExchange, withoutLineBreaks } from "../arguments.ts";
import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";
import { AmqpError } from "../reply-codes.ts";

export async function exchangeDelete(
  channel: Channel,
  fields: MethodFields["exchange.delete"],
): Promise<void> {
  const { session } = channel;
  const name = withoutLineBreaks(fields.exchange);
  checkNotDefaultExchange(name);
  if (name.startsWith("amq.")) {
    const where = `vhost '${session.virtualHost.name}'`;
    throw new AmqpError("ACCESS_REFUSED", `deletion of system exchange '${name}' in ${where} not allowed`);
  }
  checkAccess(session, "configure", "exchange", name);
  await session.virtualHost.deleteExchange(name, fields.ifUnused);
  if (!fields.noWait) channel.send("exchange.delete-ok", {});
}
