import type { Channel } from "../channel.ts";
import type { MethodFields } from "../methods/table.ts";
import { unknownDeliveryTag } from "../unknown-delivery-tag.ts";

export function basicReject(channel: Channel, fields: MethodFields["basic.reject"]): void {
  const { deliveryTag, requeue } = fields;
  const settlement = requeue ? "requeue" : "reject";
  if (!channel.settle(deliveryTag, false, settlement)) throw unknownDeliveryTag(deliveryTag);
}
