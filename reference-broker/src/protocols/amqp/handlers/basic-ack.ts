import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";
import { unknownDeliveryTag } from "../unknown-delivery-tag.ts";

export function basicAck(channel: Channel, fields: MethodFields["basic.ack"]): void {
  const { deliveryTag, multiple } = fields;
  if (!channel.settle(deliveryTag, multiple, "ack")) throw unknownDeliveryTag(deliveryTag);
}
