import { Channel } from "../src/protocols/amqp/channel.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Acknowledging an unknown tag is no error",
  like: "AMQP 0-9-1 rule basic.ack.multiple#exists; RabbitMQ InvalidAcks",
  apply: () => {
    replaceMethod(
      Channel.prototype,
      "settle",
      (original) =>
        function (this: Channel, tag, multiple, settlement) {
          original.call(this, tag, multiple, settlement);
          return true;
        },
    );
  },
};
