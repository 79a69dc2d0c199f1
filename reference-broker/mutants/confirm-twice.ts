import { Channel } from "../src/protocols/amqp/channel.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Every confirm but a channel's first is sent twice",
  like: "RabbitMQ Confirm",
  apply: () => {
    replaceMethod(
      Channel.prototype,
      "send",
      (original) =>
        function (this: Channel, name, fields) {
          original.call(this, name, fields);
          if (name !== "basic.ack" || (fields as { deliveryTag: number }).deliveryTag === 1) return;
          original.call(this, name, { ...fields, multiple: false });
        },
    );
  },
};
