import { checkAccess } from "../access.ts";
import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";
import { queueNamed } from "../queue-name.ts";

export function queuePurge(channel: Channel, fields: MethodFields["queue.purge"]): void {
  const { session } = channel;
  const name = queueNamed(channel, fields.queue);
  checkAccess(session, "read", "queue", name);
  const messageCount = session.virtualHost.requireQueue(name, session.owner).purge();
  if (!fields.noWait) channel.send("queue.purge-ok", { messageCount });
}
