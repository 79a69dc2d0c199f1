import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";

/** An unknown tag is no error. What the consumer has not settled stays with the client. */
export function basicCancel(channel: Channel, fields: MethodFields["basic.cancel"]): void {
  const { consumerTag, noWait } = fields;
  const { replyConsumer } = channel;
  if (replyConsumer?.consumerTag === consumerTag) {
    channel.session.environment.replyRoutes.close(replyConsumer.key);
    channel.replyConsumer = null;
  }
  const consumer = channel.consumers.get(consumerTag);
  if (consumer !== undefined) {
    channel.consumers.delete(consumerTag);
    consumer.cancel();
  }
  if (!noWait) channel.send("basic.cancel-ok", { consumerTag });
}
