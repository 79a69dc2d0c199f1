import { checkBindingAccess, queueBinding } from "../binding.ts";
import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";

export async function queueUnbind(channel: Channel, fields: MethodFields["queue.unbind"]): Promise<void> {
  const { session } = channel;
  const binding = queueBinding(channel, fields);
  checkBindingAccess(session, "queue", binding);
  await session.virtualHost.unbindQueue(binding, session.owner);
  channel.send("queue.unbind-ok", {});
}
