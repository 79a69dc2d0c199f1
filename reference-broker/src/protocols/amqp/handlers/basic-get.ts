import { checkAccess } from "../access.ts";
import type { Channel } from "../channel.ts";
import { GetOwner } from "../consumer.ts";
import type { MethodFields } from "../methods/table.ts";
import { queueNamed } from "../queue-name.ts";

export function basicGet(channel: Channel, fields: MethodFields["basic.get"]): void {
  const { session } = channel;
  const name = queueNamed(channel, fields.queue);
  checkAccess(session, "read", "queue", name);
  const queue = session.virtualHost.requireQueue(name, session.owner);
  const taken = queue.take(fields.noAck);
  if (taken === null) {
    channel.send("basic.get-empty", {});
    return;
  }
  const { message, position, redelivered } = taken;
  const deliveryTag = channel.taken(fields.noAck ? null : new GetOwner(queue), position);
  session.writer.getOk(channel.number, deliveryTag, redelivered, queue.readyCount, message);
  session.sendLater();
}
