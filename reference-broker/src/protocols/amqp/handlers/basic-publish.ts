import { PUBLISHED } from "../../../engines/queues/contract.ts";
import {
  changeProperties,
  INVALID_EXPIRATION,
  invalidExpiration,
  readProperty,
} from "../../../mechanisms/basic-properties.ts";
import { PublishedMessage } from "../../../mechanisms/message.ts";
import type { Channel } from "../channel.ts";
import { REPLY_QUEUE } from "../direct-reply-to.ts";
import type { MethodFields } from "../methods/table.ts";
import { publishMessage } from "../publish-message.ts";
import { AmqpError } from "../reply-codes.ts";

/** May publish in the name of others. */
const IMPERSONATOR = "impersonator";

/** The method alone; what is published comes with its content. */
export function basicPublish(channel: Channel, { immediate }: MethodFields["basic.publish"]): void {
  if (immediate) throw new AmqpError("NOT_IMPLEMENTED", "immediate=true");
  channel.session.publishing();
}

/** The content is complete: checks in RabbitMQ's order, then to the transaction or to the exchange. */
export function publishContent(channel: Channel): void {
  const { mandatory } = channel.content.publish;
  const message = withReplyTo(channel, channel.content.finish());
  channel.publishPermissions.check(message);
  if (message.expirationMs === INVALID_EXPIRATION) {
    throw new AmqpError("PRECONDITION_FAILED", invalidExpiration(message.properties));
  }
  checkUserId(channel, message);
  if (channel.transaction !== null) {
    requirePublishable(channel, message.exchange);
    channel.transaction.publish(message, mandatory);
    return;
  }
  const outcome = publishMessage(channel, message, mandatory);
  message.giveBack();
  if (channel.confirms === null) return;
  channel.confirms.published((outcome & PUBLISHED.storing) !== 0, (outcome & PUBLISHED.refused) !== 0);
  channel.session.confirmLater(channel);
}

/** A request of direct reply-to carries the name that its answer is to be published with. */
function withReplyTo(channel: Channel, message: PublishedMessage): PublishedMessage {
  if (readProperty(message.properties, "replyTo") !== REPLY_QUEUE) return message;
  if (channel.replyConsumer === null) {
    throw new AmqpError("PRECONDITION_FAILED", "fast reply consumer does not exist");
  }
  const properties = changeProperties(message.properties, { replyTo: channel.replyConsumer.key });
  return new PublishedMessage(message.exchange, message.routingKey, properties, message.body);
}

function checkUserId({ session }: Channel, { properties }: PublishedMessage): void {
  const userId = readProperty(properties, "userId");
  if (userId === null || userId === session.user.name || session.user.tags.includes(IMPERSONATOR)) return;
  throw new AmqpError(
    "PRECONDITION_FAILED",
    `user_id property set to '${userId}' but authenticated user was '${session.user.name}'`,
  );
}

/** In a transaction the exchange is looked for at once, as RabbitMQ does. */
function requirePublishable({ session }: Channel, exchange: string): void {
  if (exchange === "" || !session.virtualHost.requireExchange(exchange).internal) return;
  throw new AmqpError(
    "ACCESS_REFUSED",
    `cannot publish to internal exchange '${exchange}' in vhost '${session.virtualHost.name}'`,
  );
}
