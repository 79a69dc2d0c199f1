import { checkAccess } from "../access.ts";
import { withoutLineBreaks } from "../arguments.ts";
import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";
import { queueNamed } from "../queue-name.ts";

export async function queueDelete(channel: Channel, fields: MethodFields["queue.delete"]): Promise<void> {
  const { session } = channel;
  const name = withoutLineBreaks(queueNamed(channel, fields.queue));
  checkAccess(session, "configure", "queue", name);
  const { ifUnused, ifEmpty } = fields;
  const messageCount = await session.virtualHost.deleteQueue(name, session.owner, { ifUnused, ifEmpty });
  if (!fields.noWait) channel.send("queue.delete-ok", { messageCount });
}
