import { randomBytes } from "node:crypto";
import { checkAccess } from "../access.ts";
import { integerArgument } from "../arguments.ts";
import type { Channel } from "../channel.ts";
import { Consumer } from "../consumer.ts";
import { REPLY_QUEUE } from "../direct-reply-to.ts";
import type { MethodFields } from "../methods/table.ts";
import { queueNamed } from "../queue-name.ts";
import { AmqpError } from "../reply-codes.ts";

const TAG_BYTES = 16;

type Fields = MethodFields["basic.consume"];

export function basicConsume(channel: Channel, fields: Fields): void {
  if (
    channel.consumers.has(fields.consumerTag) ||
    channel.replyConsumer?.consumerTag === fields.consumerTag
  ) {
    throw new AmqpError("NOT_ALLOWED", `attempt to reuse consumer tag '${fields.consumerTag}'`);
  }
  const consumerTag = fields.consumerTag || `amq.ctag-${randomBytes(TAG_BYTES).toString("base64url")}`;
  const name = queueNamed(channel, fields.queue);
  if (name === REPLY_QUEUE) consumeReplies(channel, fields, consumerTag);
  else consumeQueue(channel, name, fields, consumerTag);
}

function consumeQueue(channel: Channel, name: string, fields: Fields, consumerTag: string): void {
  const { session } = channel;
  checkAccess(session, "read", "queue", name);
  const queue = session.virtualHost.requireQueue(name, session.owner);
  const { noAck, exclusive } = fields;
  const priority = integerArgument(fields.arguments, "x-priority") ?? 0;
  const consumer = new Consumer(channel, queue, {
    ...{ consumerTag, noAck, exclusive, priority },
    prefetchCount: channel.consumerPrefetchCount,
  });
  queue.subscribe(consumer);
  channel.consumers.set(consumerTag, consumer);
  if (!fields.noWait) channel.send("basic.consume-ok", { consumerTag });
  consumer.start();
}

function consumeReplies(channel: Channel, { noAck, noWait }: Fields, consumerTag: string): void {
  if (!noAck) throw new AmqpError("PRECONDITION_FAILED", "reply consumer cannot acknowledge");
  if (channel.replyConsumer !== null) {
    throw new AmqpError("PRECONDITION_FAILED", "reply consumer already set");
  }
  const key = channel.session.environment.replyRoutes.open(channel);
  channel.replyConsumer = { consumerTag, key };
  if (!noWait) channel.send("basic.consume-ok", { consumerTag });
}
