import { checkBindingAccess, queueBinding } from "../binding.ts";
import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";

export async function queueBind(channel: Channel, fields: MethodFields["queue.bind"]): Promise<void> {
  const { session } = channel;
  const binding = queueBinding(channel, fields);
  checkBindingAccess(session, "queue", binding);
  await session.virtualHost.bindQueue(binding, session.owner);
  if (!fields.noWait) channel.send("queue.bind-ok", {});
}
