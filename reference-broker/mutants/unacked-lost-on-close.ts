import { Channel } from "../src/protocols/amqp/channel.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Closing a channel drops what it has not acknowledged",
  like: "RabbitMQ RequeueOnClose",
  apply: () => {
    replaceMethod(
      Channel.prototype,
      "release",
      (original) =>
        function (this: Channel) {
          if (this.isOpen && this.transaction === null) this.settle(0, true, "ack");
          original.call(this);
        },
    );
  },
};
