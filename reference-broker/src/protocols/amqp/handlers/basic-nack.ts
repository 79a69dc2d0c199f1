import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";
import { unknownDeliveryTag } from "../unknown-delivery-tag.ts";

export function basicNack(channel: Channel, fields: MethodFields["basic.nack"]): void {
  const { deliveryTag, multiple, requeue } = fields;
  const settlement = requeue ? "requeue" : "reject";
  if (!channel.settle(deliveryTag, multiple, settlement)) throw unknownDeliveryTag(deliveryTag);
}
