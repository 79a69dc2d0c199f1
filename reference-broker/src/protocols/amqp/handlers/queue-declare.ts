import { checkAccess } from "../access.ts";
import { stringArgument, withoutLineBreaks } from "../arguments.ts";
import type { Channel } from "../channel.ts";
import { REPLY_QUEUE } from "../direct-reply-to.ts";
import type { MethodFields } from "../methods/table.ts";
import { AmqpError } from "../reply-codes.ts";

/** Stands for a name that the server is going to make when permission for it is asked. */
const SERVER_NAMED = "amq.gen-new";

type Fields = MethodFields["queue.declare"];

export async function queueDeclare(channel: Channel, fields: Fields): Promise<void> {
  const { session } = channel;
  const name = withoutLineBreaks(fields.queue);
  if (name.startsWith(REPLY_QUEUE)) return declareReplyQueue(channel, name, fields.noWait);
  const queue = fields.passive
    ? session.virtualHost.requireQueue(name, session.owner)
    : await declare(channel, name, fields);
  channel.lastDeclaredQueue = queue.name;
  if (fields.noWait) return;
  const { readyCount: messageCount, consumerCount } = queue;
  channel.send("queue.declare-ok", { queue: queue.name, messageCount, consumerCount });
}

function declare({ session }: Channel, name: string, fields: Fields) {
  checkAccess(session, "configure", "queue", name === "" ? SERVER_NAMED : name);
  const deadLetterExchange = stringArgument(fields.arguments, "x-dead-letter-exchange");
  if (deadLetterExchange !== null) {
    checkAccess(session, "read", "queue", name === "" ? SERVER_NAMED : name);
    checkAccess(session, "write", "exchange", deadLetterExchange);
  }
  return session.virtualHost.declareQueue({
    name,
    durable: fields.durable,
    autoDelete: fields.autoDelete,
    arguments: fields.arguments,
    exclusiveOwner: fields.exclusive ? session.owner : null,
  });
}

/** Every declaration of one is passive: it is there when its channel is, with that one consumer. */
function declareReplyQueue(channel: Channel, queue: string, noWait: boolean): void {
  const { environment, virtualHost } = channel.session;
  if (!environment.replyRoutes.exists(queue)) {
    throw new AmqpError("NOT_FOUND", `no queue '${queue}' in vhost '${virtualHost.name}'`);
  }
  channel.lastDeclaredQueue = queue;
  if (!noWait) channel.send("queue.declare-ok", { queue, messageCount: 0, consumerCount: 1 });
}
