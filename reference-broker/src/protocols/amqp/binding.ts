/** What the bind and unbind methods have in common. */
import type { Binding } from "../../engines/queues/contract.ts";
import { checkAccess, checkTopicAccess, isTopicRestricted } from "./access.ts";
import { checkNotDefaultExchange, withoutLineBreaks } from "./arguments.ts";
import type { Channel } from "./channel.ts";
import type { MethodFields } from "./methods/table.ts";
import { queueNamed } from "./queue-name.ts";
import type { Session } from "./session.ts";

export function exchangeBinding(fields: MethodFields["exchange.bind" | "exchange.unbind"]): Binding {
  return {
    source: withoutLineBreaks(fields.source),
    destination: withoutLineBreaks(fields.destination),
    routingKey: fields.routingKey,
    arguments: fields.arguments,
  };
}

/** An empty routing key together with an empty queue name stands for the queue that the channel declared last. */
export function queueBinding(channel: Channel, fields: MethodFields["queue.bind" | "queue.unbind"]): Binding {
  const queue = queueNamed(channel, fields.queue);
  return {
    source: withoutLineBreaks(fields.exchange),
    destination: withoutLineBreaks(queue),
    routingKey: fields.queue === "" && fields.routingKey === "" ? queue : fields.routingKey,
    arguments: fields.arguments,
  };
}

/** Write on the destination, read on the source, and read on the topic where topics are restricted. */
export function checkBindingAccess(session: Session, kind: "queue" | "exchange", binding: Binding): void {
  const { source, destination, routingKey } = binding;
  checkAccess(session, "write", kind, destination);
  checkNotDefaultExchange(source);
  if (kind === "exchange") checkNotDefaultExchange(destination);
  checkAccess(session, "read", "exchange", source);
  if (!isTopicRestricted(session, source)) return;
  if (session.virtualHost.requireExchange(source).type !== "topic") return;
  checkTopicAccess(session, "read", source, routingKey);
}
