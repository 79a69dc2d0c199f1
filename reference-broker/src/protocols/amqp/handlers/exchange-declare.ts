import { checkAccess } from "../access.ts";
import { checkNotDefaultExchange, stringArgument, withoutLineBreaks } from "../arguments.ts";
import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";

export async function exchangeDeclare(
  channel: Channel,
  fields: MethodFields["exchange.declare"],
): Promise<void> {
  const { session } = channel;
  const name = withoutLineBreaks(fields.exchange);
  checkNotDefaultExchange(name);
  if (fields.passive) {
    session.virtualHost.requireExchange(name);
  } else {
    checkAccess(session, "configure", "exchange", name);
    const alternate = stringArgument(fields.arguments, "alternate-exchange");
    if (alternate !== null) {
      checkAccess(session, "read", "exchange", name);
      checkAccess(session, "write", "exchange", alternate);
    }
    const { type, durable, autoDelete, internal } = fields;
    await session.virtualHost.declareExchange({
      name,
      type,
      durable,
      autoDelete,
      internal,
      arguments: fields.arguments,
    });
  }
  if (!fields.noWait) channel.send("exchange.declare-ok", {});
}
